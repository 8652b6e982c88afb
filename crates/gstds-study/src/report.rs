//! The report on runs: pictures, one HTML file that needs no network, and tables for other
//! programs.
//!
//! [`Report::make`] reads what runs left in their folders, opens their data set for contact sheets,
//! and solves one batch again for its similarity map; [`Report::write`] puts all of it in a folder.
//! Where something can no longer be shown, the report gives the reason.

mod batch;
mod charts;
mod contact_sheets;
mod figures;
mod files;
mod kept_rows;
mod page;
mod tables;

pub use files::Report;

#[cfg(test)]
mod tests;
