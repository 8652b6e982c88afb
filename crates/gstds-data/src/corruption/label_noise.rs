//! How much label noise, and of which kind.

use crate::error::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// What a wrong label is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoiseKind {
    /// `uniform`: any other class, each as likely.
    #[default]
    Uniform,
    /// `pairs`: the next class, and the first for the last. Wrong labels then agree with each other.
    Pairs,
}

/// A share of wrong labels. As a text the share, with the kind behind it unless that is uniform:
/// `0.2` or `0.2:pairs`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelNoise {
    /// The share of rows, from 0 to below 1.
    pub share: f64,
    /// What a wrong label is.
    pub kind: NoiseKind,
}

/// Uniform noise.
impl From<f64> for LabelNoise {
    fn from(share: f64) -> Self {
        let kind = NoiseKind::Uniform;
        Self { share, kind }
    }
}

impl fmt::Display for LabelNoise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            NoiseKind::Uniform => self.share.fmt(f),
            NoiseKind::Pairs => write!(f, "{}:pairs", self.share),
        }
    }
}

impl FromStr for LabelNoise {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (share, kind) = match text.split_once(':') {
            Some((share, "uniform")) => (share, NoiseKind::Uniform),
            Some((share, "pairs")) => (share, NoiseKind::Pairs),
            Some((_, kind)) => {
                return Err(Error::UnknownName {
                    what: "kind of label noise",
                    name: kind.into(),
                    choices: "uniform, pairs",
                });
            }
            None => (text, NoiseKind::Uniform),
        };
        match share.parse() {
            Ok(share) => Ok(Self { share, kind }),
            Err(_) => Err(Error::Corruption {
                key: "label_noise",
                value: text.into(),
                reason: "write the share of wrong labels, such as 0.2 or 0.2:pairs".into(),
            }),
        }
    }
}

/// A number where the noise is uniform, else its text.
impl Serialize for LabelNoise {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kind {
            NoiseKind::Uniform => serializer.serialize_f64(self.share),
            NoiseKind::Pairs => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for LabelNoise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = LabelNoise;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a share of wrong labels, such as 0.2 or \"0.2:pairs\"")
            }

            fn visit_f64<E: de::Error>(self, share: f64) -> Result<LabelNoise, E> {
                Ok(share.into())
            }

            fn visit_i64<E: de::Error>(self, share: i64) -> Result<LabelNoise, E> {
                Ok((share as f64).into())
            }

            fn visit_u64<E: de::Error>(self, share: u64) -> Result<LabelNoise, E> {
                Ok((share as f64).into())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<LabelNoise, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct File {
        noise: LabelNoise,
    }

    #[test]
    fn noise_is_a_number_or_a_text() {
        let pairs = LabelNoise {
            share: 0.2,
            kind: NoiseKind::Pairs,
        };
        for (text, stored, noise) in [
            ("0.2", "noise = 0.2", LabelNoise::from(0.2)),
            ("0.2:uniform", "noise = 0.2", LabelNoise::from(0.2)),
            ("0.2:pairs", "noise = \"0.2:pairs\"", pairs),
        ] {
            assert_eq!(text.parse::<LabelNoise>().unwrap(), noise);
            let file = File { noise };
            assert_eq!(toml::to_string(&file).unwrap().trim(), stored);
            assert_eq!(toml::from_str::<File>(stored).unwrap(), file);
        }
        let whole: File = toml::from_str("noise = 0").unwrap();
        assert_eq!(whole.noise, 0.0.into());
        let json: File = serde_json::from_str("{\"noise\":0}").unwrap();
        assert_eq!(json, whole);
    }

    #[test]
    fn what_is_no_noise_is_refused_with_an_example() {
        for (text, part) in [
            ("much", "0.2:pairs"),
            ("0.2:odd", "uniform, pairs"),
            ("", "0.2"),
        ] {
            let message = text.parse::<LabelNoise>().unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
            let stored = format!("noise = \"{text}\"");
            let message = toml::from_str::<File>(&stored).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
