use crate::{Error, Result};
use burn::tensor::{Device, wgpu::WgpuSetup};
use gstds::adapter::{self, AdapterRequest, Gpu};

/// One opened adapter, as Burn's device and as the wgpu handles under it.
#[derive(Clone, Debug)]
pub struct GpuDevice {
    /// Burn's device without gradients; `burn.clone().autodiff()` adds them.
    pub burn: Device,
    /// The instance, adapter, device and queue that Burn runs on.
    pub gpu: Gpu,
}

impl GpuDevice {
    /// Opens an adapter and registers it with Burn. Costs one device; open it once and clone.
    ///
    /// # Errors
    /// No such adapter, or [`Error::Device`] where Burn refuses it.
    pub fn open(wanted: &AdapterRequest) -> Result<Self> {
        Self::from_gpu(adapter::open(wanted)?)
    }

    /// Registers handles that the caller already has with Burn. Every call makes a new Burn
    /// device: tensors of two of them do not mix, even on the same handles.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn from_gpu(gpu: Gpu) -> Result<Self> {
        let info = gpu.adapter.get_info();
        let setup = WgpuSetup {
            instance: gpu.instance.clone(),
            adapter: gpu.adapter.clone(),
            device: gpu.device.clone(),
            queue: gpu.queue.clone(),
            backend: info.backend,
        };
        let burn = Device::wgpu_options().setup(setup).init();
        let burn = burn.map_err(|e| Error::Device {
            adapter: info.name,
            reason: e.to_string(),
        })?;
        Ok(Self { burn, gpu })
    }

    /// Whether it is a software adapter, which computes on the CPU, such as Mesa's llvmpipe.
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.gpu.is_software()
    }
}
