//! Where two configurations differ, key by key.

use crate::{
    error::{Result, config_error},
    run::config::TrainConfig,
};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Keys that may change when a run is resumed: they concern where and when, not what. Data and
/// features are compared with those of the checkpoint.
const FREE: [&str; 4] = [
    "adapter.",
    "checkpoint_minutes",
    "data.folder",
    "reference.weights",
];

/// Every key of `config.toml` with its value as TOML writes it; keys of tables have dots, such as
/// `data.dataset`.
///
/// # Errors
/// [`Error::Config`](crate::Error::Config) for a value that TOML cannot hold.
pub fn flat(config: &TrainConfig) -> Result<BTreeMap<String, String>> {
    let text = config.to_toml()?;
    let table: Table = toml::from_str(&text).map_err(|e| config_error(e.to_string()))?;
    let mut all = BTreeMap::new();
    flatten("", &table, &mut all);
    Ok(all)
}

fn flatten(above: &str, table: &Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = format!("{above}{key}");
        match value {
            Value::Table(below) => flatten(&format!("{key}."), below, into),
            value => drop(into.insert(key, value.to_string())),
        }
    }
}

/// The keys in which `now` differs from `then` and that a run depends on, as `epochs is 3, not 2`.
///
/// # Errors
/// As [`flat`].
pub fn differences(now: &TrainConfig, then: &TrainConfig) -> Result<Vec<String>> {
    let (now, then) = (flat(now)?, flat(then)?);
    let mut keys: Vec<&String> = now.keys().chain(then.keys()).collect();
    keys.sort();
    keys.dedup();
    let shown = |value: Option<&String>| value.map_or("unset", String::as_str).to_owned();
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
    fn what_a_run_depends_on_is_named_and_the_rest_may_change() {
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
            "max_steps is 3, not unset",
            "optimiser.learning_rate is 0.5, not 0.1",
        ];
        assert_eq!(differences(&now, &then).unwrap(), expected);
    }
}
