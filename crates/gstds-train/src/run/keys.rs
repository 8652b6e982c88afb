//! A configuration as a flat list of keys and values, for comparing two.

use super::config::{TrainConfig, config_error};
use crate::error::Result;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Every key of `config.toml` with its value as TOML writes it; those of tables with dots, such as
/// `data.dataset`.
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
