//! The names of learners, which configurations and the command line write.

use super::LearnerConfig;
use crate::error::{Error, Result};
use std::{fmt, str::FromStr};

/// Width of the first stage of the ResNet-18 that is written without a width.
pub(crate) const RESNET18_WIDTH: usize = 64;

const MLP: &str = "mlp";
const RESNET18: &str = "resnet18";
const RESNET18_CIFAR: &str = "resnet18-cifar";

impl fmt::Display for LearnerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, width) = match *self {
            Self::Cifar { width, blocks } => {
                let layers = blocks.saturating_mul(6).saturating_add(2);
                return write!(f, "resnet{layers}-w{width}");
            }
            Self::Mlp { width } => return write!(f, "{MLP}-w{width}"),
            Self::ResNet18 { width } => (RESNET18, width),
            Self::ResNet18Cifar { width } => (RESNET18_CIFAR, width),
        };
        match width {
            RESNET18_WIDTH => f.write_str(name),
            _ => write!(f, "{name}-w{width}"),
        }
    }
}

impl FromStr for LearnerConfig {
    type Err = Error;

    /// Reads a name as [`LearnerConfig::name`] writes it; `resnet18-w64` is `resnet18`.
    fn from_str(text: &str) -> Result<Self> {
        let bad = |reason: String| gstds_data::Error::Text {
            what: "learner",
            text: text.into(),
            reason,
            forms: "resnet8-w16 (8, 14, 20, ... layers), resnet18, resnet18-cifar, resnet18-cifar-w8 or mlp-w256",
        };
        let (family, width) = match text.rsplit_once("-w") {
            Some((family, width)) => (family, Some(width)),
            None => (text, None),
        };
        let width = match width {
            None => None,
            Some(digits) => Some(
                number(digits)
                    .ok_or_else(|| bad(format!("its width is `{digits}`, not a count")))?,
            ),
        };
        let given = || width.ok_or_else(|| bad("its width is missing, such as -w16".into()));
        let or_usual = width.unwrap_or(RESNET18_WIDTH);
        match family {
            RESNET18 => Ok(Self::ResNet18 { width: or_usual }),
            RESNET18_CIFAR => Ok(Self::ResNet18Cifar { width: or_usual }),
            MLP => Ok(Self::Mlp { width: given()? }),
            _ => {
                let blocks = cifar_blocks(family)
                    .ok_or_else(|| bad(format!("unknown family `{family}`")))?;
                let width = given()?;
                Ok(Self::Cifar { width, blocks })
            }
        }
    }
}

gstds_data::as_text!(LearnerConfig);

/// Blocks a stage of `resnet{6·blocks + 2}`.
fn cifar_blocks(family: &str) -> Option<usize> {
    let layers = number(family.strip_prefix("resnet")?)?;
    let blocks = layers.checked_sub(2)?;
    (blocks > 0 && blocks.is_multiple_of(6)).then_some(blocks / 6)
}

/// A count of at least 1, without sign or leading zeros.
fn number(digits: &str) -> Option<usize> {
    let value: usize = digits.parse().ok()?;
    (value > 0 && value.to_string() == digits).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_read_by_the_name_it_writes() {
        for (text, expected) in [
            (
                "resnet8-w16",
                LearnerConfig::Cifar {
                    width: 16,
                    blocks: 1,
                },
            ),
            (
                "resnet20-w4",
                LearnerConfig::Cifar {
                    width: 4,
                    blocks: 3,
                },
            ),
            ("resnet18", LearnerConfig::ResNet18 { width: 64 }),
            ("resnet18-w16", LearnerConfig::ResNet18 { width: 16 }),
            ("resnet18-cifar", LearnerConfig::ResNet18Cifar { width: 64 }),
            (
                "resnet18-cifar-w8",
                LearnerConfig::ResNet18Cifar { width: 8 },
            ),
            ("mlp-w256", LearnerConfig::Mlp { width: 256 }),
        ] {
            assert_eq!(text.parse::<LearnerConfig>().unwrap(), expected, "{text}");
            assert_eq!(expected.name(), text);
        }
        let wide: LearnerConfig = "resnet18-w64".parse().unwrap();
        assert_eq!(wide.name(), "resnet18");
    }

    #[test]
    fn a_name_of_no_learner_is_refused_with_its_text_and_reason() {
        for (text, reason) in [
            ("resnet9-w16", "unknown family `resnet9`"),
            ("resnet2-w16", "unknown family `resnet2`"),
            ("resnet08-w16", "unknown family `resnet08`"),
            ("vgg16-w4", "unknown family `vgg16`"),
            ("resnet18-imagenet", "unknown family `resnet18-imagenet`"),
            ("", "unknown family ``"),
            ("resnet8", "width is missing"),
            ("mlp", "width is missing"),
            ("mlp2-w16", "unknown family `mlp2`"),
            ("resnet8-w0", "width is `0`"),
            ("resnet18-w+4", "width is `+4`"),
            ("resnet18-w", "width is ``"),
        ] {
            let message = text.parse::<LearnerConfig>().unwrap_err().to_string();
            assert!(message.contains(&format!("`{text}`")), "{message}");
            assert!(message.contains(reason), "{message}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic() {
        use proptest::prelude::*;
        proptest!(|(text in "(resnet|mlp)?[0-9a-z-]{0,24}")| {
            if let Ok(config) = text.parse::<LearnerConfig>() {
                prop_assert_eq!(config.name().parse::<LearnerConfig>().unwrap(), config);
            }
        });
    }
}
