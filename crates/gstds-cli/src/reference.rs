//! The flags that choose a reference model and how its features are kept.

use gstds_models::reference::{ReferenceConfig, ReferenceName};

use crate::overrides::Overrides;

/// Flags over a reference model.
pub(crate) type ReferenceArgs = Overrides<ReferenceConfig>;

impl ReferenceArgs {
    /// The reference model that the flags alone request.
    pub(crate) fn config(&self) -> ReferenceConfig {
        let mut config = ReferenceConfig::new(ReferenceName::EfficientnetLite0);
        self.overlay(&mut config);
        config
    }

    fn overlay(&self, config: &mut ReferenceConfig) {
        let mut flags = self.clone();
        set_model(&mut flags, config);
        flags.apply(config);
    }
}

/// Changes the model first, since another model has other defaults.
pub(crate) fn set_model<T: clap::Args>(flags: &mut Overrides<T>, config: &mut ReferenceConfig) {
    if let Some(model) = flags.take("reference") {
        config.set_model(model);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use gstds_models::bank::BankElement;

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
        only.args.overlay(&mut config);
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
