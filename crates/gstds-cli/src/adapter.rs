//! `--adapter` and `--backend`, which every subcommand takes.

use clap::ValueEnum;
use gstds::adapter::{Gpu, Wanted};
use gstds_train::run::Adapter;

use crate::exit::Failure;

#[derive(clap::Args)]
#[command(next_help_heading = "GPU")]
pub(crate) struct Args {
    /// Use this adapter: its number in `gstds devices`, or a part of its name.
    #[arg(long, global = true, value_name = "NAME|INDEX")]
    adapter: Option<String>,
    /// Look for adapters on this backend only.
    #[arg(long, global = true)]
    backend: Option<Backend>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backend {
    Vulkan,
    Metal,
    Dx12,
}

impl Args {
    /// Puts the flags that were given over what a configuration says.
    pub(crate) fn apply(&self, adapter: &mut Adapter) {
        if let Some(name) = &self.adapter {
            adapter.name = Some(name.clone());
        }
        if let Some(name) = self.backend.and_then(|backend| backend.to_possible_value()) {
            adapter.backend = Some(name.get_name().into());
        }
    }

    /// The adapter that the flags alone ask for.
    pub(crate) fn wanted(&self) -> Result<Wanted, Failure> {
        let mut adapter = Adapter::default();
        self.apply(&mut adapter);
        Ok(adapter.wanted()?)
    }
}

/// Logs which adapter was opened, and what it may hold.
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
