//! Seeded augmentation of training pictures, as configurations write it.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How training pictures differ from their images, each at random: mirrored, then turned, then
/// shifted, then brightened.
///
/// The numbers drawn depend on the seed of the epoch and on the image's row in the data set alone,
/// so an image looks the same in an epoch whichever method kept it. What lies outside the image
/// has the channel's mean, which is 0 after normalisation. The default changes nothing.
///
/// Written as `none`, or as the changes wanted: `flip,crop:4,rotate:10,brightness:0.2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Half of the pictures are mirrored left to right.
    pub flip: bool,
    /// Shifts by up to this many pixels of the learner's picture, each way along both sides.
    pub crop: u32,
    /// Turns about the centre by up to this many degrees, either way: 0 to 180.
    pub rotation: f64,
    /// Multiplies values, on a scale of 0 to 1, by up to so much more or less than 1 and clamps
    /// them to the scale: 0 to 1.
    pub brightness: f64,
}

impl Augment {
    /// Checks the numbers for pictures of `side` pixels.
    ///
    /// # Errors
    /// [`gstds_data::Error::Text`] for a shift that can leave no pixel of the image, an angle
    /// outside 0 to 180 and a brightness outside 0 to 1.
    pub fn check(&self, side: usize) -> Result<()> {
        let within = |value: f64, most: f64| (0.0..=most).contains(&value);
        let reason = if self.crop as usize >= side {
            format!(
                "crop {} moves images of {side} pixels out of the frame; use at most {}",
                self.crop,
                side.saturating_sub(1)
            )
        } else if !within(self.rotation, 180.0) {
            format!("rotate {} is not between 0 and 180 degrees", self.rotation)
        } else if !within(self.brightness, 1.0) {
            format!("brightness {} is not between 0 and 1", self.brightness)
        } else {
            return Ok(());
        };
        Err(refused(&self.to_string(), reason))
    }

    fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), String> {
        match (name, value) {
            ("flip", None) => self.flip = true,
            ("flip", Some(_)) => return Err("flip takes no number".into()),
            ("crop", Some(value)) => self.crop = number(name, value)?,
            ("rotate", Some(value)) => self.rotation = number(name, value)?,
            ("brightness", Some(value)) => self.brightness = number(name, value)?,
            ("crop" | "rotate" | "brightness", None) => {
                return Err(format!("{name} needs a number, as in {name}:0.5"));
            }
            _ => return Err(format!("unknown change '{name}'")),
        }
        Ok(())
    }
}

impl fmt::Display for Augment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.flip.then(|| "flip".into()),
            (self.crop != 0).then(|| format!("crop:{}", self.crop)),
            (self.rotation != 0.0).then(|| format!("rotate:{}", self.rotation)),
            (self.brightness != 0.0).then(|| format!("brightness:{}", self.brightness)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => f.pad("none"),
            false => f.pad(&parts.join(",")),
        }
    }
}

impl FromStr for Augment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut augment = Self::default();
        if text == "none" {
            return Ok(augment);
        }
        let mut named = Vec::new();
        for part in text.split(',') {
            let (name, value) = match part.split_once(':') {
                Some((name, value)) => (name, Some(value)),
                None => (part, None),
            };
            if named.contains(&name) {
                return Err(refused(text, format!("{name} is given twice")));
            }
            named.push(name);
            augment.set(name, value).map_err(|why| refused(text, why))?;
        }
        Ok(augment)
    }
}

fn number<N: FromStr>(name: &str, value: &str) -> Result<N, String> {
    let parsed = value.parse();
    parsed.map_err(|_| format!("{name} does not take '{value}'"))
}

fn refused(text: &str, reason: String) -> Error {
    gstds_data::Error::Text {
        what: "augmentation",
        text: text.into(),
        reason,
        forms: "none, or any of flip,crop:4,rotate:10,brightness:0.2",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_a_round_trip() {
        for text in [
            "none",
            "flip",
            "crop:4",
            "flip,rotate:12.5",
            "flip,crop:4,rotate:10,brightness:0.2",
        ] {
            assert_eq!(text.parse::<Augment>().unwrap().to_string(), text);
        }
        let all: Augment = "brightness:0.2,flip,rotate:10,crop:4".parse().unwrap();
        let expected = Augment {
            flip: true,
            crop: 4,
            rotation: 10.0,
            brightness: 0.2,
        };
        assert_eq!(all, expected, "in any order");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, expected) in [
            ("", "unknown change ''"),
            ("flop", "unknown change 'flop'"),
            ("flip:1", "flip takes no number"),
            ("crop", "crop needs a number"),
            ("crop:-1", "crop does not take '-1'"),
            ("rotate:x", "rotate does not take 'x'"),
            ("flip,flip", "flip is given twice"),
            ("none,flip", "unknown change 'none'"),
        ] {
            let message = text.parse::<Augment>().unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(message.contains("crop:4"), "{message}");
        }
    }

    #[test]
    fn numbers_beyond_their_limits_are_refused() {
        let check = |text: &str, side| text.parse::<Augment>().unwrap().check(side);
        assert!(check("flip,crop:4,rotate:180,brightness:1", 5).is_ok());
        for (text, expected) in [
            ("crop:5", "at most 4"),
            ("rotate:181", "rotate 181"),
            ("rotate:NaN", "rotate NaN"),
            ("brightness:1.5", "brightness 1.5"),
            ("brightness:-0.5", "brightness -0.5"),
        ] {
            let message = check(text, 5).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_configuration_may_leave_fields_out_and_not_invent_any() {
        let read = |text: &str| toml::from_str::<Augment>(text);
        let flip = Augment {
            flip: true,
            ..Augment::default()
        };
        assert_eq!(read("flip = true").unwrap(), flip);
        assert!(read("flop = true").is_err());
        assert_eq!(read(&toml::to_string(&flip).unwrap()).unwrap(), flip);
    }
}
