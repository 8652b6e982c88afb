//! The flags that choose a reference model and how its features are kept.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gstds_models::bank::BankElement;
use gstds_models::reference::{ReferenceConfig, ReferenceName};

#[derive(clap::Args)]
#[command(next_help_heading = "Reference model")]
pub(crate) struct ReferenceArgs {
    /// The frozen network whose features say how alike images are [default: efficientnet-lite0,
    /// which is inside this program; the others need --weights].
    #[arg(long, value_parser = model())]
    reference: Option<ReferenceName>,
    /// Its weights: .safetensors, or .pth as PyTorch saves a state_dict.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Side in pixels of the squares that it sees [default: what it was trained on; `train` takes
    /// less where the CPU plays the GPU].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(8..=1024))]
    reference_side: Option<u16>,
    /// How a feature is kept: f16 or f32 [default: f16].
    #[arg(long, value_parser = element())]
    bank: Option<BankElement>,
}

impl ReferenceArgs {
    /// The reference model that the flags alone ask for.
    pub(crate) fn config(&self) -> ReferenceConfig {
        let mut config = ReferenceConfig::new(ReferenceName::EfficientnetLite0);
        self.apply(&mut config);
        config
    }

    /// Puts the flags that were given over what a configuration says. Another model brings its own
    /// side, and leaves the weights of the one before it behind.
    pub(crate) fn apply(&self, config: &mut ReferenceConfig) {
        if let Some(model) = self.reference.filter(|&model| model != config.model) {
            *config = ReferenceConfig {
                bank: config.bank,
                ..ReferenceConfig::new(model)
            };
        }
        if self.weights.is_some() {
            config.weights.clone_from(&self.weights);
        }
        config.side = self.reference_side.map_or(config.side, usize::from);
        config.bank = self.bank.unwrap_or(config.bank);
    }
}

fn model() -> impl TypedValueParser<Value = ReferenceName> {
    let names = ReferenceName::ALL.iter().map(|model| model.name());
    PossibleValuesParser::new(names).try_map(|text| text.parse::<ReferenceName>())
}

fn element() -> impl TypedValueParser<Value = BankElement> {
    PossibleValuesParser::new(BankElement::NAMES).try_map(|text| text.parse::<BankElement>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        args: ReferenceArgs,
    }

    fn applied(flags: &str) -> ReferenceConfig {
        let mut config = ReferenceConfig {
            weights: Some("old.pth".into()),
            side: 64,
            ..ReferenceConfig::new(ReferenceName::Resnet18)
        };
        let only = Only::parse_from(format!("features {flags}").split_whitespace());
        only.args.apply(&mut config);
        config
    }

    #[test]
    fn flags_change_only_what_they_name() {
        let config = applied("--bank f32");
        assert_eq!((config.model, config.side), (ReferenceName::Resnet18, 64));
        assert_eq!(config.weights, Some("old.pth".into()));
        assert_eq!(config.bank, BankElement::F32);
        assert_eq!(applied("--reference-side 96").side, 96);
    }

    #[test]
    fn another_model_leaves_the_side_and_weights_of_the_last_behind() {
        let config = applied("--reference resnet50 --weights new.pth");
        assert_eq!(config.side, ReferenceName::Resnet50.default_side());
        assert_eq!(config.weights, Some("new.pth".into()));
        assert_eq!(applied("--reference resnet34").weights, None);
    }
}
