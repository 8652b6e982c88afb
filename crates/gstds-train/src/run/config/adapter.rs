//! The adapter that a configuration asks for.

use crate::error::Result;
use gstds::adapter::{AdapterRequest, NATIVE};
use serde::{Deserialize, Serialize};

/// An adapter, by name or number, and its back end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// Part of its name, or its number in `gstds devices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `vulkan`, `metal` or `dx12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
}

impl Adapter {
    /// The adapter request with these names.
    ///
    /// # Errors
    /// [`gstds_data::Error::UnknownName`] for an unknown backend.
    pub fn wanted(&self) -> Result<AdapterRequest> {
        let backends = match self.backend.as_deref() {
            None => NATIVE,
            Some("vulkan") => wgpu::Backends::VULKAN,
            Some("metal") => wgpu::Backends::METAL,
            Some("dx12") => wgpu::Backends::DX12,
            Some(other) => {
                return Err(gstds_data::Error::UnknownName {
                    what: "backend",
                    name: other.into(),
                    choices: "vulkan, metal, dx12",
                }
                .into());
            }
        };
        let mut request = AdapterRequest::default().backends(backends);
        request.name.clone_from(&self.name);
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_go_by_their_names_and_all_native_ones_by_default() {
        let wanted = |backend: Option<&str>| {
            let adapter = Adapter {
                backend: backend.map(Into::into),
                ..Adapter::default()
            };
            adapter.wanted().map(|wanted| wanted.backends)
        };
        assert_eq!(wanted(None).unwrap(), NATIVE);
        assert_eq!(wanted(Some("metal")).unwrap(), wgpu::Backends::METAL);
        let message = wanted(Some("gl")).unwrap_err().to_string();
        assert!(message.contains("vulkan, metal, dx12"), "{message}");
    }
}
