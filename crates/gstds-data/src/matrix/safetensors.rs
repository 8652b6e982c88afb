//! The safetensors format: tensors found by name from the file's header, their values left where
//! they lie. Everything that the header claims is held against the file's size.

use std::io::{self, Read, Seek, SeekFrom};

use safetensors::Dtype as Element;
use safetensors::tensor::{Metadata, TensorInfo};

use super::dtype::{Dtype, Kind};
use super::layout::Layout;

/// The tensor that is meant where none is named.
const USUAL: &str = "features";
/// Bytes of the header's length.
const PRELUDE: u64 = 8;
/// The longest header that the format allows.
const LONGEST: u64 = 100_000_000;

/// What is wrong with a .safetensors file.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error(
        "its header needs {needed} bytes and the file holds {held}; it was cut short, copy it again"
    )]
    HeaderCut { needed: u64, held: u64 },
    #[error("its header of {bytes} bytes is longer than the {LONGEST} that the format allows")]
    HeaderLong { bytes: u64 },
    #[error("its header cannot be understood: {0}")]
    Header(serde_json::Error),
    #[error(
        "its tensors need {needed} bytes and the file holds {held}; it was cut short, or something follows them: copy it again"
    )]
    Length { needed: u64, held: u64 },
    #[error("it has no tensor '{name}'; it has {names}: say which with --tensor NAME")]
    NoTensor { name: String, names: String },
    #[error("it has several matrices, {names}; say which with --tensor NAME")]
    Ambiguous { names: String },
    #[error("it has no matrix (samples, features); it has {names}")]
    NoMatrix { names: String },
    #[error(
        "its tensor '{name}' has the shape {shape:?}, and a matrix (samples, features) with at least one of each is needed"
    )]
    NotMatrix { name: String, shape: Vec<usize> },
    #[error("its tensor '{name}' holds {found:?}, and F16, BF16, F32 and F64 are read; convert it")]
    Dtype { name: String, found: Element },
    #[error("its tensor '{name}' is no vector of whole numbers, one a sample")]
    NotLabels { name: String },
    #[error("reading it failed: {0}")]
    Io(#[from] io::Error),
}

/// The header of a file, and where the tensors' values start.
struct Header {
    start: u64,
    tensors: Metadata,
}

impl Header {
    fn read(input: &mut (impl Read + Seek), size: u64) -> Result<Self, FormatError> {
        input.seek(SeekFrom::Start(0))?;
        let mut length = [0; PRELUDE as usize];
        let cut = |needed| FormatError::HeaderCut { needed, held: size };
        if size < PRELUDE {
            return Err(cut(PRELUDE));
        }
        input.read_exact(&mut length)?;
        let bytes = u64::from_le_bytes(length);
        if bytes > LONGEST {
            return Err(FormatError::HeaderLong { bytes });
        }
        let start = PRELUDE + bytes;
        if start > size {
            return Err(cut(start));
        }
        let mut text = vec![0; bytes as usize];
        input.read_exact(&mut text)?;
        let tensors: Metadata = serde_json::from_slice(&text).map_err(FormatError::Header)?;
        // Offsets and shapes agree with each other: reading the header checked that.
        let needed = tensors.data_len() as u64;
        let held = size - start;
        if needed != held {
            return Err(FormatError::Length { needed, held });
        }
        Ok(Self { start, tensors })
    }

    /// Names of all tensors, sorted.
    fn names<'a>(&'a self, wanted: impl Fn(&TensorInfo) -> bool + 'a) -> Vec<String> {
        let all = self.tensors.tensors();
        let wanted = all.into_iter().filter(|(_, info)| wanted(info));
        let mut names: Vec<String> = wanted.map(|(name, _)| name).collect();
        names.sort();
        names
    }

    fn tensor(&self, name: &str) -> Result<&TensorInfo, FormatError> {
        self.tensors
            .info(name)
            .ok_or_else(|| FormatError::NoTensor {
                name: name.into(),
                names: listed(&self.names(|_| true)),
            })
    }

    /// The tensor asked for; `features`; or the only matrix.
    fn chosen(&self, asked: Option<&str>) -> Result<String, FormatError> {
        if let Some(name) = asked {
            return Ok(name.into());
        }
        if self.tensors.info(USUAL).is_some() {
            return Ok(USUAL.into());
        }
        let matrices = self.names(|info| info.shape.len() == 2);
        match &matrices[..] {
            [one] => Ok(one.clone()),
            [] => Err(FormatError::NoMatrix {
                names: listed(&self.names(|_| true)),
            }),
            _ => Err(FormatError::Ambiguous {
                names: listed(&matrices),
            }),
        }
    }
}

/// Names in a sentence; of many the first.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    match names.len() {
        0 => "none".into(),
        count if count > SHOWN => {
            format!("{} and {} more", names[..SHOWN].join(", "), count - SHOWN)
        }
        _ => names.join(", "),
    }
}

/// Where the matrix lies that `tensor` names in a file of `size` bytes.
pub fn matrix(
    input: &mut (impl Read + Seek),
    size: u64,
    tensor: Option<&str>,
) -> Result<Layout, FormatError> {
    let header = Header::read(input, size)?;
    let name = header.chosen(tensor)?;
    let info = header.tensor(&name)?;
    let kind = match info.dtype {
        Element::F16 => Kind::F16,
        Element::BF16 => Kind::Bf16,
        Element::F32 => Kind::F32,
        Element::F64 => Kind::F64,
        found => return Err(FormatError::Dtype { name, found }),
    };
    let (rows, features) = match info.shape[..] {
        [rows, features] if rows > 0 && features > 0 => (rows, features),
        _ => {
            return Err(FormatError::NotMatrix {
                name,
                shape: info.shape.clone(),
            });
        }
    };
    Ok(Layout {
        start: header.start + info.data_offsets.0 as u64,
        dtype: Dtype::little(kind),
        fortran_order: false,
        rows,
        features,
    })
}

/// The whole numbers of the vector `name`; none where a file has no tensor of that name.
pub fn labels(
    input: &mut (impl Read + Seek),
    size: u64,
    name: &str,
) -> Result<Option<Vec<i64>>, FormatError> {
    let header = Header::read(input, size)?;
    let Some(info) = header.tensors.info(name) else {
        return Ok(None);
    };
    let wrong = || FormatError::NotLabels { name: name.into() };
    let (width, signed) = match info.dtype {
        Element::U8 => (1, false),
        Element::I8 => (1, true),
        Element::U16 => (2, false),
        Element::I16 => (2, true),
        Element::U32 => (4, false),
        Element::I32 => (4, true),
        Element::I64 => (8, true),
        _ => return Err(wrong()),
    };
    let [count] = info.shape[..] else {
        return Err(wrong());
    };
    let mut bytes = vec![0; count * width];
    input.seek(SeekFrom::Start(header.start + info.data_offsets.0 as u64))?;
    input.read_exact(&mut bytes)?;
    Ok(Some(crate::npy::integers(&bytes, width, signed, false)))
}

#[cfg(test)]
mod tests;
