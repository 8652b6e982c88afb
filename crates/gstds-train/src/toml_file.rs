//! Configurations as TOML.

use crate::error::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// Reads a configuration.
///
/// # Errors
/// [`gstds_data::Error::Io`] where the file cannot be read, [`Error::ConfigFile`] where it is not
/// such a configuration.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(gstds_data::Error::io("reading", path))?;
    toml::from_str(&text).map_err(|e| Error::ConfigFile {
        path: path.into(),
        reason: e.to_string().trim_end().into(),
    })
}

/// The text of a configuration.
///
/// # Errors
/// [`Error::Config`] for a value that TOML cannot hold.
pub fn text<T: Serialize>(config: &T) -> Result<String> {
    toml::to_string(config).map_err(|e| Error::Config {
        reason: e.to_string(),
    })
}
