//! The header of a .npy file: a Python dictionary with the keys `descr`, `fortran_order`, `shape`.

use std::io::Read;

use super::FormatError;
use crate::matrix::{Dtype, Kind, Layout};

/// The first six bytes of every .npy file.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Bytes of magic and version.
pub(super) const PRELUDE: usize = 8;
/// NumPy itself refuses to evaluate longer headers, and a plain array needs about a hundred bytes.
const LONGEST: u64 = 10_000;

/// Where the matrix lies in `input`, which holds `size` bytes.
pub(super) fn matrix(input: &mut impl Read, size: u64) -> Result<Layout, FormatError> {
    let (fields, start) = Fields::read(input, size)?;
    fields.matrix(start, size - start)
}

/// The whole numbers of the vector in `input`, which holds `size` bytes.
pub(super) fn vector(input: &mut impl Read, size: u64) -> Result<Vec<i64>, FormatError> {
    let (fields, start) = Fields::read(input, size)?;
    let (count, integer) = fields.vector(size - start)?;
    let mut bytes = vec![0; count * integer.width];
    input.read_exact(&mut bytes)?;
    Ok(integers(
        &bytes,
        integer.width,
        integer.signed,
        integer.big_endian,
    ))
}

/// The whole numbers stored in `bytes`, `width` bytes each; 64 bits without a sign wrap.
pub fn integers(bytes: &[u8], width: usize, signed: bool, big_endian: bool) -> Vec<i64> {
    let value = |stored: &[u8]| {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(stored);
        if big_endian {
            bytes[..width].reverse();
        }
        if signed && bytes[width - 1] >= 0x80 {
            bytes[width..].fill(0xff);
        }
        i64::from_le_bytes(bytes)
    };
    bytes.chunks_exact(width).map(value).collect()
}

/// How a whole number is stored.
struct Integer {
    width: usize,
    signed: bool,
    big_endian: bool,
}

impl Integer {
    fn named(name: &str) -> Option<Self> {
        let (order, kind) = name.split_at_checked(1)?;
        let (signed, width) = match kind {
            "i1" => (true, 1),
            "i2" => (true, 2),
            "i4" => (true, 4),
            "i8" => (true, 8),
            "u1" => (false, 1),
            "u2" => (false, 2),
            "u4" => (false, 4),
            _ => return None,
        };
        Some(Self {
            width,
            signed,
            big_endian: big_endian(order)?,
        })
    }
}

fn float(name: &str) -> Option<Dtype> {
    let (order, kind) = name.split_at_checked(1)?;
    let kind = match kind {
        "f2" => Kind::F16,
        "f4" => Kind::F32,
        "f8" => Kind::F64,
        _ => return None,
    };
    // What has one byte alone has no order.
    let big_endian = (order != "|").then(|| big_endian(order))??;
    Some(Dtype { kind, big_endian })
}

fn big_endian(order: &str) -> Option<bool> {
    match order {
        "<" | "|" => Some(false),
        ">" => Some(true),
        "=" => Some(cfg!(target_endian = "big")),
        _ => None,
    }
}

/// Fills `into` from `input`, of whose `size` bytes `read` are behind us.
fn take(input: &mut impl Read, into: &mut [u8], read: u64, size: u64) -> Result<(), FormatError> {
    let needed = read + into.len() as u64;
    if needed > size {
        // A short file that is no .npy at all should hear that, not that it was cut.
        let mut held = Vec::new();
        input.take(MAGIC.len() as u64).read_to_end(&mut held)?;
        let foreign = read == 0 && !MAGIC.starts_with(&held);
        return Err(if foreign {
            FormatError::Magic
        } else {
            FormatError::HeaderCut { needed, held: size }
        });
    }
    Ok(input.read_exact(into)?)
}

/// The three entries as they stand in the header.
#[derive(Debug, Default)]
struct Fields {
    descr: Option<String>,
    fortran_order: Option<bool>,
    shape: Option<Vec<u64>>,
}

impl Fields {
    /// Reads up to the first value, which starts at the byte that comes with it.
    fn read(input: &mut impl Read, size: u64) -> Result<(Self, u64), FormatError> {
        if size == 0 {
            return Err(FormatError::Empty);
        }
        let mut prelude = [0; PRELUDE];
        take(input, &mut prelude, 0, size)?;
        if !prelude.starts_with(MAGIC) {
            return Err(FormatError::Magic);
        }
        let length_bytes = match prelude[6..] {
            [1, 0] => 2,
            [2 | 3, 0] => 4,
            _ => {
                let (major, minor) = (prelude[6], prelude[7]);
                return Err(FormatError::Version { major, minor });
            }
        };
        let mut length = [0; 4];
        take(input, &mut length[..length_bytes], PRELUDE as u64, size)?;
        let length = u64::from(u32::from_le_bytes(length));
        if length > LONGEST {
            return Err(FormatError::HeaderLong {
                bytes: length,
                limit: LONGEST,
            });
        }
        let mut text = vec![0; length as usize];
        let start = (PRELUDE + length_bytes) as u64;
        take(input, &mut text, start, size)?;
        Ok((Self::parse(&text)?, start + length))
    }

    fn parse(text: &[u8]) -> Result<Self, FormatError> {
        let mut scan = Scan { text, at: 0 };
        let mut fields = Self::default();
        scan.expect(b'{', "an opening brace")?;
        while !scan.skip(b'}') {
            let key = scan.string()?;
            scan.expect(b':', "a colon")?;
            match key.as_str() {
                "descr" => fields.descr = Some(scan.descr()?),
                "fortran_order" => fields.fortran_order = Some(scan.boolean()?),
                "shape" => fields.shape = Some(scan.tuple()?),
                _ => return Err(scan.error("the key descr, fortran_order or shape")),
            }
            if !scan.skip(b',') {
                scan.expect(b'}', "a comma or a closing brace")?;
                break;
            }
        }
        scan.end()?;
        Ok(fields)
    }

    /// The three entries, all of which must be there.
    fn all(self) -> Result<(String, bool, Vec<u64>), FormatError> {
        let missing = |expected| FormatError::Header { at: 0, expected };
        Ok((
            self.descr.ok_or_else(|| missing("the key descr"))?,
            self.fortran_order
                .ok_or_else(|| missing("the key fortran_order"))?,
            self.shape.ok_or_else(|| missing("the key shape"))?,
        ))
    }

    fn vector(self, held: u64) -> Result<(usize, Integer), FormatError> {
        let (descr, _, shape) = self.all()?;
        let (Some(integer), [count]) = (Integer::named(&descr), &shape[..]) else {
            let shape = shown(&shape);
            return Err(FormatError::NotLabels { descr, shape });
        };
        let needed = count.checked_mul(integer.width as u64);
        match needed.filter(|&needed| needed == held) {
            Some(_) => Ok((*count as usize, integer)),
            None => Err(FormatError::LabelBytes {
                labels: *count,
                held,
            }),
        }
    }

    fn matrix(self, start: u64, held: u64) -> Result<Layout, FormatError> {
        let (descr, fortran_order, shape) = self.all()?;
        let dtype = float(&descr).ok_or(FormatError::Dtype { found: descr })?;
        let [rows, features] = shape[..] else {
            return Err(FormatError::NotMatrix {
                shape: shown(&shape),
            });
        };
        if rows == 0 || features == 0 {
            return Err(FormatError::NoValues { rows, features });
        }
        let needed = rows
            .checked_mul(features)
            .and_then(|values| values.checked_mul(dtype.bytes() as u64))
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .ok_or(FormatError::Overflow { rows, features })?;
        if needed > held {
            return Err(FormatError::Truncated {
                rows,
                features,
                needed,
                held,
            });
        }
        if needed < held {
            let extra = held - needed;
            return Err(FormatError::Trailing {
                rows,
                features,
                extra,
            });
        }
        let side =
            |count| usize::try_from(count).map_err(|_| FormatError::Overflow { rows, features });
        Ok(Layout {
            start,
            dtype,
            fortran_order,
            rows: side(rows)?,
            features: side(features)?,
        })
    }
}

/// A shape as Python writes it.
fn shown(shape: &[u64]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => format!(
            "({})",
            shape
                .iter()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

/// Reads the few Python literals that a header is made of.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn error(&self, expected: &'static str) -> FormatError {
        FormatError::Header {
            at: self.at,
            expected,
        }
    }

    fn peek(&mut self) -> Option<u8> {
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        self.at += self.text[self.at..]
            .iter()
            .take_while(|byte| blank(byte))
            .count();
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), FormatError> {
        if self.skip(byte) {
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    fn end(&mut self) -> Result<(), FormatError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("the end of the header")),
        }
    }

    /// The bytes from here on that satisfy `wanted`.
    fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &[u8] {
        let start = self.at;
        self.at += self.text[start..]
            .iter()
            .take_while(|&&byte| wanted(byte))
            .count();
        &self.text[start..self.at]
    }

    fn string(&mut self) -> Result<String, FormatError> {
        let quote = self.peek().filter(|byte| matches!(byte, b'\'' | b'"'));
        let Some(quote) = quote else {
            return Err(self.error("a quoted string"));
        };
        self.at += 1;
        let text = String::from_utf8_lossy(self.run(|byte| byte != quote)).into_owned();
        self.expect(quote, "a closing quote")?;
        Ok(text)
    }

    /// The dtype; the list of a structured one is handed on as it stands, to be named in the error.
    fn descr(&mut self) -> Result<String, FormatError> {
        if self.peek() != Some(b'[') {
            return self.string();
        }
        let list = self.run(|byte| byte != b']');
        let found = format!("{}]", String::from_utf8_lossy(list));
        Err(FormatError::Dtype { found })
    }

    fn boolean(&mut self) -> Result<bool, FormatError> {
        self.peek();
        let at = self.at;
        match self.run(|byte| byte.is_ascii_alphabetic()) {
            b"True" => Ok(true),
            b"False" => Ok(false),
            _ => Err(FormatError::Header {
                at,
                expected: "True or False",
            }),
        }
    }

    fn tuple(&mut self) -> Result<Vec<u64>, FormatError> {
        self.expect(b'(', "an opening parenthesis")?;
        let mut sides = Vec::new();
        while !self.skip(b')') {
            sides.push(self.number()?);
            if !self.skip(b',') {
                self.expect(b')', "a comma or a closing parenthesis")?;
                break;
            }
        }
        Ok(sides)
    }

    fn number(&mut self) -> Result<u64, FormatError> {
        self.peek();
        let at = self.at;
        let digits = self.run(|byte| byte.is_ascii_digit());
        let number = std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok());
        // Python 2 wrote long integers with an L.
        self.skip(b'L');
        number.ok_or(FormatError::Header {
            at,
            expected: "a whole number below 2^64",
        })
    }
}
