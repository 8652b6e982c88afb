#[cfg(test)]
mod tests;

use super::{
    Access, BoundKernel, KernelSpec, SHADERS, Shader, bind_group, constants::of_options, layout,
};
use crate::{MatrixKind, Options, Storage, matrix::Input, workspace::Workspace};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

/// A shader's permutation, and the constants given to it beside those of the options.
type PipelineKey = (&'static str, Vec<(&'static str, u64)>);

#[derive(Clone, Debug)]
struct Pipeline {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// The pipelines for one set of options, each compiled when a workspace that needs it is prepared.
#[derive(Debug)]
pub(crate) struct Pipelines {
    device: wgpu::Device,
    options: Options,
    input: Input,
    cache: Option<wgpu::PipelineCache>,
    /// Of group 1 of the kernels that read feature rows where they lie.
    chunk_layout: OnceLock<wgpu::BindGroupLayout>,
    compiled: Mutex<HashMap<PipelineKey, Pipeline>>,
}

impl Pipelines {
    pub fn new(
        device: &wgpu::Device,
        options: &Options,
        cache: Option<wgpu::PipelineCache>,
    ) -> Self {
        Self {
            device: device.clone(),
            options: options.clone(),
            input: Input::Features,
            cache,
            chunk_layout: OnceLock::new(),
            compiled: Mutex::default(),
        }
    }

    /// Those for a matrix of the caller's, none of them compiled yet.
    pub fn of_matrix(&self, kind: MatrixKind) -> Self {
        let options = kind.options(&self.options);
        Self {
            input: kind.into(),
            ..Self::new(&self.device, &options, self.cache.clone())
        }
    }

    pub fn input(&self) -> Input {
        self.input
    }

    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The features' binding, the list of rows, and the chunk's parameters.
    pub fn chunk_layout(&self) -> &wgpu::BindGroupLayout {
        let bindings = [Access::Read, Access::Read, Access::Uniform];
        let made = || layout(&self.device, "gstds chunk", bindings.into_iter());
        self.chunk_layout.get_or_init(made)
    }

    fn pipeline(&self, shader: &Shader, constants: &[(&'static str, f64)]) -> Pipeline {
        let bits = constants
            .iter()
            .map(|(name, value)| (*name, value.to_bits()));
        let key = (shader.name, bits.collect());
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || self.compile(shader, constants);
        compiled.entry(key).or_insert_with(made).clone()
    }

    #[cfg(test)]
    pub fn compiled(&self) -> usize {
        let compiled = self.compiled.lock();
        compiled.unwrap_or_else(PoisonError::into_inner).len()
    }

    fn compile(&self, shader: &Shader, constants: &[(&'static str, f64)]) -> Pipeline {
        let device = &self.device;
        let name = format!("gstds {}", named(shader, constants));
        let label = Some(name.as_str());
        let accesses = shader.bindings.iter().map(|(_, access)| *access);
        let layout = layout(device, &name, accesses);
        let chunk = shader.chunked.then(|| self.chunk_layout());
        let groups: Vec<_> = std::iter::once(&layout).chain(chunk).map(Some).collect();
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &groups,
            immediate_size: 0,
        });
        let module = module(device, &name, shader);
        let of_options = of_options(&self.options, self.input);
        let declared = |(name, _): &(&str, f64)| shader.constants.contains(name);
        let values = of_options.into_iter().filter(declared);
        let constants: Vec<_> = values.chain(constants.iter().copied()).collect();
        #[cfg(test)]
        super::tests::compiling(shader, &name, &constants);
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &constants,
                // Every kernel writes what it reads of workgroup memory.
                zero_initialize_workgroup_memory: false,
            },
            cache: self.cache.as_ref(),
        });
        Pipeline { pipeline, layout }
    }

    /// A kernel with further constants, and the buffer of each binding by its name in the shader.
    pub fn bind<'b>(
        &self,
        spec: &KernelSpec,
        constants: &[(&'static str, f64)],
        buffer: impl Fn(&str) -> wgpu::BufferBinding<'b>,
    ) -> BoundKernel {
        let shader = self.shader(spec);
        let constants = [spec.constants, constants].concat();
        let Pipeline { pipeline, layout } = self.pipeline(shader, &constants);
        let names = shader.bindings.iter();
        let buffers: Vec<_> = names.map(|(name, _)| buffer(name)).collect();
        BoundKernel {
            pipeline,
            group: bind_group(&self.device, &named(shader, &constants), &layout, &buffers),
            grid: spec.grid,
        }
    }

    /// The permutation of a kernel's shader for its variants, the options and the device.
    fn shader(&self, spec: &KernelSpec) -> &'static Shader {
        let subgroups = self.device.features().contains(wgpu::Features::SUBGROUP);
        let on = |variant: &&'static str| match *variant {
            "half" => self.options.storage == Storage::Half,
            "further" => self.options.has_further(),
            "subgroup" => subgroups,
            other => spec.variants.contains(&other),
        };
        let mut permutations = SHADERS.iter().filter(|s| s.stem == spec.shader);
        // The last one has every variant that the shader declares.
        let declared = permutations
            .clone()
            .next_back()
            .map_or(&[][..], |s| s.variants);
        let wanted: Vec<_> = declared.iter().copied().filter(&on).collect();
        let found = permutations.find(|s| s.variants == wanted);
        found.unwrap_or_else(|| panic!("no shader {}", spec.shader))
    }
}

/// The shader's module without the iteration limits that wgpu adds to every loop, which cost a
/// quarter of all instructions and up to two fifths of a Lanczos step's. Debug builds keep them.
#[allow(unsafe_code)]
fn module(device: &wgpu::Device, name: &str, shader: &Shader) -> wgpu::ShaderModule {
    let mut checks = wgpu::ShaderRuntimeChecks::checked();
    checks.force_loop_bounding = cfg!(debug_assertions);
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(wgsl(shader, device.adapter_info().backend)),
    };
    // SAFETY: all other checks stay on, and every loop of every shader ends: its counter moves
    // towards a limit that is fixed before the loop, by a step that is not zero and cannot wrap, or
    // it is one of those that tests/loops.rs argues for, which holds the shaders to these forms.
    unsafe { device.create_shader_module_trusted(descriptor, checks) }
}

/// A permutation and the constants given to it, for labels.
fn named(shader: &Shader, constants: &[(&'static str, f64)]) -> String {
    let mut name = shader.name.to_string();
    for (constant, value) in constants {
        name += &format!(" {constant}={value}");
    }
    name
}

/// Binds kernels of one selector to the buffers of one workspace.
#[derive(Clone, Copy)]
pub(crate) struct Binder<'a> {
    pub pipelines: &'a Pipelines,
    pub workspace: &'a Workspace,
}

impl<'a> Binder<'a> {
    pub fn device(&self) -> &'a wgpu::Device {
        self.pipelines.device()
    }

    pub fn options(&self) -> &'a Options {
        &self.pipelines.options
    }

    /// Compiles a kernel that is bound later, while a call is recorded.
    pub fn compile(&self, spec: &KernelSpec) {
        let shader = self.pipelines.shader(spec);
        self.pipelines.pipeline(shader, spec.constants);
    }

    pub fn bind(&self, spec: &KernelSpec) -> BoundKernel {
        self.bind_with(spec, &[], &[])
    }

    /// With further constants, and buffers that are no workspace's or that differ from the table's.
    pub fn bind_with(
        &self,
        spec: &KernelSpec,
        constants: &[(&'static str, f64)],
        given: &[(&str, wgpu::BufferBinding<'_>)],
    ) -> BoundKernel {
        self.pipelines.bind(spec, constants, |name| {
            if let Some((_, binding)) = given.iter().find(|(of, _)| *of == name) {
                return binding.clone();
            }
            let field = spec.buffers.iter().find(|(of, _)| *of == name);
            let field = field.map_or(name, |(_, field)| *field);
            self.workspace.buffer(field).as_entire_buffer_binding()
        })
    }
}

/// The shader's text for a back end. Browsers want a directive before subgroup operations, which
/// naga 30 cannot parse.
fn wgsl(shader: &Shader, backend: wgpu::Backend) -> Cow<'static, str> {
    if backend == wgpu::Backend::BrowserWebGpu && shader.variants.contains(&"subgroup") {
        return format!("enable subgroups;\n{}", shader.wgsl).into();
    }
    shader.wgsl.into()
}
