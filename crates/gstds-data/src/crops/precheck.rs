//! What the decoders do not check before they decode.

/// Whether the end marker follows the first scan. The decoder fills what is cut off with grey and
/// says nothing; a preview among the segments before the scan has an end marker of its own.
pub(super) fn jpeg_ends(file: &[u8]) -> bool {
    let mut at = 2;
    // Segments: marker, and a length that counts itself.
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

/// Width and height of every lossy frame. The decoder compares them with the image's own only when
/// the frame is decoded, whatever that costs.
pub(super) fn webp_frames(file: &[u8]) -> impl Iterator<Item = (u16, u16)> {
    let side = |low, high| u16::from_le_bytes([low, high]) & 0x3fff;
    // Name and length of the chunk, frame tag, start code, then width and height of 14 bits each.
    file.windows(18)
        .filter(|bytes| bytes.starts_with(b"VP8 ") && bytes[11..14] == [0x9d, 0x01, 0x2a])
        .map(move |bytes| (side(bytes[14], bytes[15]), side(bytes[16], bytes[17])))
}
