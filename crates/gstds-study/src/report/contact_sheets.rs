//! The images of each class that a run kept most and least often.

use super::kept_rows::Counts;
use crate::error::Result;
use gstds_data::{Dataset, Split};
use gstds_plot::{ContactSheet, Picture, Strip, Theme};
use image::RgbImage;

/// Images of either kind for each class.
pub(super) const EACH: usize = 6;
/// Classes shown; the first of those that the data set has.
pub(super) const CLASSES: usize = 20;

/// The sheet of one run.
#[derive(Debug, PartialEq)]
pub(super) struct KeptSheet {
    pub classes: Vec<Class>,
    /// Classes beyond those shown.
    pub left_out: usize,
}

/// Images of one class: most kept first, and least kept first.
#[derive(Debug, PartialEq)]
pub(super) struct Class {
    pub name: String,
    pub most: Vec<ShownImage>,
    pub least: Vec<ShownImage>,
}

/// An image and how often it was kept.
#[derive(Debug, PartialEq)]
pub(super) struct ShownImage {
    pub image: RgbImage,
    pub row: usize,
    pub times: u32,
}

/// Finds the images of a sheet. Equal counts go by row, so that the same run gives the same sheet.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) for images that cannot be read.
pub(super) fn sheet(data: &Dataset, counts: &Counts) -> Result<KeptSheet> {
    let mut by_class: Vec<Vec<(u32, usize)>> = vec![Vec::new(); data.classes.len()];
    for (row, &label) in data.train.labels().iter().enumerate() {
        by_class[usize::from(label)].push((counts.of(row), row));
    }
    let mut classes = Vec::new();
    for (name, mut rows) in data.classes.iter().zip(by_class).take(CLASSES) {
        rows.sort_by_key(|&(times, row)| (std::cmp::Reverse(times), row));
        // A small class is shown whole, and no image of it twice.
        let most = rows.len().min(EACH);
        let rest = rows.split_off(most);
        let least = rest.into_iter().rev().take(EACH);
        classes.push(Class {
            name: name.clone(),
            most: shown(&data.train, rows)?,
            least: shown(&data.train, least)?,
        });
    }
    Ok(KeptSheet {
        classes,
        left_out: data.classes.len().saturating_sub(CLASSES),
    })
}

fn shown(split: &Split, rows: impl IntoIterator<Item = (u32, usize)>) -> Result<Vec<ShownImage>> {
    let shown = |(times, row)| {
        let image = split.image(row)?;
        Ok(ShownImage { image, row, times })
    };
    rows.into_iter().map(shown).collect()
}

impl KeptSheet {
    /// The sheet as one picture: a row a class, most kept on the left.
    ///
    /// # Errors
    /// [`Error::Plot`](crate::Error::Plot).
    pub(super) fn png(&self) -> Result<Vec<u8>> {
        let picture = |shown: &ShownImage| Picture {
            image: shown.image.clone(),
            caption: format!("{}×", shown.times),
            marked: false,
        };
        let strip = |class: &Class| Strip {
            title: format!("{}: most kept, then least kept", class.name),
            pictures: class.most.iter().chain(&class.least).map(picture).collect(),
        };
        let sheet = ContactSheet {
            columns: 2 * EACH,
            strips: self.classes.iter().map(strip).collect(),
        };
        Ok(sheet.png(Theme::Light)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds_data::ImageShape;

    /// Images of one grey pixel, whose value is their row.
    fn data(labels: Vec<u16>, classes: usize) -> Dataset {
        let shape = ImageShape {
            height: 1,
            width: 1,
            channels: 1,
        };
        let pixels = (0..labels.len() as u8).collect();
        let train = Split::new("train", shape, pixels, labels, classes).unwrap();
        Dataset {
            name: "made up".into(),
            classes: (0..classes).map(|class| format!("class {class}")).collect(),
            test: train.clone(),
            train,
        }
    }

    fn counts(times: &[(u32, u32)]) -> Counts {
        Counts {
            times: times.iter().copied().collect(),
            epochs: 1,
        }
    }

    #[test]
    fn classes_show_their_most_and_least_kept_images_once() {
        let labels = [vec![0; 14], vec![1; 2]].concat();
        let sheet = sheet(
            &data(labels, 2),
            &counts(&[(13, 5), (2, 9), (7, 5), (15, 1)]),
        )
        .unwrap();
        let rows = |shown: &[ShownImage]| shown.iter().map(|one| one.row).collect::<Vec<_>>();
        let class = &sheet.classes[0];
        assert_eq!(rows(&class.most), [2, 7, 13, 0, 1, 3]);
        assert_eq!(rows(&class.least), [12, 11, 10, 9, 8, 6]);
        assert_eq!(class.most[0].times, 9);
        assert_eq!(class.most[0].image.get_pixel(0, 0).0, [2, 2, 2]);
        let small = &sheet.classes[1];
        assert_eq!((rows(&small.most), small.least.len()), (vec![15, 14], 0));
        let picture = image::load_from_memory(&sheet.png().unwrap()).unwrap();
        assert_eq!(picture.width(), 16 + 12 * 144);
    }

    #[test]
    fn classes_beyond_the_limit_are_counted() {
        let sheet = sheet(&data((0..30).collect(), 30), &counts(&[])).unwrap();
        assert_eq!((sheet.classes.len(), sheet.left_out), (CLASSES, 10));
    }
}
