//! What a solve finds beyond λ2, where [`Options::vectors`](crate::Options) asks for it.

use crate::options::MAX_VECTORS;
use bytemuck::{Pod, Zeroable};

/// The smallest eigenvalues of the Laplacian that the solve found, 272 bytes, little-endian 32-bit
/// words in this order; all 0 where nothing was solved.
///
/// They are Ritz values of one Krylov space, without the trivial 0. A multiple eigenvalue shows
/// there once, so two values near 0 mean at least three components, and one means at least two.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Spectrum {
    /// Values listed: eight, or as many as [`Options::vectors`](field@crate::Options::vectors) where
    /// that is more; fewer where the Krylov space is smaller.
    pub found: u32,
    /// How many of the requested vectors exist. The others are 0: the space has none, or (sym) λ is
    /// within 1e-5 of 1, where the graph maps the vector to 0 and leaves nothing but rounding.
    pub vectors: u32,
    #[cfg_attr(feature = "serde", serde(skip))]
    reserved: [u32; 2],
    /// λ2, λ3 and so on, ascending; 0 from `found` on.
    pub values: [f32; MAX_VECTORS as usize],
    /// ‖Lv − λv‖ of the unit vectors, relative to 1 (sym) or the largest degree (un): measured up
    /// to `vectors`, an estimate beyond; 0 from `found` on. A value is within its residual of an
    /// eigenvalue; those beyond the vectors asked for need not have converged.
    pub residuals: [f32; MAX_VECTORS as usize],
}

/// As shaders/shared/score.wgsl has it for [`Flags::UNCONVERGED`](crate::Flags::UNCONVERGED).
const UNCONVERGED: f32 = 1e-6;

impl Spectrum {
    /// How many of the `vectors`, the Fiedler vector among them, have a residual above 1e-6
    /// or NaN: allow more steps. The status reports the Fiedler vector alone, and the others by
    /// [`Flags::FURTHER_UNCONVERGED`](crate::Flags::FURTHER_UNCONVERGED).
    #[must_use]
    pub fn unconverged(&self) -> usize {
        let residuals = self.residuals.iter().take(self.vectors as usize);
        let poor = |residual: &&f32| residual.is_nan() || **residual > UNCONVERGED;
        residuals.filter(poor).count()
    }
}
