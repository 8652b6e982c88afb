//! A check of TIFF files that their decoder makes only after it has taken the memory.

/// Checks that the values of each entry of the first directory lie within the file: the decoder
/// takes memory for as many as an entry claims, up to 256 MiB.
///
/// # Errors
/// What an entry claims.
pub(super) fn check(file: &[u8]) -> Result<(), String> {
    let Some(reader) = Reader::of(file) else {
        // Too short or another version, which the decoder refuses.
        return Ok(());
    };
    let Some((count, first)) = reader.directory() else {
        return Ok(());
    };
    for number in 0..count {
        let at = number
            .checked_mul(reader.entry())
            .and_then(|offset| first.checked_add(offset));
        let Some((bytes, values)) = at.and_then(|at| reader.claim(at)) else {
            // The directory itself ends early.
            return Ok(());
        };
        if values
            .checked_mul(bytes)
            .is_none_or(|bytes| bytes > file.len() as u64)
        {
            return Err(format!(
                "damaged: an entry of its directory claims {values} values of {bytes} bytes, and the file has {} bytes",
                file.len()
            ));
        }
    }
    Ok(())
}

/// Numbers of a file in its byte order, of 32 or, in BigTIFF, 64 bits.
struct Reader<'a> {
    file: &'a [u8],
    big_endian: bool,
    is_big: bool,
}

impl<'a> Reader<'a> {
    fn of(file: &'a [u8]) -> Option<Self> {
        let big_endian = match file.first_chunk()? {
            b"II" => false,
            b"MM" => true,
            _ => return None,
        };
        let mut reader = Self {
            file,
            big_endian,
            is_big: false,
        };
        reader.is_big = match reader.number(2, 2)? {
            42 => false,
            43 => true,
            _ => return None,
        };
        Some(reader)
    }

    /// A number of some bytes.
    fn number(&self, at: u64, bytes: usize) -> Option<u64> {
        let start = usize::try_from(at).ok()?;
        let stored = self.file.get(start..start.checked_add(bytes)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.big_endian {
            true => stored.iter().fold(0, add),
            false => stored.iter().rev().fold(0, add),
        })
    }

    /// How many entries the first directory has, and where they start.
    fn directory(&self) -> Option<(u64, u64)> {
        let (at, bytes) = match self.is_big {
            true => (self.number(8, 8)?, 8),
            false => (self.number(4, 4)?, 2),
        };
        Some((self.number(at, bytes)?, at.checked_add(bytes as u64)?))
    }

    /// Bytes of an entry.
    fn entry(&self) -> u64 {
        if self.is_big { 20 } else { 12 }
    }

    /// Bytes of a value of the entry at this place, and how many it claims.
    fn claim(&self, at: u64) -> Option<(u64, u64)> {
        let bytes = match self.number(at.checked_add(2)?, 2)? {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 1,
        };
        let width = if self.is_big { 8 } else { 4 };
        Some((bytes, self.number(at.checked_add(4)?, width)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::samples::{encoded, picture};
    use image::ImageFormat;

    #[test]
    fn an_entry_that_claims_more_than_the_file_holds_is_refused() {
        let mut file = encoded(&picture(40, 33, 3), ImageFormat::Tiff);
        assert_eq!(check(&file), Ok(()));
        let reader = Reader::of(&file).unwrap();
        let (count, first) = reader.directory().unwrap();
        assert!((5..30).contains(&count), "{count}");
        let at = first as usize + 4;
        file[at..at + 4].copy_from_slice(&1_000_000_u32.to_le_bytes());
        let error = check(&file).unwrap_err();
        assert!(error.contains("claims 1000000 values"), "{error}");
        for end in 0..file.len().min(300) {
            let _ = check(&file[..end]);
        }
        let big = [
            b"MM\0\x2b\0\x08\0\0".to_vec(),
            16_u64.to_be_bytes().to_vec(),
            1_u64.to_be_bytes().to_vec(),
            vec![1, 0, 0, 4],
            (1_u64 << 61).to_be_bytes().to_vec(),
            vec![0; 8],
        ]
        .concat();
        assert!(
            check(&big)
                .unwrap_err()
                .contains("claims 2305843009213693952 values")
        );
    }
}
