//! Rows of a NumPy array as a pool: read where they lie, with any strides, a chunk at a time.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use gstds_curate::Pool;
use gstds_data::matrix::{FloatKind, Matrix, MatrixLayout, StoredType};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What messages call the features.
const NAME: &str = "features";

/// The memory of an array (samples, features) of floats, kept alive.
pub(crate) struct ArrayRows {
    /// Owns the memory.
    _array: Py<PyUntypedArray>,
    /// The address of the first value.
    first: usize,
    /// Bytes from a row's start to the next one's, and from a value's.
    strides: [isize; 2],
    layout: MatrixLayout,
}

impl ArrayRows {
    /// # Errors
    /// `ValueError` for an array that is not a matrix of floats with a row and a feature at least.
    pub(crate) fn new(array: &Bound<'_, PyUntypedArray>) -> PyResult<Self> {
        let &[rows, features] = array.shape() else {
            return Err(PyValueError::new_err(format!(
                "features have the shape {}; a matrix (samples, features) is needed",
                array.getattr("shape")?
            )));
        };
        if rows == 0 || features == 0 {
            let error = gstds::Error::EmptyShape { rows, features };
            return Err(crate::error::from_gstds(error));
        }
        let layout = MatrixLayout {
            start: 0,
            dtype: stored_type(array)?,
            fortran_order: false,
            rows,
            features,
        };
        let strides = array.strides();
        Ok(Self {
            strides: [strides[0], strides[1]],
            first: address(array)?,
            layout,
            _array: array.clone().unbind(),
        })
    }

    /// A pool of these rows.
    pub(crate) fn into_pool(self) -> Pool {
        let layout = self.layout.clone();
        let reader = RowReader {
            array: self,
            position: 0,
        };
        Pool::new(Matrix::new(Path::new(NAME), Box::new(reader), layout))
    }

    fn width(&self) -> usize {
        self.layout.dtype.bytes()
    }

    /// Copies values from a place in row-major order on, to the end of its row or of `into`; returns
    /// their bytes.
    fn copy(&self, place: usize, into: &mut [u8]) -> usize {
        let (width, features) = (self.width(), self.layout.features);
        let (row, column) = (place / features, place % features);
        let bytes = ((features - column) * width).min(into.len());
        let offset = row as isize * self.strides[0] + column as isize * self.strides[1];
        let into = &mut into[..bytes];
        #[expect(unsafe_code, reason = "values are read where they lie")]
        // SAFETY: `place` is below rows x features (see `RowReader::read`), so the value lies in the
        // array, whose memory is alive, and so do the others up to the end of its row. Python code
        // that writes to the array meanwhile changes values, as in any function of NumPy's.
        unsafe {
            let from = std::ptr::with_exposed_provenance::<u8>(self.first).offset(offset);
            match width {
                _ if self.strides[1] == width as isize => {
                    std::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), bytes);
                }
                2 => gather::<2>(from, self.strides[1], into),
                4 => gather::<4>(from, self.strides[1], into),
                _ => gather::<8>(from, self.strides[1], into),
            }
        }
        bytes
    }
}

/// Copies values of `WIDTH` bytes, `stride` bytes apart, until `into` is full.
#[expect(unsafe_code, reason = "values are read where they lie")]
unsafe fn gather<const WIDTH: usize>(from: *const u8, stride: isize, into: &mut [u8]) {
    for (place, value) in into.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
        // SAFETY: the caller knows that so many values lie there.
        *value = unsafe {
            from.offset(place as isize * stride)
                .cast::<[u8; WIDTH]>()
                .read()
        };
    }
}

/// Where the first value of an array lies, by NumPy's array interface.
fn address(array: &Bound<'_, PyUntypedArray>) -> PyResult<usize> {
    let interface = array.getattr("__array_interface__")?;
    interface.get_item("data")?.get_item(0)?.extract()
}

fn stored_type(array: &Bound<'_, PyUntypedArray>) -> PyResult<StoredType> {
    let dtype = array.dtype();
    let kind = match (dtype.kind(), dtype.itemsize()) {
        (b'f', 2) => FloatKind::F16,
        (b'f', 4) => FloatKind::F32,
        (b'f', 8) => FloatKind::F64,
        _ => {
            return Err(PyValueError::new_err(format!(
                "features have dtype {}, and only float16, float32 and float64 are read: convert \
                 them, such as by features.astype('float32')",
                dtype.str()?
            )));
        }
    };
    // '=' is the machine's own order.
    let big_endian = match dtype.byteorder() {
        b'>' => true,
        b'<' => false,
        _ => cfg!(target_endian = "big"),
    };
    Ok(StoredType { kind, big_endian })
}

/// The array as a file that holds it row by row.
struct RowReader {
    array: ArrayRows,
    /// In bytes.
    position: u64,
}

impl RowReader {
    fn size(&self) -> u64 {
        let MatrixLayout { rows, features, .. } = self.array.layout;
        (rows * features * self.array.width()) as u64
    }
}

impl Read for RowReader {
    /// Reads whole values, from the start of one: layouts ask for nothing else.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let width = self.array.width();
        let left = self.size().saturating_sub(self.position);
        let wanted = (into.len() as u64).min(left) as usize;
        if !self.position.is_multiple_of(width as u64) || !wanted.is_multiple_of(width) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut done = 0;
        while done < wanted {
            let place = (self.position as usize + done) / width;
            done += self.array.copy(place, &mut into[done..wanted]);
        }
        self.position += done as u64;
        Ok(done)
    }
}

impl Seek for RowReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(position) = to else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        self.position = position;
        Ok(position)
    }
}
