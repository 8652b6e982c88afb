//! Gradient clipping, on the device and without waiting for it.

use crate::error::{Error, Result, config_error};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use std::{fmt, str::FromStr};

/// How large gradients are clipped. Written `none`, `norm:LIMIT` or `value:LIMIT`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Clip {
    /// Nothing.
    #[default]
    None,
    /// All gradients are scaled down together until their joint Euclidean norm is the limit. Burn's
    /// own clipping by norm takes each tensor for itself, which changes the direction.
    Norm(f64),
    /// Every entry is held between minus the limit and the limit.
    Value(f64),
}

impl Clip {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Norm(limit) | Self::Value(limit)
                if !(limit as f32 > 0.0 && (limit as f32).is_finite()) =>
            {
                Err(config_error(format!(
                    "clip {self} must have a positive limit"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Divides the gradients of a module by `scale` and clips them.
    pub(super) fn apply<M: Module>(
        self,
        gradients: GradientsParams,
        module: &M,
        scale: f64,
    ) -> GradientsParams {
        let (factor, most) = match self {
            Self::None if scale == 1.0 => return gradients,
            Self::None => (None, None),
            Self::Value(limit) => (None, Some(limit)),
            Self::Norm(limit) => {
                let norm = norm(&gradients, module);
                // A norm of 0 gives infinity, which the bound of 1 removes.
                let factor = norm.map(|norm| (norm / (scale * limit)).recip().clamp_max(1.0));
                (factor, None)
            }
        };
        let mut changed = Changed {
            gradients,
            scale,
            factor,
            most,
        };
        module.visit(&mut changed);
        changed.gradients
    }
}

/// Joint norm of a module's gradients, `[1, 1]`, in an order of summands that is always the same.
fn norm<M: Module>(gradients: &GradientsParams, module: &M) -> Option<Tensor<2>> {
    let mut squares = Squares {
        gradients,
        sum: None,
    };
    module.visit(&mut squares);
    squares.sum.map(Tensor::sqrt)
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<2>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else {
            return;
        };
        let rows = gradient.dims()[0];
        let rest = gradient.dims()[1..].iter().product();
        // Sums along dimensions: a sum over everything may add in any order, with atomics.
        let gradient = gradient.reshape([rows, rest]);
        let square = (gradient.clone() * gradient).sum_dim(1).sum_dim(0);
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + square,
            None => square,
        });
    }
}

struct Changed {
    gradients: GradientsParams,
    scale: f64,
    /// The factor for all gradients, `[1, 1]`.
    factor: Option<Tensor<2>>,
    /// The largest size of an entry.
    most: Option<f64>,
}

impl ModuleVisitor for Changed {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(mut gradient) = self.gradients.remove::<D>(param.id) else {
            return;
        };
        if self.scale != 1.0 {
            gradient = gradient.div_scalar(self.scale);
        }
        if let Some(factor) = &self.factor {
            gradient = gradient * factor.clone().reshape([1; D]);
        }
        if let Some(most) = self.most {
            gradient = gradient.clamp(-most, most);
        }
        self.gradients.register(param.id, gradient);
    }
}

impl FromStr for Clip {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |reason: String| gstds_data::Error::Text {
            what: "gradient clipping",
            text: text.into(),
            reason,
            forms: "none, norm:1 or value:0.5",
        };
        if text == "none" {
            return Ok(Self::None);
        }
        let (name, limit) = text
            .split_once(':')
            .ok_or_else(|| bad("a colon must separate the name and its limit".into()))?;
        let limit = limit.trim();
        let limit = limit
            .parse::<f64>()
            .map_err(|_| bad(format!("`{limit}` is not a number")))?;
        match name {
            "norm" => Ok(Self::Norm(limit)),
            "value" => Ok(Self::Value(limit)),
            _ => Err(bad(format!("unknown name `{name}`")).into()),
        }
    }
}

impl fmt::Display for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Norm(limit) => write!(f, "norm:{limit}"),
            Self::Value(limit) => write!(f, "value:{limit}"),
        }
    }
}

gstds_data::as_text!(Clip);
