//! A table that a selection wrote, read back as a list of images.

/// How such a table begins.
const START: &[u8] = b"index,score,kept";

/// The images of a table, row by row.
#[derive(Debug, PartialEq)]
pub(super) struct ListedTable {
    /// The path of each row, byte by byte, with the line that its row begins on.
    pub paths: Vec<(usize, Vec<u8>)>,
    /// Whether each row is kept.
    pub kept: Vec<bool>,
}

/// Whether a text is a table.
pub(super) fn is_table(text: &[u8]) -> bool {
    text.strip_prefix(START).is_some_and(|rest| {
        rest.starts_with(b",") || rest.starts_with(b"\n") || rest.starts_with(b"\r")
    })
}

/// Reads a table: its columns `kept` and `path`, and `path_bytes` where that is not empty.
pub(super) fn parse(text: &[u8]) -> Result<ListedTable, String> {
    let mut records = Records { text, line: 1 };
    let (_, header) = records.next().unwrap_or_default();
    let column = |name: &str| header.iter().position(|cell| cell == name.as_bytes());
    let (Some(path), Some(kept)) = (column("path"), column("kept")) else {
        return Err("it is a table without the column path: its rows have no images".into());
    };
    let bytes = column("path_bytes");
    let mut table = ListedTable {
        paths: Vec::new(),
        kept: Vec::new(),
    };
    for (line, cells) in records {
        if cells.len() != header.len() {
            return Err(format!(
                "line {line} has {} cells, and its header has {}",
                cells.len(),
                header.len()
            ));
        }
        let exact = bytes.map(|at| &cells[at]).filter(|cell| !cell.is_empty());
        let path = match exact {
            None => cells[path].clone(),
            Some(hex) => from_hex(hex)
                .ok_or_else(|| format!("line {line}: path_bytes are not pairs of hex digits"))?,
        };
        table.paths.push((line, path));
        table.kept.push(cells[kept] == b"1");
    }
    Ok(table)
}

/// Bytes as hex digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.is_ascii())?;
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect::<Option<Vec<u8>>>()
        .filter(|_| text.len() % 2 == 0)
}

/// Records of a CSV as RFC 4180 defines them, each with the line it begins on.
struct Records<'a> {
    text: &'a [u8],
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = (usize, Vec<Vec<u8>>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.text.is_empty() {
            return None;
        }
        let (begun, mut cells, mut cell) = (self.line, Vec::new(), Vec::new());
        let (mut quoted, mut at) = (false, 0);
        while let Some(&byte) = self.text.get(at) {
            let next = self.text.get(at + 1);
            at += 1;
            self.line += usize::from(byte == b'\n');
            match byte {
                b'"' if quoted && next == Some(&b'"') => {
                    cell.push(byte);
                    at += 1;
                }
                b'"' => quoted = !quoted,
                b',' if !quoted => cells.push(std::mem::take(&mut cell)),
                b'\r' if !quoted && next == Some(&b'\n') => {}
                b'\n' if !quoted => break,
                _ => cell.push(byte),
            }
        }
        self.text = &self.text[at..];
        cells.push(cell);
        Some((begun, cells))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_table_gives_its_paths_back() {
        let text = b"index,score,kept,valid,path,path_bytes\r\n\
            0,0.5,1,1,\"a,\"\"b\"\".png\",\n\
            1,,0,0,\\xff.png,ff2e706e67\n\
            2,1,1,1,\"two\nlines\",\n";
        assert!(is_table(text));
        let table = parse(text).unwrap();
        assert_eq!(table.kept, [true, false, true]);
        let expected: [(usize, &[u8]); 3] =
            [(2, b"a,\"b\".png"), (3, b"\xff.png"), (4, b"two\nlines")];
        assert_eq!(
            table.paths,
            expected.map(|(line, path)| (line, path.to_vec()))
        );
        for (text, sentence) in [
            (&b"index,score,kept\n0,1,1\n"[..], "without the column path"),
            (b"index,score,kept,path\n0,1,1\n", "line 2 has 3 cells"),
            (
                b"index,score,kept,path,path_bytes\n0,1,1,a,f\n",
                "line 2: path_bytes",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(sentence), "{error}");
        }
        assert!(!is_table(b"index.png\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_table_or_an_error(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = [START, b",path\n", &text].concat();
            if let Ok(table) = parse(&text) {
                prop_assert_eq!(table.paths.len(), table.kept.len());
            }
        }

        #[test]
        fn bytes_are_what_their_digits_say(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(from_hex(to_hex(&bytes).as_bytes()), Some(bytes));
        }
    }
}
