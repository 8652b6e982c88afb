//! A step of deflated, shifted power iteration. One dispatch of one workgroup; reads 40n bytes.

use crate::{
    Affinity, Options,
    graph::laplacian::{Operator, symmetric},
    kernel::{Access, Kernel, Source, shader, subgroup},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Power(Kernel);

impl Power {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        use Access::{Uniform, Write};
        // Raw and shifted cosine similarities are Gram matrices; clamping can make W indefinite, and
        // a sparse graph without self-loops is.
        let unsure = matches!(options.affinity, Affinity::Clamp | Affinity::Knn);
        let indefinite = f64::from(u8::from(unsure));
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds power",
                wgsl: shader("power", subgroup(device)),
                bindings: &[Uniform, Write, Write, Write],
                constants: &[
                    ("symmetric", symmetric(options)),
                    ("indefinite", indefinite),
                ],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [&ws.params, &ws.state, &ws.product, &ws.basis];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [1, 1]);
    }
}

/// Power iteration in f64: the Ritz value and the unit vector after `steps` steps.
pub fn twin(operator: &Operator, start: &[f64], steps: usize) -> (f64, Vec<f64>) {
    let (_, degree_max) = operator.degree_range();
    let moved = if operator.symmetric {
        1.0
    } else {
        2.0 * degree_max
    };
    let mut vector = start.to_vec();
    let mut ritz = 0.0;
    for _ in 0..steps {
        let mut next = operator.apply(&vector);
        next.iter_mut()
            .zip(&vector)
            .for_each(|(y, x)| *y += moved * x);
        let along: f64 = next.iter().zip(&operator.trivial).map(|(a, b)| a * b).sum();
        next.iter_mut()
            .zip(&operator.trivial)
            .for_each(|(y, t)| *y -= along * t);
        ritz = next.iter().zip(&vector).map(|(a, b)| a * b).sum::<f64>() - moved;
        let norm = next.iter().map(|y| y * y).sum::<f64>().sqrt();
        vector = next.iter().map(|y| y / norm).collect();
    }
    (ritz, vector)
}
