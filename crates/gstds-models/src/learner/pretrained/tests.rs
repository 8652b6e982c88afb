//! Learners from files, against a forward pass written out by hand and recorded outputs.

use super::*;
use burn::module::Module;
use gstds_testing::shared;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::BTreeMap;

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

const SIDE: usize = 9;

const NARROW: LearnerConfig = LearnerConfig::ResNet18 { width: 2 };

fn narrow() -> ResNetPlan {
    NARROW.residual_plan(CHANNELS).unwrap()
}

/// Synthetic weights; variances and scales are positive.
fn tensors(classes: Option<usize>) -> Tensors {
    let plan = narrow();
    let mut all = plan.tensors();
    if let Some(classes) = classes {
        all.extend(plan.classifier_tensors(classes));
    }
    let with_values = |(name, shape): (String, Vec<usize>)| {
        let salt: usize = name.bytes().map(usize::from).sum();
        let value = |i: usize| ((i * 37 + salt * 11) % 101) as f32 / 101.0;
        let positive = name.ends_with("running_var");
        let shift = if positive { 0.5 } else { -0.4 };
        let count = shape.iter().product();
        let values = (0..count).map(|i| value(i) + shift).collect();
        (name, (shape, values))
    };
    all.into_iter().map(with_values).collect()
}

fn write(folder: &Path, tensors: &Tensors) -> std::path::PathBuf {
    let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let stored: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, values))| (name, shape, bytes(values)))
        .collect();
    let view = |bytes, shape: &[usize]| TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
    let views = stored.iter().map(|(n, s, b)| (n.as_str(), view(b, s)));
    let path = folder.join("weights.safetensors");
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    path
}

/// A narrow learner from a file with these tensors.
fn loaded(tensors: &Tensors, classes: usize, seed: u64) -> Result<Pretrained> {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), tensors);
    let device = Device::flex();
    let weights = Weights::open(&path)?;
    check_weights(&weights, MODEL, &narrow().layout())?;
    let shape = LearnerShape {
        side: SIDE,
        channels: CHANNELS,
        classes,
    };
    let learner = NARROW.init(shape, seed, &device)?;
    Ok(load(learner, &narrow(), classes, &weights, &device))
}

fn image() -> Vec<f32> {
    (0..CHANNELS * SIDE * SIDE)
        .map(|i| (i as f32 * 0.7).sin())
        .collect()
}

fn logits(learner: &Learner) -> Vec<f32> {
    let data = TensorData::new(image(), [1, CHANNELS, SIDE, SIDE]);
    let images = Tensor::from_data(data, &Device::flex());
    learner.forward(images).try_into_vec_as::<f32>().unwrap()
}

/// An image of channels, rows and columns.
struct Map {
    side: usize,
    values: Vec<Vec<f64>>,
}

impl Map {
    /// The value, or nothing outside.
    fn at(&self, channel: usize, y: isize, x: isize) -> Option<f64> {
        let inside = |i: isize| (0..self.side as isize).contains(&i);
        let place = || self.values[channel][y as usize * self.side + x as usize];
        (inside(y) && inside(x)).then(place)
    }

    fn windows(&self, kernel: usize, stride: usize, value: impl Fn(isize, isize) -> f64) -> Self {
        let pad = (kernel / 2) as isize;
        let side = (self.side + 2 * (kernel / 2) - kernel) / stride + 1;
        let start = |i: usize| (i * stride) as isize - pad;
        let cells = (0..side * side).map(|i| value(start(i / side), start(i % side)));
        let values = vec![cells.collect()];
        Self { side, values }
    }
}

struct ByHand<'a>(&'a Tensors);

impl ByHand<'_> {
    fn values(&self, name: &str) -> &[f32] {
        &self.0[name].1
    }

    fn unit(&self, x: &Map, convolution: &str, norm: &str, stride: usize) -> Map {
        let (shape, weight) = &self.0[&format!("{convolution}.weight")];
        let (inputs, kernel) = (shape[1], shape[2]);
        let part = |part: &str, i: usize| f64::from(self.values(&format!("{norm}.{part}"))[i]);
        let mut out = Map {
            side: 0,
            values: Vec::new(),
        };
        for o in 0..shape[0] {
            let scale = part("weight", o) / (part("running_var", o) + 1e-5).sqrt();
            let channel = x.windows(kernel, stride, |top, left| {
                let mut sum = 0.0;
                for (place, w) in weight[o * inputs * kernel * kernel..]
                    .iter()
                    .take(inputs * kernel * kernel)
                    .enumerate()
                {
                    let (i, cell) = (place / (kernel * kernel), place % (kernel * kernel));
                    let (dy, dx) = (cell / kernel, cell % kernel);
                    let value = x.at(i, top + dy as isize, left + dx as isize);
                    sum += f64::from(*w) * value.unwrap_or(0.0);
                }
                (sum - part("running_mean", o)) * scale + part("bias", o)
            });
            out.side = channel.side;
            out.values.extend(channel.values);
        }
        out
    }

    fn block(&self, x: &Map, place: &str, stride: usize) -> Map {
        let name = |part: &str| format!("{place}.{part}");
        let y = relu(self.unit(x, &name("conv1"), &name("bn1"), stride));
        let mut y = self.unit(&y, &name("conv2"), &name("bn2"), 1);
        let beside = self.0.contains_key(&name("downsample.0.weight"));
        let shortcut = beside.then(|| {
            let (convolution, norm) = (name("downsample.0"), name("downsample.1"));
            self.unit(x, &convolution, &norm, stride)
        });
        let x = shortcut.as_ref().unwrap_or(x);
        for (sum, value) in y.values.iter_mut().zip(&x.values) {
            sum.iter_mut().zip(value).for_each(|(a, b)| *a += b);
        }
        relu(y)
    }

    fn logits(&self, image: &[f32]) -> Vec<f64> {
        let channels = image.chunks(SIDE * SIDE);
        let values = channels.map(|c| c.iter().map(|v| f64::from(*v)).collect());
        let image = Map {
            side: SIDE,
            values: values.collect(),
        };
        let mut x = maximum(&relu(self.unit(&image, "conv1", "bn1", 2)));
        for stage in 1..=4 {
            for block in 0..2 {
                let stride = if stage > 1 && block == 0 { 2 } else { 1 };
                x = self.block(&x, &format!("layer{stage}.{block}"), stride);
            }
        }
        let mean = |c: &Vec<f64>| c.iter().sum::<f64>() / c.len() as f64;
        let features: Vec<f64> = x.values.iter().map(mean).collect();
        let rows = self.values("fc.weight").chunks(features.len());
        let row = |(row, bias): (&[f32], &f32)| {
            let products = row.iter().zip(&features).map(|(w, f)| f64::from(*w) * f);
            products.sum::<f64>() + f64::from(*bias)
        };
        rows.zip(self.values("fc.bias")).map(row).collect()
    }
}

fn relu(mut x: Map) -> Map {
    let values = x.values.iter_mut().flatten();
    values.for_each(|v| *v = v.max(0.0));
    x
}

fn maximum(x: &Map) -> Map {
    let of = |channel: usize| {
        x.windows(3, 2, |top, left| {
            let cells = (0..9).filter_map(|i| x.at(channel, top + i / 3, left + i % 3));
            cells.fold(f64::NEG_INFINITY, f64::max)
        })
    };
    let maps: Vec<Map> = (0..x.values.len()).map(of).collect();
    Map {
        side: maps[0].side,
        values: maps.into_iter().flat_map(|map| map.values).collect(),
    }
}

#[test]
fn weights_from_a_file_give_the_logits_computed_by_hand() {
    let tensors = tensors(Some(4));
    let Pretrained { learner, note } = loaded(&tensors, 4, 0).unwrap();
    assert_eq!(note, None);
    let expected = ByHand(&tensors).logits(&image());
    let found = logits(&learner);
    assert_eq!(found.len(), 4);
    for (a, b) in found.iter().zip(&expected) {
        assert!(
            (f64::from(*a) - b).abs() < 1e-4 * (1.0 + b.abs()),
            "{found:?} {expected:?}"
        );
    }
    assert!(expected.iter().any(|v| (v - expected[0]).abs() > 1e-2));
    // Nothing is left of the seed.
    assert_eq!(logits(&loaded(&tensors, 4, 1).unwrap().learner), found);
}

#[test]
fn a_classifier_for_other_classes_or_none_is_made_new_with_a_note() {
    for (held, words) in [
        (None, "has no classifier"),
        (Some(7), "has 7 classes, not 4"),
    ] {
        let tensors = tensors(held);
        let of_seed = |seed| loaded(&tensors, 4, seed).unwrap();
        let Pretrained { learner, note } = of_seed(0);
        assert!(note.as_ref().unwrap().contains(words), "{note:?}");
        assert_eq!(logits(&learner), logits(&of_seed(0).learner));
        assert_ne!(logits(&learner), logits(&of_seed(1).learner));
    }
}

#[test]
fn tensors_that_are_missing_or_misshapen_are_named() {
    let mut wrong = tensors(None);
    wrong.remove("layer2.0.conv1.weight");
    wrong.insert("bn1.bias".into(), (vec![3], vec![0.0; 3]));
    wrong.insert("layer5.0.conv1.weight".into(), (vec![1], vec![0.0]));
    let error = loaded(&wrong, 4, 0).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::WeightsMismatch { .. }), "{message}");
    for part in [
        "resnet18",
        "layer2.0.conv1.weight",
        "layer5.0.conv1.weight",
        "bn1.bias: shape [3], expected [2]",
    ] {
        assert!(message.contains(part), "{part} not in {message}");
    }
    let mut torn = tensors(Some(7));
    torn.insert("fc.bias".into(), (vec![4], vec![0.0; 4]));
    let message = loaded(&torn, 4, 0).unwrap_err().to_string();
    assert!(
        message.contains("fc.bias: shape [4], expected [7]"),
        "{message}"
    );
}

#[test]
fn only_resnet18_on_three_channels_takes_weights() {
    for (name, channels, reason) in [
        ("resnet8-w2", 3, "resnet8-w2 cannot start from"),
        ("resnet18-w8", 3, "only resnet18 does"),
        ("resnet18-cifar", 3, "only resnet18 does"),
        ("resnet18", 1, "takes 3 channels, and the images have 1"),
    ] {
        let learner: LearnerConfig = name.parse().unwrap();
        let error = learner.check_pretrained(channels).unwrap_err();
        assert!(matches!(error, Error::NoPretrained { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        if channels == 3 {
            let path = Path::new("never-read.safetensors");
            let unread = learner.open_weights(path).unwrap_err();
            assert_eq!(unread.to_string(), error.to_string());
        }
    }
}

/// The trainable network in evaluation mode against outputs recorded from the original.
#[test]
fn six_photographs_give_the_recorded_features() {
    let weights = "weights/resnet18_imagenet_recal/resnet18_backbone_f16.safetensors";
    let recorded = shared("weights/reference_outputs.safetensors");
    let (Some(recorded), Some(weights)) = (recorded, shared(weights)) else {
        return;
    };
    let bytes = std::fs::read(recorded).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let pixels = recorded.tensor("images_u8_nhwc").unwrap();
    let expected = recorded.tensor("resnet18_avgpool").unwrap();
    let expected = gstds_testing::floats(expected.data());

    let shape = LearnerShape {
        side: 224,
        channels: 3,
        classes: 37,
    };
    let device = Device::flex();
    let config: LearnerConfig = "resnet18".parse().unwrap();
    let gradients = device.clone().autodiff();
    let opened = config.open_weights(&weights).unwrap();
    let pretrained = config.init_from(&opened, shape, 0, &gradients).unwrap();
    assert!(pretrained.note.unwrap().contains("has no classifier"));
    let learner = pretrained.learner.valid();

    let deviations = [0.229, 0.224, 0.225];
    let means = [0.485, 0.456, 0.406];
    let values = pixels.data().iter().enumerate().map(|(place, pixel)| {
        let channel = place % 3;
        (f32::from(*pixel) / 255.0 - means[channel]) / deviations[channel]
    });
    let data = TensorData::new(values.collect::<Vec<f32>>(), [6, 224, 224, 3]);
    let images = Tensor::<4>::from_data(data, &device).permute([0, 3, 1, 2]);
    let found = learner.features(images).try_into_vec_as::<f32>().unwrap();
    gstds_testing::assert_close(&found, &expected, 1e-3, "features");
}
