//! The bits of a scan, and the Huffman codes that they are made of.

/// Bits that one look at a table decides.
const LOOK: u32 = 9;

/// The data of a scan end, or make no sense.
#[derive(Debug)]
pub(super) struct NoBlock;

/// The bits of a scan up to its next marker.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            buffer: 0,
            count: 0,
        }
    }

    /// Fills the buffer as far as there are data; the bits in it are its lowest.
    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(&byte) = self.data.get(self.at) else {
                return;
            };
            if byte == 0xff {
                match self.data.get(self.at + 1) {
                    Some(0) => self.at += 1,
                    // A marker, which is not passed.
                    _ => return,
                }
            }
            self.at += 1;
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    /// The next bits, with zeros behind the last.
    fn peek(&self, bits: u32) -> usize {
        let kept = match self.count.checked_sub(bits) {
            Some(more) => self.buffer >> more,
            None => self.buffer << (bits - self.count),
        };
        kept as usize & ((1 << bits) - 1)
    }

    /// Takes up to 16 bits.
    pub(super) fn take(&mut self, bits: u32) -> Result<usize, NoBlock> {
        if self.count < bits {
            self.fill();
        }
        let value = self.peek(bits);
        self.count = self.count.checked_sub(bits).ok_or(NoBlock)?;
        Ok(value)
    }

    /// Takes a code and returns its symbol.
    pub(super) fn symbol(&mut self, table: &HuffmanTable) -> Result<u8, NoBlock> {
        if self.count < 16 {
            self.fill();
        }
        let (symbol, length) = match table.short[self.peek(LOOK)] {
            (_, 0) => table.long(self.peek(16))?,
            (symbol, length) => (symbol, length.into()),
        };
        self.count = self.count.checked_sub(length).ok_or(NoBlock)?;
        Ok(symbol)
    }

    /// Goes behind the next marker if it is a restart; else the data have ended.
    pub(super) fn restart(&mut self) -> Result<(), NoBlock> {
        (self.buffer, self.count) = (0, 0);
        while let Some(pair) = self.data.get(self.at..).and_then(<[u8]>::first_chunk::<2>) {
            match pair {
                [0xff, 0xd0..=0xd7] => {
                    self.at += 2;
                    return Ok(());
                }
                [0xff, 0 | 0xff] => self.at += 1,
                [0xff, _] => return Err(NoBlock),
                _ => self.at += 1,
            }
        }
        Err(NoBlock)
    }
}

/// A table of codes, as a segment defines it.
pub(super) struct HuffmanTable {
    /// Symbol and length by the next bits; length 0 where a code is longer.
    short: Vec<(u8, u8)>,
    symbols: Vec<u8>,
    /// By length from 1: the first code, and the place of its symbol.
    first: [(usize, usize); 16],
    counts: [u8; 16],
}

impl HuffmanTable {
    /// None where there are more codes than bits can tell apart.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: vec![(0, 0); 1 << LOOK],
            symbols: symbols.to_vec(),
            first: [(0, 0); 16],
            counts: *counts,
        };
        let (mut code, mut place) = (0_usize, 0);
        for (at, &count) in counts.iter().enumerate() {
            let length = at as u32 + 1;
            table.first[at] = (code, place);
            for _ in 0..count {
                if code >> length > 0 {
                    return None;
                }
                if let Some(free) = LOOK.checked_sub(length) {
                    let entry = (symbols[place], length as u8);
                    table.short[code << free..(code + 1) << free].fill(entry);
                }
                code += 1;
                place += 1;
            }
            code <<= 1;
        }
        Some(table)
    }

    /// Symbol and length of a code that is longer than a look, by the next 16 bits.
    fn long(&self, next: usize) -> Result<(u8, u32), NoBlock> {
        for length in LOOK + 1..=16 {
            let at = length as usize - 1;
            let (first, place) = self.first[at];
            let code = next >> (16 - length);
            if let Some(offset) = code.checked_sub(first)
                && offset < usize::from(self.counts[at])
            {
                return Ok((self.symbols[place + offset], length));
            }
        }
        Err(NoBlock)
    }
}
