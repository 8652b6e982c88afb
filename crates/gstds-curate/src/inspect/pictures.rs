//! The pictures: maps, plots and the contact sheet.

use super::{
    MOST_IMAGES, MOST_POINTS, View,
    files::{CONTACT_SHEET, FIEDLER_ORDER, INPUT_ORDER, SCORES, SPECTRUM},
};
use crate::error::Result;
use gstds_data::Progress;
use gstds_data::{ListedImages, open_listed_images};
use gstds_plot::{
    Axis, ContactSheet, FiedlerPlot, LineChart, Picture, Series, SimilarityMap, Strip, Theme, Unit,
    png,
};
use image::RgbImage;
use std::path::PathBuf;

/// Side in pixels of an image of the contact sheet.
const SIDE: usize = 96;
/// Images in a row of the contact sheet's file.
const COLUMNS: usize = 12;

pub(super) struct Pictures {
    /// Light, then dark.
    pub input_order: [Vec<u8>; 2],
    /// In the order of the Fiedler vector, where there is one.
    pub fiedler_order: Option<[Vec<u8>; 2]>,
    pub scores: Option<FiedlerPlot>,
    pub spectrum: Option<LineChart>,
    /// The contact sheet's images, or why there are none.
    pub images: std::result::Result<Vec<Shown>, String>,
    /// Images of the sheet that cannot be shown, and why.
    pub left_out: Vec<String>,
}

/// An image of the contact sheet.
pub(super) struct Shown {
    pub row: u32,
    pub kept: bool,
    pub image: RgbImage,
}

pub(super) fn draw(
    view: &View<'_>,
    features: &[f32],
    progress: &mut dyn Progress,
) -> Result<Pictures> {
    let maps = |order: &[u32]| -> Result<[Vec<u8>; 2]> {
        let kept: Vec<u32> = (0..view.mapped.len() as u32)
            .filter(|&place| view.is_kept(view.mapped[place as usize]))
            .collect();
        let map = SimilarityMap::new(features, view.subject.width, order, &kept)?;
        let [light, dark] = Theme::ALL;
        Ok([map.png(light)?, map.png(dark)?])
    };
    let sorted: Vec<u32> = (0..view.mapped.len() as u32).collect();
    let mut input = sorted.clone();
    input.sort_by_key(|&place| view.mapped[place as usize]);
    let solved = view.is_solved();
    let selection = view.subject.selection;
    let (images, left_out) = images(view, progress);
    Ok(Pictures {
        input_order: maps(&input)?,
        fiedler_order: solved.then(|| maps(&sorted)).transpose()?,
        scores: match solved {
            true => {
                let plot = FiedlerPlot::new(&selection.scores, &selection.kept)?;
                Some(plot.at_most(MOST_POINTS))
            }
            false => None,
        },
        spectrum: (view.facts.eigenvalues.len() > 1).then(|| spectrum(view)),
        images,
        left_out,
    })
}

/// The values by their numbers; those that are estimates look otherwise.
fn spectrum(view: &View<'_>) -> LineChart {
    let values = &view.facts.eigenvalues;
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
        kind("value alone", 1, false),
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

type Images = (std::result::Result<Vec<Shown>, String>, Vec<String>);

/// Decodes the contact sheet's images, in the order.
fn images(view: &View<'_>, progress: &mut dyn Progress) -> Images {
    let Some(paths) = view.subject.paths else {
        let reason =
            "The rows come without images: give --images, or the image of each row with --list.";
        return (Err(reason.into()), Vec::new());
    };
    let mut wanted = view
        .some(MOST_IMAGES)
        .into_iter()
        .filter_map(|row| Some((row, paths.get(row as usize)?.clone())))
        .collect::<Vec<(u32, PathBuf)>>();
    let listed = ListedImages {
        paths: wanted.iter().map(|(_, path)| path.clone()).collect(),
        warnings: Vec::new(),
    };
    let mut decoding = |done, total| progress.job("images decoded", done, total);
    let opened = open_listed_images(view.subject.root, listed, SIDE, true, None, &mut decoding);
    let opened = match opened {
        Ok(opened) => opened,
        Err(e) => return (Err(format!("{e}.")), Vec::new()),
    };
    // Both are in the same order, and what could not be decoded is in the first alone.
    let mut left = opened.paths.iter().peekable();
    wanted.retain(|(_, path)| left.next_if_eq(&path).is_some());
    let shown = wanted.iter().enumerate().map(|(place, &(row, _))| {
        Ok(Shown {
            row,
            kept: view.is_kept(row),
            image: opened.images.image(place)?,
        })
    });
    let shown: Result<Vec<Shown>> = shown.collect();
    let left_out = opened.skipped.iter().map(ToString::to_string).collect();
    (shown.map_err(|e| format!("{e}.")), left_out)
}

impl Pictures {
    /// All of them as files, on light ground.
    pub(super) fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let mut files = vec![(INPUT_ORDER, self.input_order[0].clone())];
        if let Some([light, _]) = &self.fiedler_order {
            files.push((FIEDLER_ORDER, light.clone()));
        }
        if let Some(plot) = &self.scores {
            files.push((SCORES, png(plot, Theme::Light)?));
        }
        if let Some(chart) = &self.spectrum {
            files.push((SPECTRUM, png(chart, Theme::Light)?));
        }
        if let Ok(images) = &self.images {
            files.push((CONTACT_SHEET, sheet(images)?));
        }
        Ok(files)
    }
}

fn sheet(images: &[Shown]) -> Result<Vec<u8>> {
    let picture = |shown: &Shown| Picture {
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
