//! One compute pipeline and its bindings, described by the host file of its shader.

/// How a kernel uses a binding; bindings are numbered in the order given.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    Uniform,
    Read,
    Write,
}

impl Access {
    fn binding_type(self) -> wgpu::BindingType {
        let ty = match self {
            Self::Uniform => wgpu::BufferBindingType::Uniform,
            Self::Read => wgpu::BufferBindingType::Storage { read_only: true },
            Self::Write => wgpu::BufferBindingType::Storage { read_only: false },
        };
        wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: false,
            min_binding_size: None,
        }
    }
}

/// What a kernel is built from.
pub(crate) struct Source<'a> {
    pub name: &'static str,
    pub wgsl: &'static str,
    pub bindings: &'a [Access],
    pub constants: &'a [(&'a str, f64)],
}

#[derive(Debug)]
pub(crate) struct Kernel {
    name: &'static str,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// A bind group layout with these bindings, in order.
pub(crate) fn layout(
    device: &wgpu::Device,
    name: &str,
    bindings: &[Access],
) -> wgpu::BindGroupLayout {
    let entries: Vec<_> = (0u32..)
        .zip(bindings)
        .map(|(binding, access)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: access.binding_type(),
            count: None,
        })
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some(name),
        entries: &entries,
    })
}

/// A bind group of these buffers, in order.
pub(crate) fn bind_group(
    device: &wgpu::Device,
    name: &str,
    layout: &wgpu::BindGroupLayout,
    buffers: &[wgpu::BufferBinding<'_>],
) -> wgpu::BindGroup {
    let entries: Vec<_> = (0u32..)
        .zip(buffers)
        .map(|(binding, buffer)| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::Buffer(buffer.clone()),
        })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(name),
        layout,
        entries: &entries,
    })
}

impl Kernel {
    pub fn new(device: &wgpu::Device, source: &Source<'_>) -> Self {
        Self::build(device, source, None)
    }

    /// A kernel whose second bind group, of layout `second`, changes from call to call.
    pub fn with_second_group(
        device: &wgpu::Device,
        source: &Source<'_>,
        second: &wgpu::BindGroupLayout,
    ) -> Self {
        Self::build(device, source, Some(second))
    }

    fn build(
        device: &wgpu::Device,
        source: &Source<'_>,
        second: Option<&wgpu::BindGroupLayout>,
    ) -> Self {
        let name = source.name;
        let layout = layout(device, name, source.bindings);
        let groups: Vec<_> = std::iter::once(&layout).chain(second).map(Some).collect();
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &groups,
            immediate_size: 0,
        });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(name),
            source: wgpu::ShaderSource::Wgsl(source.wgsl.into()),
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(name),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: source.constants,
                // Every kernel writes what it reads of workgroup memory.
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        Self {
            name,
            pipeline,
            layout,
        }
    }

    pub fn bind(
        &self,
        device: &wgpu::Device,
        buffers: &[wgpu::BufferBinding<'_>],
    ) -> wgpu::BindGroup {
        bind_group(device, self.name, &self.layout, buffers)
    }

    /// Binds whole buffers.
    pub fn bind_all(&self, device: &wgpu::Device, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let bindings: Vec<_> = buffers
            .iter()
            .map(|b| b.as_entire_buffer_binding())
            .collect();
        self.bind(device, &bindings)
    }

    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bind_group: &wgpu::BindGroup,
        workgroups: [u32; 2],
    ) {
        self.record_each(pass, bind_group, workgroups, 1);
    }

    /// Records the same workgroups for each of many graphs, which the kernel tells apart by the
    /// third dimension.
    pub fn record_each(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bind_group: &wgpu::BindGroup,
        workgroups: [u32; 2],
        graphs: u32,
    ) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bind_group, &[]);
        pass.dispatch_workgroups(workgroups[0], workgroups[1], graphs);
    }

    /// Records a kernel made by [`Kernel::with_second_group`].
    pub fn record_with(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bind_group: &wgpu::BindGroup,
        second: &wgpu::BindGroup,
        workgroups: [u32; 2],
    ) {
        pass.set_bind_group(1, second, &[]);
        self.record(pass, bind_group, workgroups);
    }
}

/// Workgroups on a grid of two dimensions, of which WebGPU takes 65,535 each; the last few may be
/// too many, for kernels to pass over.
pub(crate) fn grid(workgroups: u32) -> [u32; 2] {
    let lines = workgroups.div_ceil(65_535).max(1);
    [workgroups.div_ceil(lines), lines]
}

/// Every permutation of every shader, as `name+variant+variant` and its composed source.
const SHADERS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/all.rs"));

/// The source of a shader's permutation; `variants` in the order of its `#variants` line.
pub(crate) fn shader(name: &str, variants: &[&str]) -> &'static str {
    let wanted = [&[name], variants].concat().join("+");
    let found = SHADERS.iter().find(|(known, _)| *known == wanted);
    found.unwrap_or_else(|| panic!("no shader {wanted}")).1
}

/// The `subgroup` variant of a shader that has one, where the device can run it.
pub(crate) fn subgroup(device: &wgpu::Device) -> &'static [&'static str] {
    if device.features().contains(wgpu::Features::SUBGROUP) {
        &["subgroup"]
    } else {
        &[]
    }
}
