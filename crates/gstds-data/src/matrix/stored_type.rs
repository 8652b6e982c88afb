//! The number formats of matrices: in files and on devices.

use half::{bf16, f16};

/// How a value is stored in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredType {
    /// Its precision.
    pub kind: FloatKind,
    /// Whether its most significant byte comes first.
    pub big_endian: bool,
}

/// A floating-point format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FloatKind {
    /// IEEE half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
    /// IEEE single precision.
    F32,
    /// IEEE double precision.
    F64,
}

impl StoredType {
    /// Little-endian values of this kind.
    pub const fn little(kind: FloatKind) -> Self {
        Self {
            kind,
            big_endian: false,
        }
    }

    /// Bytes of one value.
    pub const fn bytes(self) -> usize {
        match self.kind {
            FloatKind::F16 | FloatKind::Bf16 => 2,
            FloatKind::F32 => 4,
            FloatKind::F64 => 8,
        }
    }

    /// The value of `stored`, which has [`Self::bytes`] bytes. Exact.
    pub fn decode(self, stored: &[u8]) -> f64 {
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..stored.len()];
        bytes.copy_from_slice(stored);
        if self.big_endian {
            bytes.reverse();
        }
        match (self.kind, &*bytes) {
            (FloatKind::F16, &[a, b]) => f16::from_le_bytes([a, b]).to_f64(),
            (FloatKind::Bf16, &[a, b]) => bf16::from_le_bytes([a, b]).to_f64(),
            (FloatKind::F32, &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
            (FloatKind::F64, &[a, b, c, d, e, f, g, h]) => {
                f64::from_le_bytes([a, b, c, d, e, f, g, h])
            }
            _ => f64::NAN,
        }
    }
}

/// How rows are handed to a device: f16 as stored, everything else as f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceElement {
    /// Half precision.
    F16,
    /// Single precision.
    F32,
}

impl DeviceElement {
    /// Bytes of one value.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }
}
