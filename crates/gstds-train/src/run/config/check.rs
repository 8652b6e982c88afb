//! Checks of a configuration by itself.

use super::TrainConfig;
use crate::error::{Result, config_error};
use gstds_data::ImageShape;

/// Largest side of the learner's images, in pixels.
const MOST_SIDE: usize = 4096;
/// Most passes over the data.
const MOST_EPOCHS: usize = 1_000_000;
/// Largest seed: integers in TOML have a sign.
pub const MOST_SEED: u64 = i64::MAX as u64;

impl TrainConfig {
    /// Refuses values that are invalid for any data set.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config), [`Error::Reweight`](crate::Error::Reweight) and
    /// [`Error::Data`](crate::Error::Data) name the value and its limit.
    pub fn check(&self) -> Result<()> {
        let counts = [
            ("batch", self.batch),
            ("epochs", self.epochs),
            ("log_every", self.log_every),
            ("image_side", self.image_side),
            ("max_steps", self.max_steps.unwrap_or(1)),
            ("super_batch", self.super_batch.unwrap_or(1)),
            ("patience", self.patience.unwrap_or(1)),
            ("data.per_class", self.data.per_class.unwrap_or(1)),
        ];
        if let Some((what, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(config_error(format!("{what} is 0 and must be at least 1")));
        }
        if self.image_side > MOST_SIDE {
            return Err(config_error(format!(
                "image_side is {} and must be at most {MOST_SIDE}",
                self.image_side
            )));
        }
        if self.epochs > MOST_EPOCHS {
            return Err(config_error(format!(
                "epochs is {} and must be at most {MOST_EPOCHS}",
                self.epochs
            )));
        }
        if self.seed > MOST_SEED {
            return Err(config_error(format!(
                "seed is {} and must be at most {MOST_SEED}",
                self.seed
            )));
        }
        let minutes = self.checkpoint_minutes;
        if !(minutes >= 0.0 && minutes.is_finite()) {
            return Err(config_error(format!(
                "checkpoint_minutes {minutes} must be 0 or more"
            )));
        }
        self.augment.check(self.image_side)?;
        self.data.corruption().check()?;
        self.check_method()?;
        if self.selection.seed != 0 {
            return Err(config_error(format!(
                "selection.seed is {}, but each batch derives its seed from that of the run; set seed instead",
                self.selection.seed
            )));
        }
        self.optimiser.check()
    }

    /// Refuses settings that the method does not have.
    fn check_method(&self) -> Result<()> {
        let method = self.method;
        let spec = self.spec();
        let unknown = match (self.score, self.strata) {
            _ if spec.family.is_some() => None,
            (Some(_), _) => Some("score"),
            (None, Some(_)) => Some("strata"),
            (None, None) => self.temperature.map(|_| "temperature"),
        };
        if let Some(setting) = unknown {
            return Err(config_error(format!(
                "{method} has no {setting}; remove it, or choose guided, jest, loss, stratified-learnability or spectral-guided"
            )));
        }
        if self.super_batch.is_some() && !spec.needs_losses() {
            return Err(config_error(format!(
                "super_batch limits the rows that pass the learner for their losses, but {method} scores none; remove super_batch, or choose jest or another method that uses losses"
            )));
        }
        if let Some(temperature) = self.temperature
            && !(temperature >= 0.0 && temperature.is_finite())
        {
            return Err(config_error(format!(
                "temperature is {temperature} and must be 0 or more"
            )));
        }
        match self.reweight {
            true => spec.check_reweight(),
            false => Ok(()),
        }
    }

    /// Refuses images that are not square.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config).
    pub fn check_images(&self, images: ImageShape) -> Result<()> {
        match images.height == images.width {
            true => Ok(()),
            false => Err(config_error(format!(
                "images of {}x{} are not square, as learners need them; crop them first",
                images.height, images.width
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::{MethodName, Score, Strata};

    const GREY: ImageShape = ImageShape {
        height: 28,
        width: 28,
        channels: 1,
    };

    #[test]
    fn values_that_no_run_can_have_are_named() {
        let base = TrainConfig::new(MethodName::Gstds, true);
        assert!(base.check().is_ok() && base.check_images(GREY).is_ok());
        type Change = fn(&mut TrainConfig);
        let cases: [(&str, Change); 21] = [
            ("temperature is -1", |c| {
                (c.method, c.temperature) = (MethodName::Jest, Some(-1.0));
            }),
            ("temperature is NaN", |c| {
                (c.method, c.temperature) = (MethodName::Jest, Some(f64::NAN));
            }),
            ("gstds has no temperature", |c| c.temperature = Some(0.5)),
            ("gstds chooses rows by rule", |c| c.reweight = true),
            ("gstds has no score", |c| c.score = Some(Score::Loss)),
            ("gstds has no strata", |c| c.strata = Some(Strata::None)),
            ("gstds scores none", |c| c.super_batch = Some(64)),
            ("super_batch is 0", |c| c.super_batch = Some(0)),
            ("selection.seed is 3", |c| c.selection.seed = 3),
            ("batch is 0", |c| c.batch = 0),
            ("epochs is 1000001", |c| c.epochs = 1_000_001),
            ("seed is 9223372036854775808", |c| c.seed = 1 << 63),
            ("data.per_class is 0", |c| c.data.per_class = Some(0)),
            ("max_steps is 0", |c| c.max_steps = Some(0)),
            ("patience is 0", |c| c.patience = Some(0)),
            ("checkpoint_minutes -1", |c| c.checkpoint_minutes = -1.0),
            ("image_side is 4097", |c| c.image_side = 4097),
            ("label_noise is 1", |c| {
                c.data.label_noise = Some(1.0.into());
            }),
            ("rotate 200", |c| c.augment.rotation = 200.0),
            ("learning_rate NaN", |c| {
                c.optimiser.learning_rate = f64::NAN;
            }),
            ("weight_decay -1", |c| c.optimiser.weight_decay = -1.0),
        ];
        for (expected, change) in cases {
            let mut config = base.clone();
            change(&mut config);
            let message = config.check().unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        let tall = ImageShape { height: 32, ..GREY };
        assert!(
            base.check_images(tall)
                .unwrap_err()
                .to_string()
                .contains("32x28")
        );
    }
}
