//! The contact sheet: which rows are on it, and their images.

use std::collections::BTreeSet;
use std::path::Path;

use gstds_data::{Picture, Progress};
use image::RgbImage;
use rayon::prelude::*;

use super::InspectedPool;

/// Images at most that are spaced evenly over the pool.
pub(super) const MOST_SPACED: usize = 160;
/// Label suspects at most beside them, and near-duplicates.
const MOST_OF_A_KIND: usize = 48;
/// Rows at most of one group of near-duplicates.
const MOST_OF_A_GROUP: usize = 6;
/// Longest side in pixels of an image.
const SIDE: u32 = 320;
/// Images that are decoded between two reports of progress.
const AT_ONCE: usize = 16;

/// The images of the contact sheet, in the pool's order.
pub(super) struct InspectionSheet {
    pub images: Vec<SheetImage>,
    /// Those that cannot be shown, and why.
    pub left_out: Vec<String>,
}

/// An image of the contact sheet, and what is known of its row.
pub(super) struct SheetImage {
    pub row: u32,
    pub kept: bool,
    /// Its class, by its place among the names.
    pub class: Option<u32>,
    /// The class that is likelier than its label, and the loss of that, where it is a suspect.
    pub likely: Option<(String, f32)>,
    pub likeness: Option<Likeness>,
    pub image: RgbImage,
}

/// What makes a row one of a group of near-duplicates.
#[derive(Clone, Copy)]
pub(super) enum Likeness {
    /// It is like this row.
    Of(u32),
    /// So many others are like it.
    StandsFor(usize),
}

/// Decodes the images; else says why there are none.
pub(super) fn draw(
    pool: &InspectedPool<'_>,
    progress: &mut dyn Progress,
) -> Result<InspectionSheet, String> {
    let Some(paths) = pool.input.paths else {
        return Err("The rows have no images; list the image of each row to see them.".into());
    };
    let rows = rows(pool);
    let (root, limit) = (pool.input.root, pool.input.decode_limit);
    let mut sheet = InspectionSheet {
        images: Vec::new(),
        left_out: Vec::new(),
    };
    for (number, part) in rows.chunks(AT_ONCE).enumerate() {
        let decoded: Vec<_> = part
            .par_iter()
            .map(|&row| Some(decoded(root, paths.get(row as usize)?, limit)))
            .collect();
        for (&row, found) in part.iter().zip(decoded) {
            match found {
                Some(Ok(image)) => sheet.images.push(SheetImage::new(pool, row, image)),
                Some(Err(reason)) => sheet.left_out.push(reason),
                None => {}
            }
        }
        let done = rows.len().min((number + 1) * AT_ONCE);
        progress.job("images decoded", done, rows.len());
    }
    match (sheet.images.is_empty(), sheet.left_out.first()) {
        (true, Some(first)) => Err(format!("No image can be decoded, the first is {first}.")),
        _ => Ok(sheet),
    }
}

fn decoded(root: &Path, path: &Path, limit: u64) -> Result<RgbImage, String> {
    let picture = Picture::open(&root.join(path), limit);
    let picture = picture.map_err(|reason| format!("{} ({reason})", path.display()))?;
    Ok(picture.fitted(SIDE))
}

/// Rows that are shown: some evenly spaced, label suspects with the largest losses, and rows of the
/// largest groups of near-duplicates.
pub(super) fn rows(pool: &InspectedPool<'_>) -> Vec<u32> {
    let mut shown: BTreeSet<u32> = pool.some(MOST_SPACED).into_iter().collect();
    let suspects = pool.facts.label_suspects.iter().flatten();
    shown.extend(suspects.take(MOST_OF_A_KIND).map(|suspect| suspect.row));
    let mut groups: Vec<&Vec<u32>> = pool.groups.values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let alike = groups
        .into_iter()
        .flat_map(|group| group.iter().take(MOST_OF_A_GROUP));
    shown.extend(alike.take(MOST_OF_A_KIND));
    let order = pool.order.iter().copied();
    order.filter(|row| shown.contains(row)).collect()
}

impl SheetImage {
    fn new(pool: &InspectedPool<'_>, row: u32, image: RgbImage) -> Self {
        Self {
            row,
            kept: pool.is_kept(row),
            class: pool.class(row),
            likely: pool.likely(row),
            likeness: pool.likeness(row),
            image,
        }
    }
}
