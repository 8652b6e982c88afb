//! `--adapter` and `--backend`, which every subcommand takes.

use clap::ValueEnum;
use gstds::adapter::{AdapterRequest, Gpu, NATIVE};

#[derive(clap::Args)]
#[command(next_help_heading = "GPU")]
pub(crate) struct Args {
    /// Use this adapter.
    ///
    /// Its number in `gstds devices`, or part of its name.
    #[arg(long, global = true, value_name = "NAME|INDEX")]
    adapter: Option<String>,
    /// Use adapters of this backend only.
    #[arg(long, global = true)]
    backend: Option<Backend>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backend {
    Vulkan,
    Metal,
    Dx12,
}

impl Backend {
    fn backends(self) -> wgpu::Backends {
        match self {
            Self::Vulkan => wgpu::Backends::VULKAN,
            Self::Metal => wgpu::Backends::METAL,
            Self::Dx12 => wgpu::Backends::DX12,
        }
    }
}

impl Args {
    /// Applies the given flags over a configuration.
    #[cfg(feature = "train")]
    pub(crate) fn apply(&self, adapter: &mut gstds_train::run::Adapter) {
        if let Some(name) = &self.adapter {
            adapter.name = Some(name.clone());
        }
        if let Some(name) = self.backend.and_then(|backend| backend.to_possible_value()) {
            adapter.backend = Some(name.get_name().into());
        }
    }

    /// The adapter that the flags alone request.
    pub(crate) fn wanted(&self) -> AdapterRequest {
        let backends = self.backend.map_or(NATIVE, Backend::backends);
        let mut request = AdapterRequest::default().backends(backends);
        request.name.clone_from(&self.adapter);
        request
    }
}

/// Logs which adapter was opened, and its limits.
pub(crate) fn log_opened(gpu: &Gpu) {
    let info = gpu.adapter.get_info();
    let limits = gpu.device.limits();
    log::debug!(
        target: "gstds::adapter",
        "opened {} ({:?}, {}, {} {}): buffers of {} bytes, bindings of {}",
        info.name,
        info.device_type,
        info.backend,
        info.driver,
        info.driver_info,
        limits.max_buffer_size,
        limits.max_storage_buffer_binding_size,
    );
}
