//! The largest eigenpair of the Lanczos matrix. One dispatch of one workgroup.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Tridiagonal(Kernel);

impl Tridiagonal {
    pub fn new(device: &wgpu::Device) -> Self {
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds tridiagonal",
                wgsl: shader("tridiagonal", &[]),
                bindings: &[Access::Write],
                constants: &[],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        self.0.bind_all(device, &[&ws.state])
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [1, 1]);
    }
}

/// Largest eigenvalue of the symmetric tridiagonal matrix and its unit eigenvector, in f64.
/// `beta` has at least one entry fewer than `alpha`; further entries are ignored.
pub fn twin(alpha: &[f64], beta: &[f64]) -> (f64, Vec<f64>) {
    let size = alpha.len();
    let radius = |i: usize| {
        let left = if i > 0 { beta[i - 1].abs() } else { 0.0 };
        let right = if i + 1 < size { beta[i].abs() } else { 0.0 };
        left + right
    };
    let mut low = (0..size).fold(f64::INFINITY, |l, i| l.min(alpha[i] - radius(i)));
    let mut high = (0..size).fold(f64::NEG_INFINITY, |h, i| h.max(alpha[i] + radius(i)));
    let scale = low.abs().max(high.abs()).max(1e-300);
    while high - low > 4.0 * f64::EPSILON * scale {
        let middle = 0.5 * (low + high);
        if exceeds(alpha, beta, middle, scale) {
            low = middle;
        } else {
            high = middle;
        }
    }
    let value = 0.5 * (low + high);
    (value, eigenvector(alpha, beta, value, scale))
}

/// Whether an eigenvalue lies above `point`: a pivot of T − point·I is positive.
fn exceeds(alpha: &[f64], beta: &[f64], point: f64, scale: f64) -> bool {
    let mut pivot = alpha[0] - point;
    for i in 1..alpha.len() {
        if pivot > 0.0 {
            return true;
        }
        let safe = pivot.min(-1e-30 * scale);
        pivot = alpha[i] - point - beta[i - 1] * beta[i - 1] / safe;
    }
    pivot > 0.0
}

/// Inverse iteration on T − (value + a little)·I, which is negative definite, so that elimination
/// needs no row exchanges.
fn eigenvector(alpha: &[f64], beta: &[f64], value: f64, scale: f64) -> Vec<f64> {
    let size = alpha.len();
    let shift = value + 16.0 * f64::EPSILON * scale;
    let mut vector = vec![1.0; size];
    for _ in 0..4 {
        let mut pivots = Vec::with_capacity(size);
        pivots.push(alpha[0] - shift);
        for i in 1..size {
            let factor = beta[i - 1] / pivots[i - 1];
            vector[i] -= factor * vector[i - 1];
            pivots.push(alpha[i] - shift - factor * beta[i - 1]);
        }
        for i in (0..size).rev() {
            let above = if i + 1 < size {
                beta[i] * vector[i + 1]
            } else {
                0.0
            };
            vector[i] = (vector[i] - above) / pivots[i];
        }
        let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        vector.iter_mut().for_each(|x| *x /= norm);
    }
    vector
}
