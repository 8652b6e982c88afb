//! Kernels that read buffers of the caller's, and are bound to those of each call.

use super::{Binder, BoundKernel, KernelSpec};
use crate::error_scope::CallWatch;

/// A kernel that each call binds to buffers of its own. The binding of the last call stays, for the
/// next one with the same buffers: training hands in the same bank step after step, and a new bind
/// group costs the host as much as recording a hundred dispatches.
#[derive(Debug)]
pub(crate) struct PerCallKernel {
    spec: KernelSpec,
    last: Option<(Vec<Bound>, BoundKernel)>,
}

impl PerCallKernel {
    /// Compiles the kernel, so that nothing is while a call is recorded.
    pub fn new(binder: &Binder<'_>, spec: &KernelSpec) -> Self {
        binder.compile(spec);
        Self {
            spec: *spec,
            last: None,
        }
    }

    /// The kernel bound to these buffers, and to the workspace's for all else.
    pub fn bind(
        &mut self,
        binder: &Binder<'_>,
        watch: &mut CallWatch<'_>,
        given: &[(&str, wgpu::BufferBinding<'_>)],
    ) -> BoundKernel {
        let buffers: Vec<_> = given.iter().map(|(_, buffer)| Bound::of(buffer)).collect();
        let last = match self.last.take() {
            Some(last) if last.0 == buffers => last,
            _ => {
                watch.device();
                (buffers, binder.bind_with(&self.spec, &[], given))
            }
        };
        self.last.insert(last).1.clone()
    }
}

/// What part of a buffer is bound.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    buffer: wgpu::Buffer,
    offset: u64,
    size: Option<wgpu::BufferSize>,
}

impl Bound {
    pub fn of(binding: &wgpu::BufferBinding<'_>) -> Self {
        Self {
            buffer: binding.buffer.clone(),
            offset: binding.offset,
            size: binding.size,
        }
    }
}
