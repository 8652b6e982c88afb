//! Choosing and opening a GPU adapter, for programs that have no device of their own.

use crate::{Error, Result, transfer};

/// Which adapter to open; by default the best one. Fields may be added in any release.
///
/// ```
/// use gstds::adapter::AdapterRequest;
///
/// let request = AdapterRequest::default().name("llvmpipe").backends(wgpu::Backends::VULKAN);
/// assert_eq!(request.name.as_deref(), Some("llvmpipe"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AdapterRequest {
    /// A part of the adapter's name, any case, or its number in [`list`]; a number beyond the list
    /// is a whole word of the name, such as 4090. By default the first discrete, then integrated,
    /// then virtual, then software adapter.
    pub name: Option<String>,
    /// Backends to search; by default [`NATIVE`], and the browser's WebGPU on wasm.
    pub backends: wgpu::Backends,
}

/// The backends the kernels are made for. OpenGL is left out even where another crate turns it on
/// in wgpu: it lists the same adapters again, with fewer abilities.
pub const NATIVE: wgpu::Backends = wgpu::Backends::VULKAN
    .union(wgpu::Backends::METAL)
    .union(wgpu::Backends::DX12);

impl Default for AdapterRequest {
    fn default() -> Self {
        Self {
            name: None,
            backends: if cfg!(target_family = "wasm") {
                wgpu::Backends::BROWSER_WEBGPU
            } else {
                NATIVE
            },
        }
    }
}

impl AdapterRequest {
    /// The request with this part of a name or number ([`name`](field@AdapterRequest::name)).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The request for adapters of these backends alone.
    #[must_use]
    pub fn backends(mut self, backends: wgpu::Backends) -> Self {
        self.backends = backends;
        self
    }
}

/// An opened adapter.
#[derive(Clone, Debug)]
pub struct Gpu {
    /// The instance it was found through.
    pub instance: wgpu::Instance,
    /// The adapter.
    pub adapter: wgpu::Adapter,
    /// A device with all of the adapter's limits and stable features.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
}

impl Gpu {
    /// Whether the adapter is a CPU emulating a GPU, such as Mesa's llvmpipe.
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.adapter.get_info().device_type == wgpu::DeviceType::Cpu
    }

    /// A new storage buffer of `bytes` bytes that can be copied from and to.
    ///
    /// # Errors
    /// [`Error::DeviceLimit`] beyond the largest buffer of the device, [`Error::OutOfMemory`] and
    /// [`Error::DeviceLost`].
    pub fn storage_buffer(&self, label: &'static str, bytes: u64) -> Result<wgpu::Buffer> {
        transfer::storage_buffer(&self.device, label, bytes)
    }

    /// A new storage buffer that holds these values once the queue's next submission runs.
    ///
    /// # Errors
    /// As [`Gpu::storage_buffer`].
    pub fn upload(&self, label: &'static str, values: &[f32]) -> Result<wgpu::Buffer> {
        transfer::upload(&self.device, &self.queue, label, values)
    }
}

/// The adapters of these backends, numbered by their place; none where no driver answers. Asks
/// every driver, which takes a moment, and opens no device. Not available on wasm, where [`list_async`]
/// is.
#[cfg(not(target_family = "wasm"))]
#[must_use]
pub fn list(backends: wgpu::Backends) -> Vec<wgpu::AdapterInfo> {
    pollster::block_on(list_async(backends))
}

/// The same without waiting. A browser has one adapter at most.
pub async fn list_async(backends: wgpu::Backends) -> Vec<wgpu::AdapterInfo> {
    let adapters = instance(backends).enumerate_adapters(backends).await;
    adapters.iter().map(wgpu::Adapter::get_info).collect()
}

/// Opens an adapter: one device, which lives as long as a handle of it does. Waits for the driver.
/// Not available on wasm, where [`open_async`] is.
///
/// # Errors
/// As [`open_async`].
#[cfg(not(target_family = "wasm"))]
pub fn open(request: &AdapterRequest) -> Result<Gpu> {
    pollster::block_on(open_async(request))
}

/// The same without waiting; native drivers answer at the first poll.
///
/// # Errors
/// [`Error::NoAdapter`] where no driver answers, [`Error::UnknownAdapter`] with the names that
/// exist, [`Error::NoDevice`] with the driver's message.
pub async fn open_async(request: &AdapterRequest) -> Result<Gpu> {
    let instance = instance(request.backends);
    let adapters = instance.enumerate_adapters(request.backends).await;
    let adapter = choose(adapters, request)?;
    let (device, queue) = open_device(&adapter).await?;
    Ok(Gpu {
        instance,
        adapter,
        device,
        queue,
    })
}

fn instance(backends: wgpu::Backends) -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        flags: wgpu::InstanceFlags::from_env_or_default(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    })
}

fn choose(adapters: Vec<wgpu::Adapter>, request: &AdapterRequest) -> Result<wgpu::Adapter> {
    if adapters.is_empty() {
        let names = request.backends.iter_names().map(|(name, _)| name);
        let backends = names.collect::<Vec<_>>().join(", ");
        return Err(Error::NoAdapter { backends });
    }
    let Some(name) = &request.name else {
        let best = adapters.into_iter().min_by_key(preference);
        return Ok(best.expect("checked above that there is one"));
    };
    let infos: Vec<_> = adapters.iter().map(wgpu::Adapter::get_info).collect();
    let place = place_of(name, infos.iter().map(|info| info.name.as_str()));
    let mut adapters = adapters;
    match place {
        Some(place) => Ok(adapters.swap_remove(place)),
        None => Err(Error::UnknownAdapter {
            name: name.clone(),
            found: numbered(&infos),
        }),
    }
}

/// The adapter of this number, or the first with this in its name, in any case. A number beyond the
/// list must be a whole word of a name, as in RTX 4090: every LLVM 15.0.6 has a 1 in it.
fn place_of<'a>(asked: &str, names: impl ExactSizeIterator<Item = &'a str>) -> Option<usize> {
    let number = asked.parse::<usize>().ok();
    if let Some(place) = number.filter(|place| *place < names.len()) {
        return Some(place);
    }
    let asked = asked.to_lowercase();
    let mut names = names.map(str::to_lowercase);
    names.position(|name| match number {
        Some(_) => name
            .split(|c: char| c.is_whitespace() || "()-,".contains(c))
            .any(|word| word == asked),
        None => name.contains(&asked),
    })
}

fn numbered(infos: &[wgpu::AdapterInfo]) -> String {
    let lines = infos
        .iter()
        .enumerate()
        .map(|(number, info)| format!("{number}: {} ({})", info.name, info.backend));
    lines.collect::<Vec<_>>().join(", ")
}

/// Lower is better; stable among equals, so that the system's own order decides.
fn preference(adapter: &wgpu::Adapter) -> u8 {
    match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

async fn open_device(adapter: &wgpu::Adapter) -> Result<(wgpu::Device, wgpu::Queue)> {
    // Mapping primary buffers makes wgpu place them in slower memory; the rest costs nothing.
    let excluded =
        wgpu::Features::MAPPABLE_PRIMARY_BUFFERS | wgpu::Features::all_experimental_mask();
    let request = adapter.request_device(&wgpu::DeviceDescriptor {
        label: Some("gstds"),
        required_features: adapter.features().difference(excluded),
        required_limits: adapter.limits(),
        memory_hints: wgpu::MemoryHints::Performance,
        ..Default::default()
    });
    request.await.map_err(|e| Error::NoDevice {
        adapter: adapter.get_info().name,
        reason: e.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn adapters_are_named_by_number_or_by_a_part_of_the_name() {
        let names = [
            "NVIDIA GeForce RTX 4090",
            "llvmpipe (LLVM 15.0.6, 256 bits)",
        ];
        let place = |asked: &str| place_of(asked, names.into_iter());
        assert_eq!([place("0"), place("1")], [Some(0), Some(1)]);
        assert_eq!([place("4090"), place("256")], [Some(0), Some(1)]);
        assert_eq!([place("geforce"), place("LLVM")], [Some(0), Some(1)]);
        // Parts of numbers, and of a version.
        assert_eq!([place("5"), place("15"), place("409")], [None; 3]);
        assert_eq!(place(""), Some(0));
    }
}
