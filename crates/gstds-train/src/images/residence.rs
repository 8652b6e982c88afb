//! Where images are kept during a run, and whether they fit there.

use crate::error::{Error, Result};
use gstds_burn::GpuDevice;
use gstds_data::ImageShape;

gstds_data::named! {
    /// Where the images of a split are kept during a run.
    #[derive(Default)]
    Residence, "residence", {
        /// On the device where they fit, streamed where not.
        ///
        /// They fit where [`predicted_bytes`] are at most 4 GiB, on a software adapter 1 GiB.
        #[default]
        Auto = "auto",
        /// On the device, all of them, as bytes.
        Device = "device",
        /// On the host or on disk; batches are read ahead, and each is uploaded for its step.
        Stream = "stream",
    }
}

/// Bytes that a split of `images` images takes on the device where it is resident: its pixels as
/// bytes, and four for each label.
#[must_use]
pub fn predicted_bytes(images: usize, shape: ImageShape) -> u64 {
    (images as u64).saturating_mul((shape.bytes() as u64).saturating_add(4))
}

/// Buffers over which a split may be spread; each takes one dispatch per step.
const MOST_BUFFERS: u64 = 64;

/// Limits of a device that images are subject to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of one buffer, bound whole.
    pub binding: u64,
    /// Workgroups in a dimension of a dispatch.
    pub groups: u32,
    /// Bytes of a split that [`Residence::Auto`] keeps on the device.
    pub budget: u64,
}

impl Limits {
    pub(crate) fn of(device: &GpuDevice) -> Self {
        let limits = device.gpu.device.limits();
        Self {
            // The kernel counts bytes in u32, and smaller buffers are found in less fragmented
            // memory.
            binding: gstds_models::device_memory::binding(device).min(1 << 30),
            groups: limits.max_compute_workgroups_per_dimension,
            budget: if device.is_software() {
                1 << 30
            } else {
                4 << 30
            },
        }
    }

    /// Images in one buffer, at least one.
    pub(crate) fn images_a_buffer(&self, image_bytes: usize) -> Result<usize> {
        let bytes = image_bytes as u64;
        match (self.binding & !3) / bytes.max(1) {
            0 => Err(Error::ImageMemory {
                what: "one image",
                needed: bytes,
                limit: "max_storage_buffer_binding_size",
                allowed: self.binding,
                remedy: "store smaller images",
            }),
            images => Ok(images as usize),
        }
    }

    /// Whether a split is kept on the device.
    pub(crate) fn resident(
        &self,
        residence: Residence,
        images: usize,
        shape: ImageShape,
    ) -> Result<bool> {
        let needed = predicted_bytes(images, shape);
        let a_buffer = self.images_a_buffer(shape.bytes())? as u64;
        let allowed = MOST_BUFFERS.saturating_mul(a_buffer);
        let fits = images as u64 <= allowed;
        match residence {
            Residence::Stream => Ok(false),
            Residence::Auto => Ok(fits && needed <= self.budget),
            Residence::Device if fits => Ok(true),
            Residence::Device => Err(Error::ImageMemory {
                what: "the images of one split",
                needed,
                limit: "64 storage buffers",
                allowed: predicted_bytes(allowed as usize, shape),
                remedy: "set residence to stream",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape {
        height: 32,
        width: 32,
        channels: 3,
    };

    const LIMITS: Limits = Limits {
        binding: 10 * 3072 + 7,
        groups: 65_535,
        budget: 100 * 3076,
    };

    #[test]
    fn names_survive_a_round_trip_and_others_are_refused() {
        for text in ["auto", "device", "stream"] {
            assert_eq!(text.parse::<Residence>().unwrap().to_string(), text);
        }
        let message = "gpu".parse::<Residence>().unwrap_err().to_string();
        assert!(message.contains("auto, device, stream"), "{message}");
    }

    #[test]
    fn auto_stays_within_its_budget_and_the_others_are_fixed() {
        let resident = |residence, images| LIMITS.resident(residence, images, SHAPE).unwrap();
        assert!(resident(Residence::Auto, 100));
        assert!(!resident(Residence::Auto, 101));
        assert!(resident(Residence::Device, 640));
        assert!(!resident(Residence::Stream, 1));
    }

    #[test]
    fn what_no_buffers_hold_is_refused_with_its_bytes() {
        let error = LIMITS
            .resident(Residence::Device, 641, SHAPE)
            .unwrap_err()
            .to_string();
        assert!(error.contains(&(641 * 3076).to_string()), "{error}");
        assert!(error.contains(&(640 * 3076).to_string()), "{error}");
        let huge = ImageShape {
            height: 400,
            ..SHAPE
        };
        let error = LIMITS.resident(Residence::Stream, 1, huge).unwrap_err();
        assert!(error.to_string().contains("one image"), "{error}");
    }
}
