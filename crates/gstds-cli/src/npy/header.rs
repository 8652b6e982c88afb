//! The header of a .npy file: a Python dictionary with the keys `descr`, `fortran_order`, `shape`.

use std::io::Read;

use half::f16;

use super::FormatError;

/// The first six bytes of every .npy file.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Bytes of magic and version.
pub(super) const PRELUDE: usize = 8;
/// NumPy itself refuses to evaluate longer headers, and a plain array needs about a hundred bytes.
const LONGEST: u64 = 10_000;

/// Bytes of a value, and their order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dtype {
    kind: Kind,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    F16,
    F32,
    F64,
}

impl Dtype {
    fn named(name: &str) -> Option<Self> {
        let (order, kind) = name.split_at_checked(1)?;
        let big_endian = match order {
            "<" => false,
            ">" => true,
            "=" => cfg!(target_endian = "big"),
            _ => return None,
        };
        let kind = match kind {
            "f2" => Kind::F16,
            "f4" => Kind::F32,
            "f8" => Kind::F64,
            _ => return None,
        };
        Some(Self { kind, big_endian })
    }

    /// Bytes of one value.
    pub(super) fn bytes(self) -> usize {
        match self.kind {
            Kind::F16 => 2,
            Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }

    /// The value in `stored`, which has [`Self::bytes`] bytes; exact in every kind.
    pub(super) fn decode(self, stored: &[u8]) -> f64 {
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..stored.len()];
        bytes.copy_from_slice(stored);
        if self.big_endian {
            bytes.reverse();
        }
        match *bytes {
            [a, b] => f16::from_le_bytes([a, b]).to_f64(),
            [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => f64::NAN,
        }
    }
}

/// What the file says it holds, held against how long it is.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) dtype: Dtype,
    pub(super) fortran_order: bool,
    pub(super) rows: usize,
    pub(super) features: usize,
    /// Bytes of all values, which are exactly what is left of the file.
    pub(super) value_bytes: usize,
}

impl Header {
    /// Reads up to the first value of `input`, which holds `size` bytes.
    pub(super) fn read(input: &mut impl Read, size: u64) -> Result<Self, FormatError> {
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
        Fields::parse(&text)?.check(size - start - length)
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

    fn check(self, held: u64) -> Result<Header, FormatError> {
        let missing = |expected| FormatError::Header { at: 0, expected };
        let descr = self.descr.ok_or_else(|| missing("the key descr"))?;
        let fortran_order = self
            .fortran_order
            .ok_or_else(|| missing("the key fortran_order"))?;
        let shape = self.shape.ok_or_else(|| missing("the key shape"))?;
        let dtype = Dtype::named(&descr).ok_or(FormatError::Dtype { found: descr })?;
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
        Ok(Header {
            dtype,
            fortran_order,
            rows: side(rows)?,
            features: side(features)?,
            value_bytes: needed as usize,
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
