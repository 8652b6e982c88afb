//! Running the program, and the feature files it is given.

use std::path::Path;
use std::process::{Command, Output};

/// The output of a run.
pub(crate) struct ProgramRun {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for ProgramRun {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl ProgramRun {
    /// One sentence with this in it, this exit code, and nothing on stdout.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, sentence: &str) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        let lines: Vec<&str> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(lines.len(), 1, "{}", self.stderr);
        assert!(
            lines[0].contains(sentence),
            "{sentence:?} is not in {:?}",
            lines[0]
        );
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        assert_eq!(self.stdout, "");
    }
}

/// A command in `folder`, ready for more arguments.
pub(crate) fn gstds(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gstds"));
    command.current_dir(folder);
    command
}

/// Runs `line` in `folder`, split at spaces.
pub(crate) fn run(folder: &Path, line: &str) -> ProgramRun {
    gstds(folder)
        .args(line.split_whitespace())
        .output()
        .unwrap()
        .into()
}

/// Runs `line` in `folder`, with the cache in its folder `cache`.
#[cfg(feature = "train")]
pub(crate) fn run_cached(folder: &Path, line: &str) -> ProgramRun {
    gstds(folder)
        .args(line.split_whitespace())
        .env("GSTDS_CACHE", folder.join("cache"))
        .output()
        .unwrap()
        .into()
}

/// Runs `line` in `folder` under a shell that has first run `setup`, with the cache in its folder
/// `cache`.
#[cfg(unix)]
pub(crate) fn run_after(setup: &str, folder: &Path, line: &str) -> ProgramRun {
    let script = format!("{setup}; exec {} {line}", env!("CARGO_BIN_EXE_gstds"));
    Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env("GSTDS_CACHE", folder.join("cache"))
        // The driver's shader cache would otherwise meet the same limits, and complain by itself.
        .env("MESA_SHADER_CACHE_DISABLE", "true")
        .output()
        .unwrap()
        .into()
}

/// Names of all entries of a folder, sorted.
pub(crate) fn entries(folder: &Path) -> Vec<String> {
    let list = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = list
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A .npy file as numpy.save writes it.
pub(crate) fn npy(descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let mut dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + dict.len() + 1) % 64 != 0 {
        dict.push(' ');
    }
    dict.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.as_bytes());
    bytes.extend(values);
    bytes
}

/// A float64 file of `rows` by `features` values.
pub(crate) fn matrix(rows: usize, features: usize, value: impl Fn(usize, usize) -> f64) -> Vec<u8> {
    let at = |cell: usize| value(cell / features, cell % features).to_le_bytes();
    let values: Vec<u8> = (0..rows * features).flat_map(at).collect();
    npy("<f8", &format!("({rows}, {features})"), &values)
}

/// A small matrix with known answers: residues of a quadratic form, with a column pattern that
/// splits the rows 5 to 3.
pub(crate) fn fixture(i: usize, j: usize) -> f64 {
    let residue = ((31 * i * i + 17 * i * j + 13 * j * j) % 97) as f64 / 97.0;
    let side = usize::from(i % 8 < 5);
    if j % 2 == side {
        residue + 0.6
    } else {
        residue
    }
}
