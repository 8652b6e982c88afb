//! The header of a .npy file: a Python dictionary with the keys `descr`, `fortran_order`, `shape`.

use super::advice;
use crate::matrix::integers::{Integer, integers};
use crate::matrix::layout::MatrixLayout;
use crate::matrix::stored_type::{FloatKind, StoredType};
use std::io::{self, Read};

/// A value, or what is wrong with the file.
type Parsed<T> = Result<T, String>;

/// The first six bytes of every .npy file.
pub(in crate::matrix) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Bytes of magic and version.
pub(super) const PRELUDE: usize = 8;
/// NumPy itself refuses to evaluate longer headers, and a plain array needs about a hundred bytes.
const LONGEST: u64 = 10_000;

/// Where the matrix is in `input`, which holds `size` bytes.
pub(super) fn matrix(input: &mut impl Read, size: u64) -> Parsed<MatrixLayout> {
    let (fields, start) = Fields::read(input, size)?;
    fields.matrix(start, size - start)
}

/// What a vector of integers should be, and the conversion of an array of this dtype and shape to it.
pub(super) type Wanted = (&'static str, fn(&str, &[u64]) -> String);

/// The integers of the vector in `input`, which holds `size` bytes.
pub(super) fn vector(input: &mut impl Read, size: u64, wanted: Wanted) -> Parsed<Vec<i64>> {
    let (fields, start) = Fields::read(input, size)?;
    let (count, stored) = fields.vector(size - start, wanted)?;
    let mut bytes = vec![0; count * stored.width];
    input.read_exact(&mut bytes).map_err(|e| unread(&e))?;
    Ok(integers(&bytes, stored))
}

fn unread(error: &io::Error) -> String {
    format!("reading it failed: {error}")
}

fn integer(descr: &str) -> Option<Integer> {
    let (order, kind) = descr.split_at_checked(1)?;
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
    Some(Integer {
        width,
        signed,
        big_endian: big_endian(order)?,
    })
}

fn float(descr: &str) -> Option<StoredType> {
    let (order, kind) = descr.split_at_checked(1)?;
    let kind = match kind {
        "f2" => FloatKind::F16,
        "f4" => FloatKind::F32,
        "f8" => FloatKind::F64,
        _ => return None,
    };
    // Only single bytes have no order.
    let big_endian = (order != "|").then(|| big_endian(order))??;
    Some(StoredType { kind, big_endian })
}

fn big_endian(order: &str) -> Option<bool> {
    match order {
        "<" | "|" => Some(false),
        ">" => Some(true),
        "=" => Some(cfg!(target_endian = "big")),
        _ => None,
    }
}

/// Fills `into` from `input`, of whose `size` bytes `read` were read before.
fn take(input: &mut impl Read, into: &mut [u8], read: u64, size: u64) -> Parsed<()> {
    let needed = read + into.len() as u64;
    if needed <= size {
        return input.read_exact(into).map_err(|e| unread(&e));
    }
    // A short file in another format is not one that was cut short.
    let mut start = Vec::new();
    let mut rest = input.take(MAGIC.len() as u64);
    rest.read_to_end(&mut start).map_err(|e| unread(&e))?;
    if read == 0 && !MAGIC.starts_with(&start) {
        return Err(not_npy());
    }
    Err(format!(
        "its header needs {needed} bytes and the file holds {size}; it was cut short, copy it again"
    ))
}

fn not_npy() -> String {
    "it does not begin with NumPy's magic bytes; write it with numpy.save(path, features)".into()
}

/// The entries of a header.
#[derive(Debug, Default)]
struct Fields {
    descr: Option<String>,
    fortran_order: Option<bool>,
    shape: Option<Vec<u64>>,
}

impl Fields {
    /// Reads up to the first value; returns its byte offset too.
    fn read(input: &mut impl Read, size: u64) -> Parsed<(Self, u64)> {
        if size == 0 {
            return Err("it is empty; write it with numpy.save(path, features)".into());
        }
        let mut prelude = [0; PRELUDE];
        take(input, &mut prelude, 0, size)?;
        if !prelude.starts_with(MAGIC) {
            return Err(not_npy());
        }
        let length_bytes = match prelude[6..] {
            [1, 0] => 2,
            [2 | 3, 0] => 4,
            _ => {
                return Err(format!(
                    "its format version is {}.{}, and only 1.0, 2.0 and 3.0 are supported; save it with a current NumPy",
                    prelude[6], prelude[7]
                ));
            }
        };
        let mut length = [0; 4];
        take(input, &mut length[..length_bytes], PRELUDE as u64, size)?;
        let length = u64::from(u32::from_le_bytes(length));
        if length > LONGEST {
            return Err(format!(
                "its header of {length} bytes is longer than the {LONGEST} that a plain array needs; save a plain array"
            ));
        }
        let mut text = vec![0; length as usize];
        let start = (PRELUDE + length_bytes) as u64;
        take(input, &mut text, start, size)?;
        Ok((Self::parse(&text)?, start + length))
    }

    fn parse(text: &[u8]) -> Parsed<Self> {
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

    /// The three entries, all of which are required.
    fn all(self) -> Parsed<(String, bool, Vec<u64>)> {
        let missing = |expected| invalid(0, expected);
        Ok((
            self.descr.ok_or_else(|| missing("the key descr"))?,
            self.fortran_order
                .ok_or_else(|| missing("the key fortran_order"))?,
            self.shape.ok_or_else(|| missing("the key shape"))?,
        ))
    }

    fn vector(self, held: u64, (wanted, advice): Wanted) -> Parsed<(usize, Integer)> {
        let (descr, _, shape) = self.all()?;
        let (Some(stored), [count]) = (integer(&descr), &shape[..]) else {
            return Err(format!(
                "it holds {descr} of shape {}, and {wanted}; in NumPy: {}",
                shown(&shape),
                advice(&descr, &shape)
            ));
        };
        match count.checked_mul(stored.width as u64) {
            Some(needed) if needed == held => Ok((*count as usize, stored)),
            _ => Err(format!(
                "{held} bytes follow its header, which do not match its {count} integers; save it again"
            )),
        }
    }

    fn matrix(self, start: u64, held: u64) -> Parsed<MatrixLayout> {
        let (descr, fortran_order, shape) = self.all()?;
        if shape.contains(&0) || shape.is_empty() {
            return Err(format!(
                "its shape is {}, and at least one sample with one feature is needed",
                shown(&shape)
            ));
        }
        let Some(dtype) = float(&descr) else {
            return Err(format!(
                "its dtype is {descr}, and only float16, float32 and float64 are supported; in NumPy: {}",
                advice::features(&descr)
            ));
        };
        let [rows, features] = shape[..] else {
            return Err(format!(
                "its shape is {}, and a matrix (samples, features) is needed; in NumPy: features.reshape(len(features), -1)",
                shown(&shape)
            ));
        };
        let shape = format!("({rows}, {features})");
        let overflow =
            || format!("its shape {shape} needs more bytes than a 64-bit machine can address");
        let needed = rows
            .checked_mul(features)
            .and_then(|values| values.checked_mul(dtype.bytes() as u64))
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .ok_or_else(overflow)?;
        if needed > held {
            return Err(format!(
                "its shape {shape} needs {needed} bytes of values and the file holds {held}; it was cut short, copy it again"
            ));
        }
        if needed < held {
            return Err(format!(
                "{} bytes follow its {shape} values; save one array per file",
                held - needed
            ));
        }
        let extent = |count| usize::try_from(count).map_err(|_| overflow());
        Ok(MatrixLayout {
            start,
            dtype,
            fortran_order,
            rows: extent(rows)?,
            features: extent(features)?,
        })
    }
}

fn invalid(at: usize, expected: &str) -> String {
    format!("invalid header at byte {at}: expected {expected}")
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
    fn error(&self, expected: &str) -> String {
        invalid(self.at, expected)
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

    fn expect(&mut self, byte: u8, expected: &str) -> Parsed<()> {
        if self.skip(byte) {
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    fn end(&mut self) -> Parsed<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("the end of the header")),
        }
    }

    /// The bytes from here on that satisfy `wanted`.
    fn run(&mut self, mut wanted: impl FnMut(u8) -> bool) -> &[u8] {
        let start = self.at;
        self.at += self.text[start..]
            .iter()
            .take_while(|&&byte| wanted(byte))
            .count();
        &self.text[start..self.at]
    }

    fn string(&mut self) -> Parsed<String> {
        let quote = self.peek().filter(|byte| matches!(byte, b'\'' | b'"'));
        let Some(quote) = quote else {
            return Err(self.error("a quoted string"));
        };
        self.at += 1;
        let text = String::from_utf8_lossy(self.run(|byte| byte != quote)).into_owned();
        self.expect(quote, "a closing quote")?;
        Ok(text)
    }

    /// The dtype. A structured one is a list, here as its text.
    fn descr(&mut self) -> Parsed<String> {
        if self.peek() != Some(b'[') {
            return self.string();
        }
        let mut depth = 0;
        let list = self.run(|byte| {
            depth += i32::from(byte == b'[') - i32::from(byte == b']');
            depth > 0
        });
        let list = format!("{}]", String::from_utf8_lossy(list));
        self.expect(b']', "a closing bracket")?;
        Ok(list)
    }

    fn boolean(&mut self) -> Parsed<bool> {
        self.peek();
        let at = self.at;
        match self.run(|byte| byte.is_ascii_alphabetic()) {
            b"True" => Ok(true),
            b"False" => Ok(false),
            _ => Err(invalid(at, "True or False")),
        }
    }

    fn tuple(&mut self) -> Parsed<Vec<u64>> {
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

    fn number(&mut self) -> Parsed<u64> {
        self.peek();
        let at = self.at;
        let digits = self.run(|byte| byte.is_ascii_digit());
        let number = std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok());
        // Python 2 wrote long integers with an L.
        self.skip(b'L');
        number.ok_or_else(|| invalid(at, "a whole number below 2^64"))
    }
}
