//! The blocks of a scan, counted without decoding them.

use std::ops::RangeInclusive;

use super::Headers;
use super::bits::{Bits, HuffmanTable, NoBlock};

/// A coefficient that no scan had.
pub(super) const NOT_SEEN: u8 = 0xff;

/// A colour component: samples per unit, and how many bits each coefficient still lacks.
#[derive(Clone)]
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) coarse: [u8; 64],
}

/// The blocks of one component in a unit, and their tables.
struct Blocks<'a> {
    count: usize,
    dc: Option<&'a HuffmanTable>,
    ac: Option<&'a HuffmanTable>,
}

/// A scan of blocks that can be counted.
pub(super) struct Scan<'a> {
    /// Its components, by their places.
    places: Vec<usize>,
    blocks: Vec<Blocks<'a>>,
    /// Units, each of the blocks of all components.
    units: usize,
    /// Units from one restart to the next; 0 without restarts.
    restart: usize,
    /// First and last coefficient.
    band: (usize, usize),
    progressive: bool,
    refines: bool,
    /// Bits that its coefficients lack afterwards.
    coarse: u8,
}

impl<'a> Scan<'a> {
    /// None where the header contradicts the frame or a table is missing.
    pub(super) fn of(header: &[u8], headers: &'a Headers) -> Option<Self> {
        let (&count, rest) = header.split_first()?;
        let parts = rest.get(..2 * usize::from(count))?.as_chunks::<2>().0;
        let &[start, end, approximation, ..] = rest.get(parts.len() * 2..)? else {
            return None;
        };
        let place = |id: u8| headers.components.iter().position(|part| part.id == id);
        let places: Option<Vec<usize>> = parts.iter().map(|part| place(part[0])).collect();
        let places = places.filter(|places| !places.is_empty())?;
        let alone = places.len() == 1;
        let blocks = parts.iter().zip(&places).map(|([_, tables], &place)| {
            let Component { across, down, .. } = headers.components[place];
            let table = |of: &'a [Option<HuffmanTable>; 4], number: u8| {
                of.get(usize::from(number))?.as_ref()
            };
            Blocks {
                count: if alone { 1 } else { across * down },
                dc: table(&headers.dc, tables >> 4),
                ac: table(&headers.ac, tables & 15),
            }
        });
        if start > end.min(63) {
            return None;
        }
        let scan = Self {
            blocks: blocks.collect(),
            units: units(headers, &places)?,
            places,
            restart: headers.restart,
            band: (start.into(), usize::from(end).min(63)),
            progressive: headers.progressive,
            refines: headers.progressive && approximation >> 4 > 0,
            coarse: approximation & 15,
        };
        let needs_dc = !scan.progressive || start == 0;
        let needs_ac = !scan.progressive || start > 0;
        let complete = scan
            .blocks
            .iter()
            .all(|blocks| (blocks.dc.is_some() || !needs_dc) && (blocks.ac.is_some() || !needs_ac));
        (complete || scan.refines).then_some(scan)
    }

    /// Passes over the data of every unit. The last one may be cut by the bits that fill its byte.
    pub(super) fn check(&self, bits: &mut Bits<'_>) -> Result<(), String> {
        if self.refines {
            return Ok(());
        }
        let mut run = 0;
        for unit in 0..self.units {
            if self.restart > 0 && unit > 0 && unit % self.restart == 0 {
                run = 0;
                if bits.restart().is_err() {
                    return self.short(unit);
                }
            }
            if self.unit(bits, &mut run).is_err() {
                return self.short(unit);
            }
        }
        Ok(())
    }

    /// Places of its components, the coefficients it has of them and the bits that these still lack.
    pub(super) fn leaves(self) -> (Vec<usize>, RangeInclusive<usize>, u8) {
        match self.progressive {
            true => (self.places, self.band.0..=self.band.1, self.coarse),
            false => (self.places, 0..=63, 0),
        }
    }

    fn short(&self, done: usize) -> Result<(), String> {
        if done + 1 >= self.units {
            return Ok(());
        }
        Err(format!(
            "damaged: the scan data is invalid after {done} of {} units, so the rest of the image is lost",
            self.units
        ))
    }

    /// `run` counts the blocks that end here without a bit of their own.
    fn unit(&self, bits: &mut Bits<'_>, run: &mut usize) -> Result<(), NoBlock> {
        for blocks in &self.blocks {
            for _ in 0..blocks.count {
                if let Some(dc) = blocks.dc.filter(|_| !self.progressive || self.band.0 == 0) {
                    let size = bits.symbol(dc)?;
                    bits.take(u32::from(size.min(16)))?;
                }
                match blocks.ac {
                    Some(ac) if !self.progressive => coefficients(bits, ac, (1, 63), None)?,
                    Some(ac) if self.band.0 > 0 => coefficients(bits, ac, self.band, Some(run))?,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// Passes over the coefficients of a block. In progressive scans some blocks in a row may end at
/// once, which `run` counts.
fn coefficients(
    bits: &mut Bits<'_>,
    table: &HuffmanTable,
    (mut at, last): (usize, usize),
    mut run: Option<&mut usize>,
) -> Result<(), NoBlock> {
    if let Some(left) = run.as_deref_mut()
        && *left > 0
    {
        *left -= 1;
        return Ok(());
    }
    while at <= last {
        let symbol = bits.symbol(table)?;
        let (zeros, size) = (symbol >> 4, symbol & 15);
        if size > 0 {
            bits.take(size.into())?;
            at += usize::from(zeros) + 1;
        } else if zeros == 15 {
            at += 16;
        } else {
            if let Some(left) = run {
                *left = (1 << zeros) - 1 + bits.take(zeros.into())?;
            }
            return Ok(());
        }
    }
    Ok(())
}

/// Units of a scan with these components: blocks of one, or interleaved groups of several.
fn units(headers: &Headers, places: &[usize]) -> Option<usize> {
    let most = |of: fn(&Component) -> usize| headers.components.iter().map(of).max();
    let (most_across, most_down) = (most(|part| part.across)?, most(|part| part.down)?);
    let (width, height) = headers.size;
    if most_across == 0 || most_down == 0 {
        return None;
    }
    let along =
        |side: usize, samples: usize, most: usize| (side * samples).div_ceil(most).div_ceil(8);
    Some(match places {
        [alone] => {
            let Component { across, down, .. } = headers.components[*alone];
            along(width, across, most_across) * along(height, down, most_down)
        }
        _ => width.div_ceil(8 * most_across) * height.div_ceil(8 * most_down),
    })
}

/// Bytes of a scan's data: up to the next marker that is no restart.
pub(super) fn length(data: &[u8]) -> usize {
    let is_end = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    data.windows(2).position(is_end).unwrap_or(data.len())
}
