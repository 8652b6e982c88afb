//! The names that a pickle of tensors may hold; any other is refused, not looked up.

use ::safetensors::Dtype;

/// A function or type of Python.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Global {
    OrderedDict,
    Tensor,
    Parameter,
    Storage(Dtype),
}

/// The meaning of `module.name`.
pub(super) fn known(module: &str, name: &str) -> Result<Global, String> {
    find(module, name).ok_or_else(|| unknown(module, name))
}

fn find(module: &str, name: &str) -> Option<Global> {
    Some(match (module, name) {
        ("collections", "OrderedDict") => Global::OrderedDict,
        ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Global::Tensor,
        ("torch._utils", "_rebuild_parameter") => Global::Parameter,
        ("torch" | "torch.cuda", name) => Global::Storage(match name.strip_suffix("Storage")? {
            "Float" => Dtype::F32,
            "Double" => Dtype::F64,
            "Half" => Dtype::F16,
            "BFloat16" => Dtype::BF16,
            "Long" => Dtype::I64,
            "Int" => Dtype::I32,
            "Short" => Dtype::I16,
            "Char" => Dtype::I8,
            "Byte" => Dtype::U8,
            "Bool" => Dtype::BOOL,
            _ => return None,
        }),
        _ => return None,
    })
}

/// Names of a hostile file may be long.
const SHOWN: usize = 80;

fn unknown(module: &str, name: &str) -> String {
    let named: String = module
        .chars()
        .chain(".".chars())
        .chain(name.chars())
        .take(SHOWN)
        .collect();
    format!(
        "it contains `{named}`, and only tensors are read; save model.state_dict() alone, or a safetensors file"
    )
}
