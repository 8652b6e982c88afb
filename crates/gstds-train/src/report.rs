//! The report on runs: pictures, one HTML file that needs no network, and tables for other programs.

pub mod drawing;
mod markup;
