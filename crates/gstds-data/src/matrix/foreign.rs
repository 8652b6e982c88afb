//! Files in formats that are not read here, recognised by how they begin, with the line of Python
//! that converts them.

use std::path::Path;

/// Bytes that decide: enough for two lines of a wide table.
pub(super) const START: u64 = 1 << 20;

/// A format that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignFormat {
    /// What the file is, with its article.
    pub name: &'static str,
    /// A line of Python that writes its features as .npy.
    pub line: String,
}

/// The format of a file that begins with `start`; none where it is unknown or read here.
pub(super) fn recognise(path: &Path, start: &[u8]) -> Option<ForeignFormat> {
    let file = quoted(path);
    let target = quoted(&path.with_extension("npy"));
    let saved =
        |modules: &str, value: &str| format!("import {modules}; numpy.save({target}, {value})");
    let (name, line) = match start {
        [b'P', b'K', 3, 4, ..] => zipped(start, &file, &saved)?,
        [b'P', b'A', b'R', b'1', ..] => ("a Parquet file", tabled("read_parquet", &file, &saved)),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => {
            ("an Arrow file", tabled("read_ipc", &file, &saved))
        }
        [0x89, b'H', b'D', b'F', ..] => (
            "an HDF5 file",
            saved("h5py, numpy", &format!("h5py.File({file})['features'][:]")),
        ),
        [0x1f, 0x8b, ..] => (
            "a gzip file",
            saved("gzip, numpy", &format!("numpy.load(gzip.open({file}))")),
        ),
        _ if is_safetensors(start) => (
            "a .safetensors file under another name",
            format!(
                "import os; os.rename({file}, {})",
                quoted(&path.with_extension("safetensors"))
            ),
        ),
        [0x80, 2..=5, ..] => (
            "a pickle",
            saved(
                "pickle, numpy",
                &format!("numpy.asarray(pickle.load(open({file}, 'rb')), dtype='float32')"),
            ),
        ),
        _ => ("a table of text", text(start, &file, &saved)?),
    };
    Some(ForeignFormat { name, line })
}

/// Whether a length and then a JSON object follow: the header of .safetensors.
fn is_safetensors(start: &[u8]) -> bool {
    let Some((length, rest)) = start.split_first_chunk::<8>() else {
        return false;
    };
    let length = u64::from_le_bytes(*length);
    (2..100_000_000).contains(&length) && rest.starts_with(b"{\"")
}

type Saved<'a> = &'a dyn Fn(&str, &str) -> String;

/// What NumPy and PyTorch make of a zip archive, by the name of its first file.
fn zipped(start: &[u8], file: &str, saved: Saved<'_>) -> Option<(&'static str, String)> {
    let length = u16::from_le_bytes([*start.get(26)?, *start.get(27)?]);
    let name = std::str::from_utf8(start.get(30..)?.get(..usize::from(length))?).ok()?;
    if let Some(array) = name.strip_suffix(".npy") {
        let array = quoted(Path::new(array));
        let value = format!("numpy.load({file})[{array}]");
        return Some(("a .npz archive", saved("numpy", &value)));
    }
    name.ends_with("data.pkl").then(|| {
        let loaded = format!("torch.load({file}, map_location='cpu')");
        let value = format!("{loaded}.detach().float().numpy()");
        ("a file of PyTorch", saved("numpy, torch", &value))
    })
}

fn tabled(reader: &str, file: &str, saved: Saved<'_>) -> String {
    let column = format!("polars.{reader}({file})['embedding']");
    saved("numpy, polars", &format!("numpy.stack({column}.to_list())"))
}

/// The columns of numbers in a table of text.
fn text(start: &[u8], file: &str, saved: Saved<'_>) -> Option<String> {
    let mut lines = start.split(|&byte| byte == b'\n');
    let mut line = || {
        Some(
            std::str::from_utf8(lines.next()?)
                .ok()?
                .trim_end_matches('\r'),
        )
    };
    let (first, second) = (line()?, line().unwrap_or_default());
    let found = [",", "\t", ";", " "]
        .into_iter()
        .find(|mark| first.contains(mark));
    let mark = found?;
    let columns = |line: &str| -> Vec<usize> {
        let cells = line.trim().split(mark).enumerate();
        let is_number = |cell: &str| cell.trim().parse::<f64>().is_ok();
        cells
            .filter(|(_, cell)| is_number(cell))
            .map(|(at, _)| at)
            .collect()
    };
    // Names of columns may be numbers, but then all are.
    let (skipped, numbers) = match (columns(first), columns(second)) {
        (first, second) if first.len() < second.len() => (1, second),
        (first, _) => (0, first),
    };
    let (from, to) = (*numbers.first()?, *numbers.last()? + 1);
    let used = match to - from == numbers.len() {
        true => format!("range({from}, {to})"),
        false => format!("{numbers:?}"),
    };
    let mut options = format!("delimiter='{}', ", mark.escape_default());
    if mark == " " {
        options.clear();
    }
    if skipped > 0 {
        options.push_str("skiprows=1, ");
    }
    let value = format!("numpy.loadtxt({file}, {options}usecols={used}, dtype='float32', ndmin=2)");
    Some(saved("numpy", &value))
}

/// A path as a literal of Python.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
