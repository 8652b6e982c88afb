//! Whether a JPEG file holds all of its image. The decoder fills what is missing with grey, or with
//! the last colour, and reports nothing.

mod bits;
mod scan;

use bits::{Bits, HuffmanTable};
use scan::{Component, NOT_SEEN, Scan};

/// What the segments before a scan define.
#[derive(Default)]
struct Headers {
    components: Vec<Component>,
    size: (usize, usize),
    progressive: bool,
    /// Coded by Huffman codes of 8 or 12 bits; others the decoder refuses.
    known: bool,
    /// Tables for DC and AC, by their numbers.
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
    restart: usize,
}

/// Checks that an end marker follows the scans and that each of them has data for all its blocks,
/// as far as they can be counted without decoding: all of a baseline image, and of a progressive
/// one the scans that are not refinements. A file whose segments contradict each other is left to
/// the decoder.
///
/// # Errors
/// What is missing.
pub(super) fn check(file: &[u8]) -> Result<(), String> {
    let mut headers = Headers::default();
    let mut at = 2;
    let mut scans = 0;
    loop {
        let Some((marker, start)) = next_marker(file, at) else {
            return match scans {
                0 => Ok(()),
                _ => Err("truncated: the end marker of a JPEG file is missing".into()),
            };
        };
        at = start;
        match marker {
            // The end; whatever follows is another image or a preview.
            0xd9 if scans > 0 => return headers.all_seen(),
            0x01 | 0xd0..=0xd9 => continue,
            _ => {}
        }
        let Some(segment) = segment(file, start) else {
            return match scans {
                0 => Ok(()),
                _ => Err("truncated: the end marker of a JPEG file is missing".into()),
            };
        };
        at += 2 + segment.len();
        if marker == 0xda {
            scans += 1;
            at += headers.check_scan(segment, &file[at..])?;
        } else {
            headers.take(marker, segment);
        }
    }
}

/// The next marker from `at` on, and where what follows it starts.
fn next_marker(file: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = file.get(at..)?;
    let found = rest
        .windows(2)
        .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
    Some((rest[found + 1], at + found + 2))
}

/// What a segment holds behind its length.
fn segment(file: &[u8], start: usize) -> Option<&[u8]> {
    let length = file.get(start..)?.first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    file.get(start + 2..start + length)
}

impl Headers {
    fn take(&mut self, marker: u8, segment: &[u8]) {
        match marker {
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                self.known = matches!(marker, 0xc0..=0xc2);
                self.progressive = marker == 0xc2;
                self.take_frame(segment);
            }
            0xc4 => self.take_tables(segment),
            0xdd => {
                if let [high, low, ..] = *segment {
                    self.restart = usize::from(u16::from_be_bytes([high, low]));
                }
            }
            _ => {}
        }
    }

    fn take_frame(&mut self, segment: &[u8]) {
        let [_, high, low, wide, narrow, _, components @ ..] = segment else {
            return;
        };
        let side = |high: u8, low: u8| usize::from(u16::from_be_bytes([high, low]));
        self.size = (side(*wide, *narrow), side(*high, *low));
        let component = |part: &[u8; 3]| Component {
            id: part[0],
            across: usize::from(part[1] >> 4),
            down: usize::from(part[1] & 15),
            coarse: [NOT_SEEN; 64],
        };
        self.components = components
            .as_chunks::<3>()
            .0
            .iter()
            .map(component)
            .collect();
    }

    fn take_tables(&mut self, mut segment: &[u8]) {
        while let Some((about, rest)) = segment.split_first()
            && let Some((counts, rest)) = rest.split_first_chunk::<16>()
        {
            let symbols: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let Some(values) = rest.get(..symbols) else {
                return;
            };
            let tables = if about >> 4 == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            if let Some(table) = tables.get_mut(usize::from(about & 15)) {
                *table = HuffmanTable::new(counts, values);
            }
            segment = &rest[symbols..];
        }
    }

    /// Checks a scan whose data start `data`; returns their length.
    fn check_scan(&mut self, header: &[u8], data: &[u8]) -> Result<usize, String> {
        let mut bits = Bits::new(data);
        if self.known
            && let Some(scan) = Scan::of(header, self)
        {
            scan.check(&mut bits)?;
            let (places, band, coarse) = scan.leaves();
            for place in places {
                self.components[place].coarse[band.clone()].fill(coarse);
            }
        } else {
            // What cannot be counted is not missed.
            self.components
                .iter_mut()
                .for_each(|part| part.coarse.fill(0));
        }
        Ok(scan::length(data))
    }

    fn all_seen(&self) -> Result<(), String> {
        let whole = |part: &Component| part.coarse == [0; 64];
        match self.components.iter().all(whole) {
            true => Ok(()),
            false => Err("truncated: its last scans are missing".into()),
        }
    }
}

#[cfg(test)]
mod tests;
