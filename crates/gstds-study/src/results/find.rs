//! Finds run folders.

use crate::error::Result;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Folders below which nothing is searched any deeper.
const DEEPEST: usize = 8;

/// The run folders among `paths` and at any depth below them, each once, in the order of their
/// paths. A run has `metrics.jsonl` or `checkpoints/` beside its `config.toml`. A run's own
/// folders, links to folders and hidden folders are not entered.
///
/// # Errors
/// [`Error::Train`](crate::Error::Train) for a path with no run at it or below it,
/// [`Error::Data`](crate::Error::Data) for a folder that cannot be read.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = BTreeSet::new();
    for path in paths {
        let before = all.len();
        let mut seen = false;
        search(path, DEEPEST, &mut |run| {
            seen = true;
            all.insert(run);
        })?;
        if !seen && all.len() == before {
            return Err(gstds_train::Error::NoRun { path: path.clone() }.into());
        }
    }
    Ok(all.into_iter().collect())
}

fn search(folder: &Path, depth: usize, found: &mut dyn FnMut(PathBuf)) -> Result<()> {
    if is_run(folder) {
        found(folder.into());
        return Ok(());
    }
    let failed = || gstds_data::Error::io("reading", folder);
    for entry in fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if is_folder && !is_hidden && depth > 0 {
            search(&entry.path(), depth - 1, found)?;
        }
    }
    Ok(())
}

/// Other programs have a config.toml too.
fn is_run(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).exists();
    folder.join("config.toml").is_file() && (has("metrics.jsonl") || has("checkpoints"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_programs_configure_and_what_is_hidden_is_no_run() {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join("site/run");
        for folder in [".cargo", "site", ".old/run", "site/run"] {
            let folder = root.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("config.toml"), "").unwrap();
        }
        for folder in [".old/run", "site/run"] {
            fs::write(root.path().join(folder).join("metrics.jsonl"), "").unwrap();
        }
        assert_eq!(find(&[root.path().into()]).unwrap(), [run]);
    }

    #[test]
    fn runs_are_found_at_any_depth_and_once() {
        let root = tempfile::tempdir().unwrap();
        let runs = ["b/seed-0", "b/seed-1", "a"].map(|name| root.path().join(name));
        for run in &runs {
            fs::create_dir_all(run.join("checkpoints")).unwrap();
            fs::write(run.join("config.toml"), "").unwrap();
        }
        let found = find(&[root.path().into(), runs[2].clone()]).unwrap();
        let [first, second, third] = runs;
        assert_eq!(found, [third, first, second]);
        let empty = root.path().join("b/seed-0/checkpoints");
        let error = find(std::slice::from_ref(&empty)).unwrap_err();
        assert!(
            matches!(&error, crate::Error::Train(gstds_train::Error::NoRun { path }) if *path == empty),
            "{error}"
        );
    }
}
