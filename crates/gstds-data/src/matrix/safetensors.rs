//! The safetensors format: tensors are found by name in the file's header, and their values stay in
//! the file. A header's claims are checked against the file's size.

use crate::{
    error::{Error, Result},
    matrix::{
        integers::{Integer, integers},
        layout::MatrixLayout,
        stored_type::{FloatKind, StoredType},
    },
};
use safetensors::{
    Dtype,
    tensor::{Metadata, TensorInfo},
};
use std::{
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// The tensor that is read unless one is named.
const DEFAULT: &str = "features";
/// Bytes of the header's length.
const PRELUDE: u64 = 8;
/// The longest header that the format allows.
const LONGEST: u64 = 100_000_000;

/// The header of the file `path`, and where the tensors' values start.
struct SafetensorsHeader<'a> {
    path: &'a Path,
    start: u64,
    tensors: Metadata,
}

impl<'a> SafetensorsHeader<'a> {
    fn read(path: &'a Path, input: &mut (impl Read + Seek), size: u64) -> Result<Self> {
        let unread = |e| Error::io("reading", path)(e);
        let cut = |needed| {
            let reason = format!(
                "its header needs {needed} bytes and the file holds {size}; it was cut short, copy it again"
            );
            Error::file(path, reason)
        };
        input.seek(SeekFrom::Start(0)).map_err(unread)?;
        let mut length = [0; PRELUDE as usize];
        if size < PRELUDE {
            return Err(cut(PRELUDE));
        }
        input.read_exact(&mut length).map_err(unread)?;
        let bytes = u64::from_le_bytes(length);
        if bytes > LONGEST {
            let reason = format!(
                "its header of {bytes} bytes is longer than the {LONGEST} that the format allows"
            );
            return Err(Error::file(path, reason));
        }
        let start = PRELUDE + bytes;
        if start > size {
            return Err(cut(start));
        }
        let mut text = vec![0; bytes as usize];
        input.read_exact(&mut text).map_err(unread)?;
        let tensors: Metadata = serde_json::from_slice(&text)
            .map_err(|e| Error::file(path, format!("its header is invalid: {e}")))?;
        // Parsing has checked that offsets and shapes agree.
        let (needed, held) = (tensors.data_len() as u64, size - start);
        if needed != held {
            let reason = format!(
                "its tensors need {needed} bytes and the file holds {held}; it was cut short, or something follows them: copy it again"
            );
            return Err(Error::file(path, reason));
        }
        Ok(Self {
            path,
            start,
            tensors,
        })
    }

    fn wrong(&self, reason: String) -> Error {
        Error::file(self.path, reason)
    }

    fn unnamed(&self, reason: String) -> Error {
        Error::Tensor {
            path: self.path.into(),
            reason,
        }
    }

    /// Names of the tensors that are `wanted`, sorted.
    fn names(&self, wanted: impl Fn(&TensorInfo) -> bool) -> Vec<String> {
        let all = self.tensors.tensors();
        let wanted = all.into_iter().filter(|(_, info)| wanted(info));
        let mut names: Vec<String> = wanted.map(|(name, _)| name).collect();
        names.sort();
        names
    }

    fn all_names(&self) -> String {
        listed(&self.names(|_| true))
    }

    fn tensor(&self, name: &str) -> Result<&TensorInfo> {
        self.tensors.info(name).ok_or_else(|| {
            self.unnamed(format!(
                "it has no tensor '{name}'; it has {}",
                self.all_names()
            ))
        })
    }

    /// The requested tensor; else `features`; else the only matrix.
    fn choose(&self, asked: Option<&str>) -> Result<String> {
        if let Some(name) = asked {
            return Ok(name.into());
        }
        if self.tensors.info(DEFAULT).is_some() {
            return Ok(DEFAULT.into());
        }
        let matrices = self.names(|info| info.shape.len() == 2);
        match &matrices[..] {
            [one] => Ok(one.clone()),
            [] if self.names(|_| true).is_empty() => {
                Err(self.wrong("it holds no tensor; a matrix (samples, features) is needed".into()))
            }
            [] => Err(self.wrong(format!(
                "it has no matrix (samples, features); it has {}",
                self.all_names()
            ))),
            _ => Err(self.unnamed(format!("it has several matrices, {}", listed(&matrices)))),
        }
    }

    fn position(&self, info: &TensorInfo) -> u64 {
        self.start + info.data_offsets.0 as u64
    }
}

/// Names in a sentence: the first of many.
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

/// Where the matrix is in `input`, which holds `size` bytes and is named `path` in errors: the
/// tensor named `tensor`, else `features`, else the only matrix.
///
/// # Errors
/// [`Error::File`]; [`Error::Tensor`] when `tensor` must be given or names none.
pub fn layout(
    path: &Path,
    input: &mut (impl Read + Seek),
    size: u64,
    tensor: Option<&str>,
) -> Result<MatrixLayout> {
    let header = SafetensorsHeader::read(path, input, size)?;
    let name = header.choose(tensor)?;
    let info = header.tensor(&name)?;
    let kind = match info.dtype {
        Dtype::F16 => FloatKind::F16,
        Dtype::BF16 => FloatKind::Bf16,
        Dtype::F32 => FloatKind::F32,
        Dtype::F64 => FloatKind::F64,
        found => {
            return Err(header.wrong(format!(
                "its tensor '{name}' holds {found:?}, and only F16, BF16, F32 and F64 are supported; convert it"
            )));
        }
    };
    let (rows, features) = match info.shape[..] {
        [rows, features] if rows > 0 && features > 0 => (rows, features),
        _ => {
            return Err(header.wrong(format!(
                "its tensor '{name}' has the shape {:?}, and a matrix (samples, features) with at least one of each is needed",
                info.shape
            )));
        }
    };
    Ok(MatrixLayout {
        start: header.position(info),
        dtype: StoredType::little(kind),
        fortran_order: false,
        rows,
        features,
    })
}

/// The integers of the vector `name` in `input`, which holds `size` bytes and is named `path` in
/// errors; none when there is no such tensor.
///
/// # Errors
/// [`Error::File`], [`Error::Io`].
pub fn labels(
    path: &Path,
    input: &mut (impl Read + Seek),
    size: u64,
    name: &str,
) -> Result<Option<Vec<i64>>> {
    let header = SafetensorsHeader::read(path, input, size)?;
    let Some(info) = header.tensors.info(name) else {
        return Ok(None);
    };
    let stored = match info.dtype {
        Dtype::U8 => Some((1, false)),
        Dtype::I8 => Some((1, true)),
        Dtype::U16 => Some((2, false)),
        Dtype::I16 => Some((2, true)),
        Dtype::U32 => Some((4, false)),
        Dtype::I32 => Some((4, true)),
        Dtype::I64 => Some((8, true)),
        _ => None,
    };
    let (Some((width, signed)), [count]) = (stored, &info.shape[..]) else {
        return Err(header.wrong(format!(
            "its tensor '{name}' is not a vector of integers, one per sample"
        )));
    };
    let mut bytes = vec![0; count * width];
    input
        .seek(SeekFrom::Start(header.position(info)))
        .and_then(|_| input.read_exact(&mut bytes))
        .map_err(Error::io("reading", path))?;
    let stored = Integer {
        width,
        signed,
        big_endian: false,
    };
    Ok(Some(integers(&bytes, stored)))
}

#[cfg(test)]
mod tests;
