//! Stored entries of a zip archive, which is all that `torch.save` writes.
//!
//! Layout: APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16.

use std::collections::BTreeMap;

const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
/// The end record may be followed by a comment of up to 65,535 bytes.
const LONGEST_COMMENT: usize = 65_535;
const CENTRAL: &[u8] = b"PK\x01\x02";
const CENTRAL_BYTES: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_BYTES: usize = 30;

/// The bytes of one entry and their CRC-32; 0 where the writer left it out.
#[derive(Debug, Clone, Copy)]
pub(super) struct ZipEntry<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) crc: u32,
}

/// The entries by name.
pub(super) fn entries(file: &[u8]) -> Result<BTreeMap<&str, ZipEntry<'_>>, String> {
    let (count, start) = directory(file)?;
    let mut rest = file.get(start..).ok_or("its directory lies outside it")?;
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        let (name, entry, after) = entry(file, rest)?;
        entries.insert(name, entry);
        rest = after;
    }
    Ok(entries)
}

/// How many entries there are and where their list starts.
fn directory(file: &[u8]) -> Result<(usize, usize), String> {
    let from = file.len().saturating_sub(END_BYTES + LONGEST_COMMENT);
    let end = file[from..]
        .windows(END_BYTES)
        .rposition(|bytes| bytes.starts_with(END))
        .map(|at| &file[from + at..])
        .ok_or("its end is missing: it is truncated")?;
    let (count, start) = (u16_at(end, 10), u32_at(end, 16));
    if count == usize::from(u16::MAX) || start == u32::MAX as usize {
        return Err("it is larger than 4 GiB or has more than 65,534 entries".into());
    }
    Ok((count, start))
}

/// The first entry of the list `rest`, and the list after it.
fn entry<'a>(file: &'a [u8], rest: &'a [u8]) -> Result<(&'a str, ZipEntry<'a>, &'a [u8]), String> {
    let cut = || "its directory is truncated".to_owned();
    if rest.len() < CENTRAL_BYTES || !rest.starts_with(CENTRAL) {
        return Err(cut());
    }
    let name_end = CENTRAL_BYTES + u16_at(rest, 28);
    let next = name_end + u16_at(rest, 30) + u16_at(rest, 32);
    let name = rest.get(CENTRAL_BYTES..name_end).ok_or_else(cut)?;
    let name = std::str::from_utf8(name).map_err(|_| "an entry's name is not text")?;
    let after = rest.get(next..).ok_or_else(cut)?;
    let (encrypted, method) = (u16_at(rest, 8) & 1 == 1, u16_at(rest, 10));
    if encrypted || method != 0 {
        return Err(format!(
            "its entry {name} is compressed or encrypted, which torch.save never does"
        ));
    }
    let (crc, size) = (u32_at(rest, 16) as u32, u32_at(rest, 24));
    let bytes = stored(file, u32_at(rest, 42), size)
        .ok_or_else(|| format!("its entry {name} of {size} bytes lies outside it"))?;
    Ok((name, ZipEntry { bytes, crc }, after))
}

/// What follows the local header at `at`.
fn stored(file: &[u8], at: usize, size: usize) -> Option<&[u8]> {
    let header = file.get(at..)?;
    if header.len() < LOCAL_BYTES || !header.starts_with(LOCAL) {
        return None;
    }
    let start = LOCAL_BYTES + u16_at(header, 26) + u16_at(header, 28);
    header.get(start..)?.get(..size)
}

/// Two bytes that the caller knows to be there.
fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

/// Four bytes that the caller knows to be there.
fn u32_at(bytes: &[u8], at: usize) -> usize {
    u16_at(bytes, at) | u16_at(bytes, at + 2) << 16
}
