//! What EfficientNet-Lite0 is made of: its convolutions and its classifier.
//!
//! Architecture: Tan and Le, arXiv 1905.11946, table 1, as TensorFlow's `efficientnet-lite`
//! simplifies it: EfficientNet-B0 without squeeze-and-excitation and with ReLU6.

use crate::convolution::Convolution;
use crate::weights::WeightLayout;

pub(crate) const FEATURES: usize = 1280;
pub(crate) const CLASSES: usize = 1000;
const STEM: usize = 32;

/// Kernel, stride of the first block, expansion, channels out, blocks.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
];

/// One convolution of the network, and what surrounds it.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) convolution: Convolution,
    /// Channels apart from each other: 1, or all of a depthwise convolution's.
    pub(crate) groups: usize,
    pub(crate) relu6: bool,
    /// Adds the input of the layer two before, which is the input of this layer's block.
    pub(crate) residual: bool,
}

/// Every convolution, in the order in which an image meets them.
pub(crate) fn layers() -> Vec<Layer> {
    let layer = |name: String, norm: String, inputs, outputs| Layer {
        convolution: Convolution {
            name,
            norm,
            inputs,
            outputs,
            kernel: 1,
            stride: 1,
        },
        groups: 1,
        relu6: true,
        residual: false,
    };
    let mut stem = layer("_conv_stem".into(), "_bn0".into(), 3, STEM);
    (stem.convolution.kernel, stem.convolution.stride) = (3, 2);
    let mut layers = vec![stem];
    let mut inputs = STEM;
    let mut block = 0;
    for (kernel, first_stride, expansion, outputs, blocks) in STAGES {
        for repeat in 0..blocks {
            let name = |part: &str| format!("_blocks.{block}.{part}");
            let stride = if repeat == 0 { first_stride } else { 1 };
            let wide = inputs * expansion;
            if expansion != 1 {
                layers.push(layer(name("_expand_conv"), name("_bn0"), inputs, wide));
            }
            let mut depthwise = layer(name("_depthwise_conv"), name("_bn1"), 1, wide);
            depthwise.convolution.kernel = kernel;
            depthwise.convolution.stride = stride;
            layers.push(Layer {
                groups: wide,
                ..depthwise
            });
            layers.push(Layer {
                relu6: false,
                residual: stride == 1 && inputs == outputs,
                ..layer(name("_project_conv"), name("_bn2"), wide, outputs)
            });
            inputs = outputs;
            block += 1;
        }
    }
    layers.push(layer("_conv_head".into(), "_bn1".into(), inputs, FEATURES));
    layers
}

/// What a weights file must hold.
pub(crate) fn layout() -> WeightLayout {
    let layers = layers();
    let convolutions = layers.iter().flat_map(|layer| layer.convolution.tensors());
    let classifier = [
        ("_fc.weight".into(), vec![CLASSES, FEATURES]),
        ("_fc.bias".into(), vec![CLASSES]),
    ];
    WeightLayout {
        required: classifier.into_iter().chain(convolutions).collect(),
        optional: Vec::new(),
    }
}

/// Multiply-adds of the convolutions for one image of `side` x `side` pixels.
pub(crate) fn multiply_adds(mut side: usize) -> u64 {
    let layers = layers().into_iter();
    let multiply_adds = layers.map(|layer| {
        side = side.div_ceil(layer.convolution.stride);
        layer.convolution.multiply_adds(side)
    });
    multiply_adds.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_has_the_published_size() {
        let parameters: usize = layout()
            .required
            .iter()
            .filter(|(name, _)| !name.contains("running"))
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum();
        assert_eq!(parameters, 4_652_008);
    }
}
