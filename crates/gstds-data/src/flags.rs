//! Value parsers that several settings share.

use super::crops::{LARGEST_SIDE, SMALLEST_SIDE};
use clap::builder::TypedValueParser;

/// A count, at least 1.
pub fn count() -> impl TypedValueParser<Value = usize> {
    within(1, u32::MAX as usize)
}

/// The side in pixels of images that reference models see: 8 to 1024.
pub fn side() -> impl TypedValueParser<Value = usize> {
    within(SMALLEST_SIDE, LARGEST_SIDE)
}

fn within(least: usize, most: usize) -> impl TypedValueParser<Value = usize> {
    let parser = clap::value_parser!(u32).range(least as i64..=most as i64);
    parser.map(|number| number as usize)
}
