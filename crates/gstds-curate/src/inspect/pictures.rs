//! The pictures: similarity maps, plots and the contact sheet.

use super::{
    InspectedPool,
    files::{CONTACT_SHEET, FIEDLER_ORDER, INPUT_ORDER, PictureFile, SCORES, SPECTRUM},
};
use crate::error::Result;
use gstds_data::Progress;
use gstds_data::{CropOptions, ListedImages, open_listed_images};
use gstds_plot::{
    Axis, ContactSheet, FiedlerPlot, LineChart, Picture, Series, SimilarityMap, Strip, Theme, Unit,
    png,
};
use image::RgbImage;
use std::path::PathBuf;

/// Points at most in the plot of the scores.
pub(super) const MOST_POINTS: usize = 1024;
/// Images at most in a contact sheet.
const MOST_IMAGES: usize = 160;
/// Side in pixels of an image of the contact sheet.
const SIDE: usize = 96;
/// Images in a row of the contact sheet's file.
const COLUMNS: usize = 12;

pub(super) struct InspectionFigures {
    /// Light, then dark.
    pub input_order: [Vec<u8>; 2],
    /// In the order of the Fiedler vector, where there is one.
    pub fiedler_order: Option<[Vec<u8>; 2]>,
    pub scores: Option<FiedlerPlot>,
    pub spectrum: Option<LineChart>,
    /// The contact sheet, or why there is none.
    pub sheet: std::result::Result<InspectionSheet, String>,
}

/// An image of the contact sheet.
pub(super) struct SheetImage {
    pub row: u32,
    pub kept: bool,
    pub image: RgbImage,
}

pub(super) fn draw(
    pool: &InspectedPool<'_>,
    features: &[f32],
    progress: &mut dyn Progress,
) -> Result<InspectionFigures> {
    let maps = |order: &[u32]| -> Result<[Vec<u8>; 2]> {
        let kept: Vec<u32> = (0..pool.mapped.len() as u32)
            .filter(|&place| pool.is_kept(pool.mapped[place as usize]))
            .collect();
        let map = SimilarityMap::new(features, pool.input.width, order, &kept)?;
        let [light, dark] = Theme::ALL;
        Ok([map.png(light)?, map.png(dark)?])
    };
    let sorted: Vec<u32> = (0..pool.mapped.len() as u32).collect();
    let mut input = sorted.clone();
    input.sort_by_key(|&place| pool.mapped[place as usize]);
    let solved = pool.is_solved();
    let selection = pool.input.selection;
    Ok(InspectionFigures {
        input_order: maps(&input)?,
        fiedler_order: solved.then(|| maps(&sorted)).transpose()?,
        scores: match solved {
            true => {
                let plot = FiedlerPlot::new(&selection.scores, &selection.kept)?;
                Some(plot.at_most(MOST_POINTS))
            }
            false => None,
        },
        spectrum: (pool.facts.eigenvalues.len() > 1).then(|| spectrum(pool)),
        sheet: sheet_images(pool, progress),
    })
}

/// The values by number; estimates are drawn differently.
fn spectrum(pool: &InspectedPool<'_>) -> LineChart {
    let values = &pool.facts.eigenvalues;
    let kind = |label: &str, look: usize, measured: bool| Series {
        label: label.into(),
        style: look,
        points: values
            .iter()
            .filter(|value| value.split.is_some() == measured)
            .map(|value| (value.number as f64, value.value.into()))
            .collect(),
        band: Vec::new(),
    };
    let mut series = vec![
        kind("vector computed", 0, true),
        kind("value only", 1, false),
    ];
    series.retain(|series| !series.points.is_empty());
    let heights = values
        .iter()
        .map(|value| f64::from(value.value).max(0.0) * 1.05);
    let last = values.len() as f64 + 1.0;
    LineChart {
        x: Axis {
            label: "number of the eigenvalue".into(),
            unit: Unit::Whole,
            range: 1.5..=last + 0.5,
        },
        y: Axis::around("Ritz value of the Laplacian", Unit::Number, true, heights),
        series,
    }
}

/// The images of the contact sheet.
pub(super) struct InspectionSheet {
    pub images: Vec<SheetImage>,
    /// Those that cannot be shown, and why.
    pub left_out: Vec<String>,
}

/// Decodes the contact sheet's images, in the order; else says why there are none.
fn sheet_images(
    pool: &InspectedPool<'_>,
    progress: &mut dyn Progress,
) -> std::result::Result<InspectionSheet, String> {
    let Some(paths) = pool.input.paths else {
        return Err("The rows have no images; list the image of each row to see them.".into());
    };
    let mut wanted = pool
        .some(MOST_IMAGES)
        .into_iter()
        .filter_map(|row| Some((row, paths.get(row as usize)?.clone())))
        .collect::<Vec<(u32, PathBuf)>>();
    let listed = ListedImages {
        paths: wanted.iter().map(|(_, path)| path.clone()).collect(),
        ..ListedImages::default()
    };
    let options = CropOptions {
        skip_bad: true,
        decode_limit: pool.input.decode_limit,
        ..CropOptions::new(SIDE)
    };
    let mut decoding = |done, total| progress.job("images decoded", done, total);
    let opened = open_listed_images(pool.input.root, listed, options, None, &mut decoding);
    let opened = opened.map_err(|e| format!("{e}."))?;
    // Both are in the same order, and what could not be decoded is in the first alone.
    let mut left = opened.paths.iter().peekable();
    wanted.retain(|(_, path)| left.next_if_eq(&path).is_some());
    let shown = wanted.iter().enumerate().map(|(place, &(row, _))| {
        Ok(SheetImage {
            row,
            kept: pool.is_kept(row),
            image: opened.images.image(place)?,
        })
    });
    let shown: Result<Vec<SheetImage>> = shown.collect();
    Ok(InspectionSheet {
        images: shown.map_err(|e| format!("{e}."))?,
        left_out: opened.skipped.iter().map(ToString::to_string).collect(),
    })
}

impl InspectionFigures {
    /// All of them as files, on a light background.
    pub(super) fn files(&self) -> Result<Vec<PictureFile>> {
        let file = |name, png| PictureFile { name, png };
        let mut files = vec![file(INPUT_ORDER, self.input_order[0].clone())];
        if let Some([light, _]) = &self.fiedler_order {
            files.push(file(FIEDLER_ORDER, light.clone()));
        }
        if let Some(plot) = &self.scores {
            files.push(file(SCORES, png(plot, Theme::Light)?));
        }
        if let Some(chart) = &self.spectrum {
            files.push(file(SPECTRUM, png(chart, Theme::Light)?));
        }
        if let Ok(sheet) = &self.sheet {
            files.push(file(CONTACT_SHEET, contact_sheet(&sheet.images)?));
        }
        Ok(files)
    }
}

fn contact_sheet(images: &[SheetImage]) -> Result<Vec<u8>> {
    let picture = |shown: &SheetImage| Picture {
        image: shown.image.clone(),
        caption: match shown.kept {
            true => format!("kept {}", shown.row),
            false => shown.row.to_string(),
        },
        marked: shown.kept,
    };
    let sheet = ContactSheet {
        columns: COLUMNS,
        strips: vec![Strip {
            title: "In the order of the Fiedler vector; framed: kept".into(),
            pictures: images.iter().map(picture).collect(),
        }],
    };
    Ok(sheet.png(Theme::Light)?)
}
