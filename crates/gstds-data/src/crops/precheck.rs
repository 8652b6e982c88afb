//! Checks that the decoders do not make before they decode.

/// Whether an end marker follows the first scan. The decoder silently fills what is missing with grey;
/// a preview in a segment before the scan has an end marker of its own.
pub(super) fn jpeg_ends(file: &[u8]) -> bool {
    let mut at = 2;
    // Segments: a marker, and a length that includes itself.
    while let Some(&[0xff, marker, high, low]) = file.get(at..).and_then(|rest| rest.first_chunk())
    {
        if marker == 0xff {
            at += 1;
            continue;
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
        if marker == 0xda {
            break;
        }
    }
    let scan = file.get(at..).unwrap_or_default();
    scan.windows(2).rev().any(|pair| pair == [0xff, 0xd9])
}

/// Width and height of every lossy frame. The decoder compares them with the image's own only after
/// decoding the frame, at any cost.
pub(super) fn webp_frames(file: &[u8]) -> impl Iterator<Item = (u16, u16)> {
    let side = |low, high| u16::from_le_bytes([low, high]) & 0x3fff;
    // Name and length of the chunk, frame tag, start code, then width and height of 14 bits each.
    file.windows(18)
        .filter(|bytes| bytes.starts_with(b"VP8 ") && bytes[11..14] == [0x9d, 0x01, 0x2a])
        .map(move |bytes| (side(bytes[14], bytes[15]), side(bytes[16], bytes[17])))
}
