#![doc = include_str!("../README.md")]

mod axis;
mod canvas;
mod chart;
mod contact_sheet;
mod decimate;
mod error;
mod fiedler_plot;
mod frame;
pub mod html;
mod line_chart;
mod similarity_map;
mod theme;

pub use axis::{Axis, Unit};
pub use canvas::{Canvas, DrawResult, encode_png};
pub use chart::{Chart, png, svg};
pub use contact_sheet::{ContactSheet, Picture, Strip};
pub use decimate::decimate;
pub use error::{Error, Result};
pub use fiedler_plot::FiedlerPlot;
pub use line_chart::{LineChart, Series};
pub use similarity_map::{MOST_ROWS, SimilarityMap};
pub use theme::Theme;
