//! The kernel that turns stored images into pictures, the learner's input: it gathers, resizes,
//! augments and normalises them.
//!
//! A pixel of the picture is the mean of `taps * taps` bilinear taps spread evenly over it. A
//! side that divides the image's gives exact block means; a larger side gives bilinear
//! interpolation with repeated edges.

use super::{
    augment::Augment,
    normalisation::Normalisation,
    pixels::{PixelBuffers, Segment},
    residence::Limits,
};
use bytemuck::{Pod, Zeroable};
use gstds::adapter::Gpu;
use wgpu::util::DeviceExt;

/// Invocations of a workgroup, as in the shader.
const THREADS: usize = 64;

/// Output bytes that one call may write: the kernel counts values in u32.
const MOST_OUTPUT: u64 = 1 << 32;

/// What one image is, as stored and as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Values in a pixel.
    pub channels: usize,
    /// Side of the square image, in pixels.
    pub stored: usize,
    /// Side of the picture, in pixels.
    pub side: usize,
}

impl Geometry {
    /// Taps along each side of an output pixel: as many as keep them a stored pixel apart or less.
    pub(crate) fn taps(&self) -> usize {
        self.stored.div_ceil(self.side).max(1)
    }

    /// Bytes of an image.
    pub(crate) fn image_bytes(&self) -> usize {
        self.channels * self.stored * self.stored
    }

    /// Values of a picture.
    pub(crate) fn values(&self) -> usize {
        self.channels * self.side * self.side
    }
}

/// Which pictures an epoch's images become.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Draw {
    pub augment: Augment,
    /// Of the epoch.
    pub seed: u64,
}

/// The kernel for one geometry and normalisation.
#[derive(Debug)]
pub(crate) struct GatherImages {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub geometry: Geometry,
    pub limits: Limits,
    pipeline: wgpu::ComputePipeline,
    moments: wgpu::Buffer,
}

/// `Params` in the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct GatherParams {
    rows: u32,
    channels: u32,
    stored: u32,
    side: u32,
    taps: u32,
    first: u32,
    held: u32,
    slots: u32,
    line: u32,
    seed: u32,
    flip: u32,
    crop: u32,
    rotation: f32,
    brightness: f32,
    // A uniform's size is a multiple of 16 bytes.
    unused: [u32; 2],
}

impl GatherImages {
    /// Compiles the kernel.
    pub(crate) fn new(
        gpu: &Gpu,
        geometry: Geometry,
        normalisation: &Normalisation,
        limits: Limits,
    ) -> Self {
        let Gpu { device, queue, .. } = gpu;
        let module =
            device.create_shader_module(wgpu::include_wgsl!("../../shaders/gather_images.wgsl"));
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("gstds gather images"),
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        let moments: Vec<[f32; 2]> = normalisation.channels.iter().map(|&m| m.into()).collect();
        let moments = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("gstds channel moments"),
            contents: bytemuck::cast_slice(&moments),
            usage: wgpu::BufferUsages::STORAGE,
        });
        Self {
            device: device.clone(),
            queue: queue.clone(),
            geometry,
            limits,
            pipeline,
            moments,
        }
    }

    /// Pictures that one call can write.
    pub(crate) fn most_rows(&self) -> usize {
        let limit = gstds::largest_binding(&self.device.limits());
        let picture = 4 * self.geometry.values().max(1) as u64;
        (limit.min(MOST_OUTPUT) / picture) as usize
    }

    /// Records the pictures of `rows` images into `output` (f32, `[rows, channels, side, side]`,
    /// all of it written). `lists` holds the data set's row numbers, then the slots in `pixels`,
    /// both u32; a slot past the last image counts as the last.
    pub(crate) fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pixels: &PixelBuffers,
        lists: &wgpu::Buffer,
        output: &wgpu::BufferBinding<'_>,
        rows: usize,
        draw: &Draw,
    ) {
        let groups = (rows * self.geometry.values()).div_ceil(THREADS).max(1) as u32;
        let lines = groups.div_ceil(self.limits.groups);
        let line = groups.div_ceil(lines);
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("gstds gather images"),
            timestamp_writes: None,
        });
        pass.set_pipeline(&self.pipeline);
        let used = pixels.segments.iter().filter(|s| s.first < pixels.images);
        for segment in used {
            let params = self.params(segment, pixels.images, rows, line, draw);
            let bound = self.bind(&params, segment, lists, output);
            pass.set_bind_group(0, &bound, &[]);
            pass.dispatch_workgroups(line, lines, 1);
        }
    }

    fn params(
        &self,
        segment: &Segment,
        images: usize,
        rows: usize,
        line: u32,
        draw: &Draw,
    ) -> GatherParams {
        GatherParams {
            rows: rows as u32,
            channels: self.geometry.channels as u32,
            stored: self.geometry.stored as u32,
            side: self.geometry.side as u32,
            taps: self.geometry.taps() as u32,
            first: segment.first as u32,
            held: segment.held as u32,
            slots: images as u32,
            line,
            seed: folded(draw.seed),
            flip: draw.augment.flip.into(),
            crop: draw.augment.crop,
            rotation: draw.augment.rotation.to_radians() as f32,
            brightness: draw.augment.brightness as f32,
            unused: [0; 2],
        }
    }

    fn bind(
        &self,
        params: &GatherParams,
        segment: &Segment,
        lists: &wgpu::Buffer,
        output: &wgpu::BufferBinding<'_>,
    ) -> wgpu::BindGroup {
        // Each dispatch has parameters of its own, written before anything is submitted.
        let params = self
            .device
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("gstds gather images parameters"),
                contents: bytemuck::bytes_of(params),
                usage: wgpu::BufferUsages::UNIFORM,
            });
        let buffers = [
            params.as_entire_buffer_binding(),
            segment.buffer.as_entire_buffer_binding(),
            lists.as_entire_buffer_binding(),
            self.moments.as_entire_buffer_binding(),
            output.clone(),
        ];
        let entries: Vec<_> = (0u32..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: wgpu::BindingResource::Buffer(buffer),
            })
            .collect();
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("gstds gather images"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &entries,
        })
    }
}

/// A 64-bit seed as the 32 bits that the shader mixes.
fn folded(seed: u64) -> u32 {
    (seed ^ (seed >> 32)) as u32
}

/// The kernel's twin: the picture of one image (u8, `[stored, stored, channels]`) at `row` of the
/// data set, f64, `[channels, side, side]`.
#[cfg(test)]
pub(crate) fn twin(
    geometry: &Geometry,
    normalisation: &Normalisation,
    draw: &Draw,
    row: u32,
    image: &[u8],
) -> Vec<f64> {
    let motion = twin::Motion::of(draw, row, geometry.taps());
    let mut picture = Vec::with_capacity(geometry.values());
    for (channel, &(mean, deviation)) in normalisation.channels.iter().enumerate() {
        for y in 0..geometry.side {
            for x in 0..geometry.side {
                let (sum, weights) = twin::taps(geometry, &motion, channel, [x, y], image);
                if weights == 0.0 {
                    picture.push(0.0);
                    continue;
                }
                let seen = (sum / weights / 255.0 * motion.gain).clamp(0.0, 1.0);
                let share = weights / (geometry.taps() * geometry.taps()) as f64;
                picture.push(share * (seen - f64::from(mean)) / f64::from(deviation));
            }
        }
    }
    picture
}

/// The inputs of the twin.
#[cfg(test)]
mod twin {
    use super::{Draw, Geometry, folded};

    /// How a picture differs from its image.
    pub(super) struct Motion {
        mirrored: bool,
        /// In taps.
        shift: [f64; 2],
        /// In radians.
        angle: f64,
        pub gain: f64,
    }

    impl Motion {
        pub(super) fn of(draw: &Draw, row: u32, taps: usize) -> Self {
            let golden = 0x9e37_79b9u32;
            let seed = mix(folded(draw.seed).wrapping_add(golden));
            let key = mix(row.wrapping_mul(2_654_435_761).wrapping_add(seed));
            let number = |purpose: u32| mix(key.wrapping_add(purpose.wrapping_mul(golden)));
            let evenly = |purpose| f64::from(number(purpose) >> 8) / f64::from(1 << 23) - 1.0;
            let crop = i64::from(draw.augment.crop);
            let shift = |purpose| {
                let pixels = i64::from(number(purpose)) % (2 * crop + 1) - crop;
                (pixels * taps as i64) as f64
            };
            Self {
                mirrored: draw.augment.flip && number(1) >> 31 != 0,
                shift: [shift(2), shift(3)],
                angle: draw.augment.rotation.to_radians() * evenly(4),
                gain: 1.0 + draw.augment.brightness * evenly(5),
            }
        }

        fn origin(&self, [x, y]: [f64; 2], extent: f64) -> [f64; 2] {
            let [x, y] = [
                x - self.shift[0] - extent / 2.0,
                y - self.shift[1] - extent / 2.0,
            ];
            let (sine, cosine) = self.angle.sin_cos();
            let [x, y] = [cosine * x + sine * y, cosine * y - sine * x];
            let x = if self.mirrored { -x } else { x };
            [x + extent / 2.0, y + extent / 2.0]
        }
    }

    fn mix(mut z: u32) -> u32 {
        z ^= z >> 16;
        z = z.wrapping_mul(0x85eb_ca6b);
        z ^= z >> 13;
        z = z.wrapping_mul(0xc2b2_ae35);
        z ^ (z >> 16)
    }

    /// Weighted sum of an output pixel's taps, and the sum of their weights.
    pub(super) fn taps(
        geometry: &Geometry,
        motion: &Motion,
        channel: usize,
        [column, row]: [usize; 2],
        image: &[u8],
    ) -> (f64, f64) {
        let taps = geometry.taps();
        let extent = (geometry.side * taps) as f64;
        let scale = geometry.stored as f64 / extent;
        let (mut sum, mut weights) = (0.0, 0.0);
        for y in row * taps..(row + 1) * taps {
            for x in column * taps..(column + 1) * taps {
                let from = motion.origin([x as f64 + 0.5, y as f64 + 0.5], extent);
                let ramp = |at: f64| (2.0 * at + 1.0).clamp(0.0, 1.0);
                let inside = from.map(|at| ramp(at) * ramp(extent - at));
                let weight = inside[0] * inside[1];
                let point = from.map(|at| at * scale - 0.5);
                sum += weight * bilinear(geometry, channel, point, image);
                weights += weight;
            }
        }
        (sum, weights)
    }

    fn bilinear(geometry: &Geometry, channel: usize, [x, y]: [f64; 2], image: &[u8]) -> f64 {
        let last = geometry.stored as i64 - 1;
        let byte = |x: i64, y: i64| {
            let pixel = y.clamp(0, last) * geometry.stored as i64 + x.clamp(0, last);
            f64::from(image[pixel as usize * geometry.channels + channel])
        };
        let (left, top) = (x.floor(), y.floor());
        let (right, below) = (x - left, y - top);
        let (i, j) = (left as i64, top as i64);
        (1.0 - below) * ((1.0 - right) * byte(i, j) + right * byte(i + 1, j))
            + below * ((1.0 - right) * byte(i, j + 1) + right * byte(i + 1, j + 1))
    }
}
