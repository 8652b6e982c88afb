//! MATLAB's level 5 files, as far as index lists need them: real numeric arrays, compressed or not.
//!
//! Written from MathWorks' "MAT-File Format". Every length is checked against the bytes present and
//! the size of decompressed elements is limited, so memory is bounded by the file's size.

use flate2::read::ZlibDecoder;
use std::io::Read;

/// Limit for all compressed elements of a file, decompressed: Flowers-102 has some 70 KB.
pub(super) const LONGEST_UNPACKED: u64 = 1 << 20;

/// A numeric array, its values in file order (column after column).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    pub name: String,
    pub values: Vec<f64>,
}

const HEADER: usize = 128;
const MATRIX: u32 = 14;
const PACKED: u32 = 15;

#[derive(Clone, Copy)]
struct Bytes<'a> {
    rest: &'a [u8],
    big_endian: bool,
}

struct Element<'a> {
    kind: u32,
    data: &'a [u8],
}

/// Every real numeric array of `file`; others are skipped. The error says what is wrong.
pub(super) fn read(file: &[u8]) -> Result<Vec<Array>, String> {
    let header = file.get(..HEADER).ok_or_else(|| {
        format!(
            "it has {} bytes, and a MATLAB file has {HEADER} bytes of header",
            file.len()
        )
    })?;
    let big_endian = match &header[124..] {
        [0x00, 0x01, b'I', b'M'] => false,
        [0x01, 0x00, b'M', b'I'] => true,
        _ => return Err("its header is not that of a MATLAB 5 file".into()),
    };
    let mut bytes = Bytes {
        rest: &file[HEADER..],
        big_endian,
    };
    let mut arrays = Vec::new();
    let mut budget = LONGEST_UNPACKED;
    while !bytes.rest.is_empty() {
        let element = bytes.element(false)?;
        match element.kind {
            MATRIX => arrays.extend(array(bytes.within(element.data))?),
            PACKED => {
                let unpacked = unpack(element.data, budget)?;
                budget -= unpacked.len() as u64;
                let inner = bytes.within(&unpacked).element(false)?;
                if inner.kind == MATRIX {
                    arrays.extend(array(bytes.within(inner.data))?);
                }
            }
            _ => {}
        }
    }
    Ok(arrays)
}

fn unpack(packed: &[u8], budget: u64) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    ZlibDecoder::new(packed)
        .take(budget + 1)
        .read_to_end(&mut unpacked)
        .map_err(|e| format!("a compressed element cannot be decompressed: {e}"))?;
    if unpacked.len() as u64 > budget {
        return Err(format!(
            "its compressed elements decompress to more than {LONGEST_UNPACKED} bytes"
        ));
    }
    Ok(unpacked)
}

/// Flags, extents, name and values, each an element; none for arrays that are not numeric.
fn array(mut bytes: Bytes<'_>) -> Result<Option<Array>, String> {
    let flags = bytes.element(true)?;
    let class = match flags.data.first_chunk::<4>() {
        Some(word) => bytes.u32(*word) & 0xff,
        None => return Err("an array has no flags".into()),
    };
    // Double (6) to uint64 (15); below are cells, structures, objects, text and sparse arrays.
    if !(6..=15).contains(&class) {
        return Ok(None);
    }
    let extents = bytes.element(true)?.data.as_chunks::<4>().0;
    let expected = extents
        .iter()
        .map(|&word| u64::from(bytes.u32(word)))
        .try_fold(1u64, u64::checked_mul);
    let name = String::from_utf8_lossy(bytes.element(true)?.data).into_owned();
    let values = numbers(&bytes.element(true)?, bytes)?;
    match expected {
        Some(count) if count == values.len() as u64 && !extents.is_empty() => {
            Ok(Some(Array { name, values }))
        }
        _ => Err(format!(
            "the extents of `{name}` do not match its {} values",
            values.len()
        )),
    }
}

/// Values of any stored type; MATLAB picks the smallest that holds them.
fn numbers(element: &Element<'_>, bytes: Bytes<'_>) -> Result<Vec<f64>, String> {
    fn all<const SIZE: usize>(
        element: &Element<'_>,
        big_endian: bool,
        value: impl Fn([u8; SIZE]) -> f64,
    ) -> Result<Vec<f64>, String> {
        let (values, []) = element.data.as_chunks::<SIZE>() else {
            return Err(format!(
                "{} bytes of values are not a multiple of {SIZE}",
                element.data.len()
            ));
        };
        let one = |bytes: &[u8; SIZE]| {
            let mut bytes = *bytes;
            if big_endian {
                bytes.reverse();
            }
            value(bytes)
        };
        Ok(values.iter().map(one).collect())
    }
    let big = bytes.big_endian;
    match element.kind {
        1 => all(element, big, |b| i8::from_le_bytes(b).into()),
        2 => all(element, big, |b| u8::from_le_bytes(b).into()),
        3 => all(element, big, |b| i16::from_le_bytes(b).into()),
        4 => all(element, big, |b| u16::from_le_bytes(b).into()),
        5 => all(element, big, |b| i32::from_le_bytes(b).into()),
        6 => all(element, big, |b| u32::from_le_bytes(b).into()),
        7 => all(element, big, |b| f32::from_le_bytes(b).into()),
        9 => all(element, big, f64::from_le_bytes),
        12 => all(element, big, |b| i64::from_le_bytes(b) as f64),
        13 => all(element, big, |b| u64::from_le_bytes(b) as f64),
        kind => Err(format!("values of type {kind} are not numbers")),
    }
}

impl<'a> Bytes<'a> {
    fn within<'b>(&self, rest: &'b [u8]) -> Bytes<'b> {
        Bytes {
            rest,
            big_endian: self.big_endian,
        }
    }

    fn u32(&self, word: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(word)
        } else {
            u32::from_le_bytes(word)
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(format!("it ends {} bytes early", count - self.rest.len()));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn word(&mut self) -> Result<u32, String> {
        let mut word = [0; 4];
        word.copy_from_slice(self.take(4)?);
        Ok(self.u32(word))
    }

    /// The next element: type and length in a word each, or in halves of one word with up to four
    /// bytes of data behind it. Elements of an array are `padded` to eight bytes.
    fn element(&mut self, padded: bool) -> Result<Element<'a>, String> {
        let word = self.word()?;
        if word >> 16 != 0 {
            let (length, kind) = ((word >> 16) as usize, word & 0xffff);
            let data = self.take(4)?.get(..length);
            let data = data.ok_or_else(|| format!("a short element has length {length}"))?;
            return Ok(Element { kind, data });
        }
        let length = self.word()? as usize;
        let data = self.take(length)?;
        if padded {
            // The last element of an array may lack its padding.
            let padding = (length.wrapping_neg() % 8).min(self.rest.len());
            self.take(padding)?;
        }
        Ok(Element { kind: word, data })
    }
}
