//! Pictures: charts, contact sheets and similarity maps, from numbers and images on the host.
//!
//! A [`Chart`] becomes SVG or PNG from the same drawing; what is made of pixels becomes PNG. Every
//! picture is drawn for a [`Theme`], and no difference in it is told by colour alone.

mod canvas;
mod chart;
mod contact_sheet;
pub mod element;
mod error;
mod fiedler_plot;
mod line_chart;
pub mod markup;
pub mod page;
mod similarity_map;
mod theme;
mod thinned;

pub use canvas::{encoded, png, svg};
pub use chart::{Axis, Chart, Unit};
pub use contact_sheet::{ContactSheet, Picture, Strip};
pub use error::{Error, Result};
pub use fiedler_plot::FiedlerPlot;
pub use line_chart::{LineChart, Series};
pub use similarity_map::{MOST_ROWS, SimilarityMap};
pub use theme::Theme;
pub use thinned::thinned;
