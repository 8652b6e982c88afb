//! Whole numbers as files store them.

/// How a whole number is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Integer {
    /// Bytes, 1 to 8.
    pub width: usize,
    pub signed: bool,
    pub big_endian: bool,
}

/// The whole numbers stored in `bytes`; unsigned ones of 64 bits wrap.
pub(super) fn integers(bytes: &[u8], stored: Integer) -> Vec<i64> {
    let width = stored.width;
    let value = |stored_bytes: &[u8]| {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(stored_bytes);
        if stored.big_endian {
            bytes[..width].reverse();
        }
        if stored.signed && bytes[width - 1] >= 0x80 {
            bytes[width..].fill(0xff);
        }
        i64::from_le_bytes(bytes)
    };
    bytes.chunks_exact(width).map(value).collect()
}
