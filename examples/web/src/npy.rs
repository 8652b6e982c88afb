//! Matrices of floats in NumPy's .npy format, versions 1 to 3.

use half::f16;

/// A matrix of features.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Row by row.
    pub values: Vec<f32>,
    /// How many rows.
    pub rows: usize,
    /// Features of each.
    pub features: usize,
}

/// Why a file is no matrix of floats.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Something else than .npy.
    #[error("this is no .npy file: save the matrix with numpy.save")]
    Format,
    /// A header without one of its entries.
    #[error("the header of the .npy file has no readable '{0}'")]
    Header(&'static str),
    /// Elements other than floats.
    #[error("elements of type '{0}': save the matrix as float32, float16 or float64")]
    Elements(String),
    /// Columns first.
    #[error("the matrix lies column by column: save numpy.ascontiguousarray of it")]
    Order,
    /// Not two dimensions.
    #[error("an array of shape ({0}): a matrix of rows and features is needed")]
    Shape(String),
    /// Bytes of data that do not fill the shape.
    #[error("{found} bytes of data where {needed} are needed: the file is not complete")]
    Length {
        /// Bytes after the header.
        found: usize,
        /// Bytes that the shape needs.
        needed: usize,
    },
}

/// Reads a matrix.
///
/// # Errors
/// Files of another format, elements, order or dimension, and files that are cut off.
pub fn read(file: &[u8]) -> Result<Rows, Error> {
    let (header, data) = split(file).ok_or(Error::Format)?;
    if entry(header, "fortran_order")?.starts_with("True") {
        return Err(Error::Order);
    }
    let quoted = entry(header, "descr")?;
    let mut parts = quoted.split('\'');
    let elements = parts.nth(1).ok_or(Error::Header("descr"))?;
    let listed = entry(header, "shape")?.strip_prefix('(');
    let listed = listed.and_then(|text| text.split_once(')'));
    let (listed, _) = listed.ok_or(Error::Header("shape"))?;
    let refused = || Error::Shape(listed.to_string());
    let (rows, features) = listed.split_once(',').ok_or_else(refused)?;
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| refused());
    let (rows, features) = (number(rows)?, number(features.trim_end_matches(','))?);
    let count = rows.checked_mul(features).ok_or_else(refused)?;
    Ok(Rows {
        values: floats(elements, data, count)?,
        rows,
        features,
    })
}

/// Header and data.
fn split(file: &[u8]) -> Option<(&str, &[u8])> {
    let rest = file.strip_prefix(b"\x93NUMPY")?;
    let (version, rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = if version[0] == 1 {
        let (length, rest) = rest.split_first_chunk()?;
        (u16::from_le_bytes(*length) as usize, rest)
    } else {
        let (length, rest) = rest.split_first_chunk()?;
        (u32::from_le_bytes(*length) as usize, rest)
    };
    let (header, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

/// What follows a key of the header.
fn entry<'a>(header: &'a str, key: &'static str) -> Result<&'a str, Error> {
    let quoted = format!("'{key}':");
    let (_, after) = header.split_once(&quoted).ok_or(Error::Header(key))?;
    Ok(after.trim_start())
}

fn floats(elements: &str, data: &[u8], count: usize) -> Result<Vec<f32>, Error> {
    match elements {
        "<f2" => decode(data, count, |b| f16::from_le_bytes(b).to_f32()),
        "<f4" => decode(data, count, f32::from_le_bytes),
        "<f8" => decode(data, count, |b| f64::from_le_bytes(b) as f32),
        other => Err(Error::Elements(other.to_string())),
    }
}

fn decode<const N: usize>(
    data: &[u8],
    count: usize,
    element: fn([u8; N]) -> f32,
) -> Result<Vec<f32>, Error> {
    let needed = count.saturating_mul(N);
    let found = data.len();
    if found != needed {
        return Err(Error::Length { found, needed });
    }
    let (chunks, _) = data.as_chunks();
    Ok(chunks.iter().map(|bytes| element(*bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
        let mut file = b"\x93NUMPY".to_vec();
        file.extend([version, 0]);
        let length = header.len() as u32;
        let bytes = if version == 1 { 2 } else { 4 };
        file.extend(&length.to_le_bytes()[..bytes]);
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    fn header(elements: &str, order: &str, shape: &str) -> String {
        format!("{{'descr': '{elements}', 'fortran_order': {order}, 'shape': ({shape}), }}\n")
    }

    #[test]
    fn floats_of_every_width_are_read() {
        let values = [1.0f32, -2.0, 0.5, 4.0, 0.25, -8.0];
        let f2: Vec<u8> = values
            .iter()
            .flat_map(|v| f16::from_f32(*v).to_le_bytes())
            .collect();
        let f4: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let f8: Vec<u8> = values
            .iter()
            .flat_map(|v| f64::from(*v).to_le_bytes())
            .collect();
        for (elements, data) in [("<f2", f2), ("<f4", f4), ("<f8", f8)] {
            for version in [1, 2, 3] {
                let read = read(&file(version, &header(elements, "False", "3, 2"), &data));
                let read = read.unwrap();
                assert_eq!((read.rows, read.features), (3, 2));
                assert_eq!(read.values, values);
            }
        }
    }

    #[test]
    fn other_files_are_refused() {
        let of = |header: String, bytes| read(&file(1, &header, &vec![0; bytes])).unwrap_err();
        assert_eq!(read(b"PK\x03\x04").unwrap_err(), Error::Format);
        assert_eq!(
            read(b"\x93NUMPY\x01\0\xff\xff{}").unwrap_err(),
            Error::Format
        );
        let integers = of(header("<i8", "False", "3, 2"), 48);
        assert_eq!(integers, Error::Elements("<i8".into()));
        assert_eq!(of(header("<f4", "True", "3, 2"), 24), Error::Order);
        let vector = of(header("<f4", "False", "6,"), 24);
        assert_eq!(vector, Error::Shape("6,".into()));
        let cube = of(header("<f4", "False", "3, 2, 1"), 24);
        assert_eq!(cube, Error::Shape("3, 2, 1".into()));
        assert_eq!(of("{}".into(), 0), Error::Header("fortran_order"));
        let cut = of(header("<f4", "False", "3, 2"), 23);
        let expected = Error::Length {
            found: 23,
            needed: 24,
        };
        assert_eq!(cut, expected);
    }
}
