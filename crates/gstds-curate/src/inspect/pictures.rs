//! The pictures: similarity maps, plots and the contact sheet.

use super::{
    InspectedPool,
    files::{CONTACT_SHEET, FIEDLER_ORDER, INPUT_ORDER, PictureFile, SCORES, SPECTRUM},
    sheet::{self, InspectionSheet, SheetImage},
};
use crate::error::Result;
use gstds_data::Progress;
use gstds_plot::{
    Axis, ContactSheet, FiedlerPlot, LineChart, Picture, Series, SimilarityMap, Strip, Theme, Unit,
    png,
};

/// Points at most in the plot of the scores.
pub(super) const MOST_POINTS: usize = 1024;
/// Images in a row of the contact sheet's file.
const COLUMNS: usize = 12;

/// What is drawn of a pool.
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
        sheet: sheet::draw(pool, progress),
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
