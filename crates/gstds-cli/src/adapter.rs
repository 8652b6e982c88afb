//! `--adapter` and `--backend`, which every subcommand takes.

use clap::ValueEnum;
use gstds::adapter::Wanted;
use wgpu::Backends;

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
    pub(crate) fn wanted(&self) -> Wanted {
        let backends = match self.backend {
            Some(Backend::Vulkan) => Backends::VULKAN,
            Some(Backend::Metal) => Backends::METAL,
            Some(Backend::Dx12) => Backends::DX12,
            // WebGPU's own three; OpenGL would list the same adapters again, with fewer abilities.
            None => Backends::VULKAN | Backends::METAL | Backends::DX12,
        };
        Wanted {
            name: self.adapter.clone(),
            backends,
        }
    }
}
