//! A check of WebP files that their decoder does not make before it decodes.

/// Width and height of every lossy frame. The decoder compares them with the image's own only after
/// decoding the frame, at any cost.
pub(super) fn frames(file: &[u8]) -> impl Iterator<Item = (u16, u16)> {
    let side = |low, high| u16::from_le_bytes([low, high]) & 0x3fff;
    // Name and length of the chunk, frame tag, start code, then width and height of 14 bits each.
    file.windows(18)
        .filter(|bytes| bytes.starts_with(b"VP8 ") && bytes[11..14] == [0x9d, 0x01, 0x2a])
        .map(move |bytes| (side(bytes[14], bytes[15]), side(bytes[16], bytes[17])))
}
