//! The floating-point precision of a learner.

use crate::error::{Error, Result};
use burn::tensor::{DType, Device};

gstds_data::named! {
    /// Precision of the convolutions of a training step, forward and backward.
    /// Weights, batch norms, the classifier, the loss and the optimiser are f32 under both, and so
    /// is evaluation.
    #[derive(Default)]
    Precision, "precision", {
        /// f32.
        #[default]
        Full = "full",
        /// f16, cast from and to f32 around every convolution; needs SHADER_F16.
        ///
        /// Without autotune Burn's kernels also sum in f16, so that weight gradients lose some
        /// digits.
        Mixed = "mixed",
    }
}

impl Precision {
    /// Refuses a device that cannot compute in it.
    ///
    /// # Errors
    /// [`Error::NoShaderF16`].
    pub fn check(self, device: &Device, adapter: &str) -> Result<()> {
        match self == Self::Full || device.supports_dtype(DType::F16) {
            true => Ok(()),
            false => Err(Error::NoShaderF16 {
                adapter: adapter.into(),
            }),
        }
    }
}
