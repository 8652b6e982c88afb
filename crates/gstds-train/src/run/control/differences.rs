//! Where two configurations differ, key by key.

use crate::{
    error::Result,
    run::{config::TrainConfig, keys::flat},
};

/// Keys that say where and when and not what: a run goes on whatever they are now. The data and
/// features that are found there are held to those of the checkpoint.
const FREE: [&str; 4] = [
    "adapter.",
    "checkpoint_minutes",
    "data.folder",
    "reference.weights",
];

/// Keys that the run depends on and that differ, as `epochs is 3, not 2`: `now`, not `then`.
pub fn differences(now: &TrainConfig, then: &TrainConfig) -> Result<Vec<String>> {
    let (now, then) = (flat(now)?, flat(then)?);
    let mut keys: Vec<&String> = now.keys().chain(then.keys()).collect();
    keys.sort();
    keys.dedup();
    let shown = |value: Option<&String>| value.map_or("left out", String::as_str).to_owned();
    let differ = |key: &&String| now.get(*key) != then.get(*key);
    let bound = |key: &&String| !FREE.iter().any(|free| key.starts_with(free));
    let keys = keys.into_iter().filter(differ).filter(bound);
    Ok(keys
        .map(|key| {
            format!(
                "{key} is {}, not {}",
                shown(now.get(key)),
                shown(then.get(key))
            )
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::MethodName;

    #[test]
    fn what_a_run_depends_on_is_named_and_the_rest_is_free() {
        let then = TrainConfig::new(MethodName::Gstds, true);
        let mut now = then.clone();
        now.adapter.name = Some("other".into());
        now.checkpoint_minutes = 1.0;
        now.data.folder = Some("elsewhere".into());
        assert_eq!(differences(&now, &then).unwrap(), [""; 0]);
        now.epochs = 99;
        now.max_steps = Some(3);
        now.optimiser.learning_rate = 0.5;
        let expected = [
            "epochs is 99, not 12",
            "max_steps is 3, not left out",
            "optimiser.learning_rate is 0.5, not 0.1",
        ];
        assert_eq!(differences(&now, &then).unwrap(), expected);
    }
}
