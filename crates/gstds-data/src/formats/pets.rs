//! Oxford-IIIT Pet, or a part of its classes: images in one folder, labels in two lists.

use super::listing::{LabelledFiles, Listing};
use super::read;
use crate::error::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

pub(crate) const LAYOUT: &str = "the folder with images/*.jpg, annotations/trainval.txt and annotations/test.txt: unpack images.tar.gz and annotations.tar.gz from the Oxford-IIIT Pet page of VGG Oxford side by side";

const TRAINING: &str = "annotations/trainval.txt";
const TEST: &str = "annotations/test.txt";
const CLASS_IDS: std::ops::RangeInclusive<u16> = 1..=37;

/// A line of a list.
#[derive(Debug, PartialEq)]
pub(super) struct ListEntry {
    pub name: String,
    /// From 1, as the list has it.
    pub class_id: u16,
    /// From 1.
    pub line: usize,
}

/// Images and labels of both lists. Labels are dense and in the order of the class ids that occur.
pub(crate) fn list(root: &Path) -> Result<Listing> {
    let lists = [root.join(TRAINING), root.join(TEST)];
    if let Some(missing) = lists.iter().find(|list| !list.exists()) {
        return Err(Error::Layout {
            path: root.into(),
            dataset: "pets".into(),
            reason: format!("{} does not exist", missing.display()),
            layout: LAYOUT,
        });
    }
    let [training, test] = &lists;
    let train = entries(training, &read::text(training)?)?;
    let tested = entries(test, &read::text(test)?)?;
    refuse_repeated(&[(training, &train), (test, &tested)])?;
    let names = class_names(&[(training, &train), (test, &tested)])?;
    let ids: Vec<u16> = names.keys().copied().collect();
    let listed = |list: &Path, entries: &[ListEntry]| -> Result<LabelledFiles> {
        let mut listed = LabelledFiles::default();
        for entry in entries {
            let label = ids.partition_point(|&id| id < entry.class_id);
            listed.push(image(root, list, entry)?, label as u16);
        }
        Ok(listed)
    };
    Ok(Listing {
        train: listed(training, &train)?,
        test: listed(test, &tested)?,
        root: root.into(),
        classes: names.into_values().collect(),
        warnings: Vec::new(),
        unreadable: Vec::new(),
    })
}

/// The entries of a list: `name class_id species breed` per line, and comment lines with `#`.
pub(super) fn entries(path: &Path, text: &str) -> Result<Vec<ListEntry>> {
    let mut entries = Vec::new();
    for (at, content) in text.lines().enumerate() {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let line = at + 1;
        entries.push(entry(content, line).map_err(|reason| Error::Line {
            path: path.into(),
            line,
            reason,
        })?);
    }
    if entries.is_empty() {
        return Err(Error::file(path, "it lists no image"));
    }
    Ok(entries)
}

fn entry(content: &str, line: usize) -> Result<ListEntry, String> {
    let mut columns = content.split_whitespace();
    let first = [
        columns.next(),
        columns.next(),
        columns.next(),
        columns.next(),
    ];
    let ([Some(name), Some(id), Some(_), Some(_)], None) = (first, columns.next()) else {
        return Err(format!(
            "{} columns found, expected the 4 of `name class_id species breed`",
            content.split_whitespace().count()
        ));
    };
    let class_id = id.parse().ok().filter(|id| CLASS_IDS.contains(id));
    let class_id = class_id.ok_or_else(|| {
        format!(
            "class id {} found, expected a number from {} to {}",
            shown(id),
            CLASS_IDS.start(),
            CLASS_IDS.end()
        )
    })?;
    if name.contains(['/', '\\', '\0']) || class_of(name).is_none() {
        return Err(format!(
            "image {} found, expected a name such as Abyssinian_1",
            shown(name)
        ));
    }
    Ok(ListEntry {
        name: name.into(),
        class_id,
        line,
    })
}

/// A column in a message.
fn shown(column: &str) -> String {
    format!("`{}`", column.chars().take(40).collect::<String>())
}

/// `Maine_Coon` of `Maine_Coon_12`.
fn class_of(name: &str) -> Option<&str> {
    let (class, number) = name.rsplit_once('_')?;
    (!class.is_empty() && !number.is_empty()).then_some(class)
}

type Lists<'a> = [(&'a PathBuf, &'a Vec<ListEntry>); 2];

/// Refuses images that would be both trained and tested on.
fn refuse_repeated(lists: &Lists<'_>) -> Result<()> {
    let mut seen: HashMap<&str, (&PathBuf, usize)> = HashMap::new();
    for (path, entries) in lists {
        for entry in *entries {
            if let Some((list, line)) = seen.insert(&entry.name, (path, entry.line)) {
                return Err(Error::Line {
                    path: (*path).clone(),
                    line: entry.line,
                    reason: format!(
                        "image {} is listed again, after line {line} of {}",
                        shown(&entry.name),
                        list.display()
                    ),
                });
            }
        }
    }
    Ok(())
}

/// The name of each class id that occurs; no id may have two.
fn class_names(lists: &Lists<'_>) -> Result<BTreeMap<u16, String>> {
    let mut names: BTreeMap<u16, String> = BTreeMap::new();
    for (path, entries) in lists {
        for entry in *entries {
            let class = class_of(&entry.name).unwrap_or(&entry.name);
            let known = names.entry(entry.class_id).or_insert_with(|| class.into());
            if known != class {
                return Err(Error::Line {
                    path: (*path).clone(),
                    line: entry.line,
                    reason: format!(
                        "class id {} is {} here and {} before",
                        entry.class_id,
                        shown(class),
                        shown(known)
                    ),
                });
            }
        }
    }
    Ok(names)
}

fn image(root: &Path, list: &Path, entry: &ListEntry) -> Result<PathBuf> {
    let file = Path::new("images").join(format!("{}.jpg", entry.name));
    if !root.join(&file).is_file() {
        return Err(Error::Line {
            path: list.into(),
            line: entry.line,
            reason: format!("{} does not exist", root.join(&file).display()),
        });
    }
    Ok(file)
}
