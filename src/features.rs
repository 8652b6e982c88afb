//! The location of the feature rows of a call.

use crate::{
    Error, Result, Shape,
    workspace::{check_binding, largest_binding},
};

/// Element type of a feature buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dtype {
    /// 32-bit floats.
    #[default]
    F32,
    /// 16-bit floats, two to a word; needs no `SHADER_F16`.
    F16,
}

impl Dtype {
    /// Bytes of one element.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
        }
    }
}

/// A view of feature rows in a storage buffer: either the rows themselves, or a larger bank and a
/// list of the rows that make up the batch, so that a batch needs no gather.
///
/// The buffer needs [`wgpu::BufferUsages::STORAGE`], rows their features side by side. A view
/// copies nothing and is checked where it is used, by [`Batch::encode`](crate::Batch::encode).
///
/// ```
/// use gstds::{Dtype, Features};
///
/// /// A batch of a bank of 50,000 rows of f16, each padded to 1,288 elements.
/// fn of_bank<'a>(bank: &'a wgpu::Buffer, batch: &'a wgpu::Buffer) -> Features<'a> {
///     Features::new(bank)
///         .dtype(Dtype::F16)
///         .stride(1288)
///         .picked_by(batch, 0, 50_000) // u32 row numbers, from the list's start
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Features<'a> {
    /// What messages call the rows.
    pub(crate) name: &'static str,
    pub(crate) buffer: &'a wgpu::Buffer,
    pub(crate) offset: u64,
    pub(crate) rows: Option<usize>,
    pub(crate) stride: Option<usize>,
    pub(crate) dtype: Dtype,
    pub(crate) list: Option<(&'a wgpu::Buffer, u64)>,
    pub(crate) bank_rows: Option<usize>,
}

impl<'a> Features<'a> {
    /// All rows of the shape, contiguous f32, from the buffer's start.
    #[must_use]
    pub fn new(buffer: &'a wgpu::Buffer) -> Self {
        Self {
            name: "features",
            buffer,
            offset: 0,
            rows: None,
            stride: None,
            dtype: Dtype::F32,
            list: None,
            bank_rows: None,
        }
    }

    /// Rows of this call, by default the shape's: 1 to as many.
    #[must_use]
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = Some(rows);
        self
    }

    /// Byte at which the first row starts, by default 0: a multiple of the element size.
    #[must_use]
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// Elements from one row's start to the next one's: at least the shape's features, which are the
    /// default.
    #[must_use]
    pub fn stride(mut self, elements: usize) -> Self {
        self.stride = Some(elements);
        self
    }

    /// Element type, by default [`Dtype::F32`].
    #[must_use]
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.dtype = dtype;
        self
    }

    /// Takes the rows that a list names from a bank of `bank_rows` rows, instead of all rows in
    /// order. The list holds a u32 for each row of the call and starts at byte `offset` of its
    /// buffer, a multiple of 4; the buffer needs [`wgpu::BufferUsages::STORAGE`]. A number beyond
    /// the bank counts as an invalid row. The kept rows are positions in this list.
    #[must_use]
    pub fn picked_by(mut self, list: &'a wgpu::Buffer, offset: u64, bank_rows: usize) -> Self {
        self.list = Some((list, offset));
        self.bank_rows = Some(bank_rows);
        self
    }

    /// Binds what the call reads. `chunk_rows` is 0 where one binding must
    /// cover all rows; else rows may be split among bindings, at multiples of it.
    pub(crate) fn bindings(
        &self,
        shape: Shape,
        limits: &wgpu::Limits,
        chunk_rows: usize,
    ) -> Result<FeatureBindings<'a>> {
        let rows = self.rows.unwrap_or(shape.rows);
        if rows == 0 {
            let features = shape.features;
            return Err(Error::EmptyShape { rows, features });
        }
        if rows > shape.rows {
            let prepared = shape.rows;
            return Err(Error::RowsBeyondShape { rows, prepared });
        }
        let stride = self.stride.unwrap_or(shape.features);
        if stride < shape.features {
            let features = shape.features;
            return Err(Error::Stride { stride, features });
        }
        let bank_rows = self.bank_rows.unwrap_or(rows);
        let list = match self.list {
            None => None,
            Some((buffer, start)) => {
                let bytes = rows as u64 * 4;
                Some(Region::new("listed rows", buffer, start, bytes, 4).bind(limits)?)
            }
        };
        Ok(FeatureBindings {
            rows: rows as u32,
            stride: stride as u32,
            dtype: self.dtype,
            bank_rows: bank_rows as u32,
            list_offset: list.as_ref().map_or(0, |(_, offset)| *offset as u32),
            chunks: self.chunks(shape.features, stride, bank_rows, limits, chunk_rows)?,
            list: list.map(|(binding, _)| binding),
        })
    }

    /// All rows in one chunk, or in as few as the largest binding allows.
    fn chunks(
        &self,
        features: usize,
        stride: usize,
        rows: usize,
        limits: &wgpu::Limits,
        chunk_rows: usize,
    ) -> Result<Vec<Chunk<'a>>> {
        let size = self.dtype.bytes();
        let row_bytes = (stride as u64).saturating_mul(size);
        let bytes = |count: usize| {
            let last = (count as u64 - 1).saturating_mul(row_bytes);
            last.saturating_add((features as u64).saturating_mul(size))
        };
        let chunk = |first: usize, count: usize| {
            let start = row_bytes.saturating_mul(first as u64);
            let offset = self.offset.saturating_add(start);
            let region = Region::new(self.name, self.buffer, offset, bytes(count), size);
            let (matrix, offset) = region.bind(limits)?;
            Ok(Chunk {
                first: first as u32,
                rows: count as u32,
                offset: offset as u32,
                matrix,
            })
        };
        let all = rows.max(1);
        // A chunk starts where the device lets a binding start, at most this much earlier.
        let early = u64::from(limits.min_storage_buffer_offset_alignment);
        let most = largest_binding(limits).saturating_sub(early);
        if self.list.is_some() || chunk_rows == 0 || bytes(all) <= most {
            return Ok(vec![chunk(0, all)?]);
        }
        let each = rows_of_a_chunk(row_bytes, most, chunk_rows);
        let starts = (0..rows).step_by(each);
        starts
            .map(|first| chunk(first, each.min(rows - first)))
            .collect()
    }
}

/// As many rows as `most` bytes hold, a multiple of `chunk_rows`; no fewer than those, for a binding
/// of which there is an error.
fn rows_of_a_chunk(row_bytes: u64, most: u64, chunk_rows: usize) -> usize {
    let fitting = (most / row_bytes.max(1)) as usize;
    (fitting - fitting % chunk_rows).max(chunk_rows)
}

/// A call's features, ready to bind.
pub(crate) struct FeatureBindings<'a> {
    pub rows: u32,
    pub stride: u32,
    pub dtype: Dtype,
    pub bank_rows: u32,
    pub list_offset: u32,
    pub list: Option<wgpu::BufferBinding<'a>>,
    /// At least one; together they cover the rows, or the bank that the list picks from.
    pub chunks: Vec<Chunk<'a>>,
}

/// Rows within one binding; the offset in elements from the binding's start.
pub(crate) struct Chunk<'a> {
    pub first: u32,
    pub rows: u32,
    pub offset: u32,
    pub matrix: wgpu::BufferBinding<'a>,
}

/// Where the features of a call lie, as far as their bindings depend on it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FeaturePlace {
    numbers: [u32; 4],
    dtype: Dtype,
    list: Option<BoundRange>,
    chunks: Vec<([u32; 3], BoundRange)>,
}

/// A part of a buffer that is bound.
#[derive(Debug, PartialEq, Eq)]
struct BoundRange {
    buffer: wgpu::Buffer,
    offset: u64,
    size: Option<wgpu::BufferSize>,
}

impl From<&wgpu::BufferBinding<'_>> for BoundRange {
    fn from(binding: &wgpu::BufferBinding<'_>) -> Self {
        Self {
            buffer: binding.buffer.clone(),
            offset: binding.offset,
            size: binding.size,
        }
    }
}

impl FeatureBindings<'_> {
    pub fn place(&self) -> FeaturePlace {
        let of_chunk = |chunk: &Chunk<'_>| {
            let numbers = [chunk.first, chunk.rows, chunk.offset];
            (numbers, BoundRange::from(&chunk.matrix))
        };
        FeaturePlace {
            numbers: [self.rows, self.stride, self.bank_rows, self.list_offset],
            dtype: self.dtype,
            list: self.list.as_ref().map(BoundRange::from),
            chunks: self.chunks.iter().map(of_chunk).collect(),
        }
    }
}

struct Region<'a> {
    what: &'static str,
    buffer: &'a wgpu::Buffer,
    offset: u64,
    bytes: u64,
    element: u64,
}

impl<'a> Region<'a> {
    fn new(
        what: &'static str,
        buffer: &'a wgpu::Buffer,
        offset: u64,
        bytes: u64,
        element: u64,
    ) -> Self {
        Self {
            what,
            buffer,
            offset,
            bytes,
            element,
        }
    }

    /// The binding that covers the region, and the elements by which it starts too early: bindings
    /// start at multiples of a device limit, regions where the caller likes.
    fn bind(&self, limits: &wgpu::Limits) -> Result<(wgpu::BufferBinding<'a>, u64)> {
        let what = self.what;
        if !self.buffer.usage().contains(wgpu::BufferUsages::STORAGE) {
            return Err(Error::NotStorage { what });
        }
        if !self.offset.is_multiple_of(self.element) {
            let (offset, align) = (self.offset, self.element);
            return Err(Error::Misaligned {
                what,
                offset,
                align,
            });
        }
        let start =
            self.offset - self.offset % u64::from(limits.min_storage_buffer_offset_alignment);
        let end = self.offset.saturating_add(self.bytes);
        let size = self.buffer.size();
        let whole_words = end.checked_next_multiple_of(4).unwrap_or(u64::MAX);
        if end > size || whole_words > size {
            let needed = whole_words;
            return Err(Error::BufferTooShort { what, needed, size });
        }
        let needed = whole_words - start;
        check_binding(what, needed, limits)?;
        let binding = wgpu::BufferBinding {
            buffer: self.buffer,
            offset: start,
            size: std::num::NonZeroU64::new(needed),
        };
        Ok((binding, (self.offset - start) / self.element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Elements are numbered in 32 bits, whatever a device may bind.
    #[test]
    fn chunks_stay_below_4_gib() {
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: 1 << 40,
            max_buffer_size: 1 << 40,
            ..wgpu::Limits::default()
        };
        let most = largest_binding(&limits);
        assert_eq!(most, u64::from(u32::MAX));
        // 1 KiB a row: 4,194,303 whole rows.
        let rows = rows_of_a_chunk(1024, most, 128);
        assert_eq!(rows, 4_194_176);
        assert_eq!(rows_of_a_chunk(u64::MAX, most, 128), 128);
        assert!(check_binding("features", 1024 * rows as u64, &limits).is_ok());
        let error = check_binding("features", 1 << 32, &limits).unwrap_err();
        assert!(
            matches!(
                error,
                Error::DeviceLimit {
                    needed: 4_294_967_296,
                    ..
                }
            ),
            "{error}"
        );
        assert!(error.to_string().contains("4294967295"), "{error}");
    }
}
