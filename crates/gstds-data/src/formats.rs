//! How each data set is stored on disk. Binary files become images in memory, image sets become a
//! [`Listing`](listing::Listing) of image files with labels; nothing is decoded here.

pub(crate) mod cifar10;
pub(crate) mod flowers;
pub(crate) mod folder;
pub(crate) mod idx;
pub(crate) mod listing;
mod mat;
pub(crate) mod pets;
mod read;
pub(crate) mod walk;

#[cfg(test)]
mod fuzz;
