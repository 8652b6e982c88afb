//! Element types that features are stored in.

use half::{bf16, f16};

/// Bytes of a value, and their order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dtype {
    pub kind: Kind,
    pub big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    F16,
    Bf16,
    F32,
    F64,
}

impl Dtype {
    /// Little-endian values of this kind.
    pub const fn little(kind: Kind) -> Self {
        Self {
            kind,
            big_endian: false,
        }
    }

    /// Bytes of one value.
    pub const fn bytes(self) -> usize {
        match self.kind {
            Kind::F16 | Kind::Bf16 => 2,
            Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }

    /// The value in `stored`, which has [`Self::bytes`] bytes; exact in every kind.
    pub fn decode(self, stored: &[u8]) -> f64 {
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..stored.len()];
        bytes.copy_from_slice(stored);
        if self.big_endian {
            bytes.reverse();
        }
        match (self.kind, &*bytes) {
            (Kind::F16, &[a, b]) => f16::from_le_bytes([a, b]).to_f64(),
            (Kind::Bf16, &[a, b]) => bf16::from_le_bytes([a, b]).to_f64(),
            (Kind::F32, &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
            (Kind::F64, &[a, b, c, d, e, f, g, h]) => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => f64::NAN,
        }
    }
}

/// How a device holds a value of a matrix: f16 as it is stored, all else as f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// Half precision.
    F16,
    /// Single precision.
    F32,
}

impl Element {
    /// Bytes of one value.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }
}
