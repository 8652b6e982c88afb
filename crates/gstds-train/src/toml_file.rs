//! Configurations as TOML, from a file and for one.

use crate::error::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// Reads a configuration.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::ConfigFile`] when it is none of this kind.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|source| gstds_data::Error::Io {
        action: "reading",
        path: path.into(),
        source,
    })?;
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
