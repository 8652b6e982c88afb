//! Values, their text, and the arithmetic of single steps on the CPU.

use super::*;
use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use gstds_models::learner::{Learner, LearnerConfig, LearnerShape};

fn device() -> Device {
    Device::flex().autodiff()
}

fn read(text: &str) -> std::result::Result<Optimiser, toml::de::Error> {
    toml::from_str(text)
}

#[test]
fn a_table_holds_every_value_of_its_algorithm_and_no_other() {
    let mut sgd = Optimiser::sgd();
    sgd.algorithm = Algorithm::Sgd {
        momentum: 0.8,
        nesterov: true,
    };
    sgd.rate = "step:0.5,0.75x0.1".parse().unwrap();
    sgd.warmup = 7;
    sgd.clip = Clip::Norm(1.5);
    sgd.label_smoothing = 0.1;
    let mut adamw = Optimiser::adamw();
    adamw.clip = Clip::Value(0.25);
    adamw.precision = Precision::Mixed;
    adamw.loss_scale = 64.0;
    adamw.decay_norms = true;
    for (optimiser, own, foreign) in [(sgd, "momentum", "betas"), (adamw, "betas", "momentum")] {
        let text = toml::to_string(&optimiser).unwrap();
        assert_eq!(read(&text).unwrap(), optimiser, "{text}");
        assert!(text.contains(own) && !text.contains(foreign), "{text}");
    }
}

#[test]
fn what_a_table_leaves_out_is_the_default_of_its_algorithm() {
    assert_eq!(read("").unwrap(), Optimiser::sgd());
    let text = "learning_rate = 0.1\nmomentum = 0.9\nweight_decay = 5e-4";
    assert_eq!(read(text).unwrap(), Optimiser::sgd());
    let adamw = read("algorithm = \"adamw\"\nwarmup = 3").unwrap();
    let expected = Optimiser {
        warmup: 3,
        ..Optimiser::adamw()
    };
    assert_eq!(adamw, expected);
}

#[test]
fn keys_of_another_algorithm_or_none_are_refused_by_name() {
    for (text, reason) in [
        ("betas = [0.9, 0.99]", "betas belongs to adamw"),
        ("epsilon = 1e-8", "epsilon belongs to adamw"),
        (
            "algorithm = \"adamw\"\nmomentum = 0.5",
            "momentum belongs to sgd",
        ),
        (
            "algorithm = \"adamw\"\nnesterov = true",
            "nesterov belongs to sgd",
        ),
        ("algorithm = \"lion\"", "lion"),
        ("momentun = 0.5", "momentun"),
        ("rate = \"wavy\"", "`wavy`"),
        ("clip = \"norm\"", "`norm`"),
        ("precision = \"half\"", "half"),
    ] {
        let message = read(text).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn values_that_no_optimiser_can_have_are_named() {
    assert!(Optimiser::sgd().check().is_ok() && Optimiser::adamw().check().is_ok());
    let sgd = |momentum, nesterov| Algorithm::Sgd { momentum, nesterov };
    let adamw = |betas, epsilon| Algorithm::AdamW { betas, epsilon };
    type Change = Box<dyn Fn(&mut Optimiser)>;
    let algorithm = |a: Algorithm| -> Change { Box::new(move |o| o.algorithm = a) };
    let cases: [(&str, Change); 16] = [
        ("momentum 1 ", algorithm(sgd(1.0, false))),
        ("momentum NaN ", algorithm(sgd(f64::NAN, false))),
        (
            "momentum 0.999999999 ",
            algorithm(sgd(0.999_999_999, false)),
        ),
        ("nesterov needs", algorithm(sgd(0.0, true))),
        ("betas[0] -0.1 ", algorithm(adamw([-0.1, 0.9], 1e-8))),
        ("betas[1] 1 ", algorithm(adamw([0.9, 1.0], 1e-8))),
        ("epsilon 0 ", algorithm(adamw([0.9, 0.9], 0.0))),
        ("learning_rate 0 ", Box::new(|o| o.learning_rate = 0.0)),
        (
            "learning_rate inf ",
            Box::new(|o| o.learning_rate = f64::INFINITY),
        ),
        ("weight_decay -1 ", Box::new(|o| o.weight_decay = -1.0)),
        ("weight_decay NaN ", Box::new(|o| o.weight_decay = f64::NAN)),
        ("clip norm:0 ", Box::new(|o| o.clip = Clip::Norm(0.0))),
        (
            "clip value:NaN ",
            Box::new(|o| o.clip = Clip::Value(f64::NAN)),
        ),
        ("label_smoothing 1 ", Box::new(|o| o.label_smoothing = 1.0)),
        (
            "label_smoothing -0.1 ",
            Box::new(|o| o.label_smoothing = -0.1),
        ),
        ("loss_scale 0 ", Box::new(|o| o.loss_scale = 0.0)),
    ];
    for (expected, change) in cases {
        let mut optimiser = Optimiser::sgd();
        change(&mut optimiser);
        let message = optimiser.check().unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn warm_up_must_end_within_the_run() {
    let mut optimiser = Optimiser::sgd();
    assert!(optimiser.check_steps(0).is_ok());
    optimiser.warmup = 5;
    assert!(optimiser.check_steps(6).is_ok());
    let message = optimiser.check_steps(5).unwrap_err().to_string();
    assert!(
        message.contains("warmup 5") && message.contains("5 steps"),
        "{message}"
    );
}

#[test]
fn clips_are_read_and_written_as_text() {
    for text in ["none", "norm:1", "value:0.5"] {
        assert_eq!(text.parse::<Clip>().unwrap().to_string(), text);
    }
    for (text, reason) in [
        ("", "a colon must separate"),
        ("norm:a", "`a` is not a number"),
        ("sum:1", "unknown name `sum`"),
    ] {
        let message = text.parse::<Clip>().unwrap_err().to_string();
        assert!(message.contains(&format!("`{text}`")), "{message}");
        assert!(message.contains(reason), "{message}");
    }
}

/// Two layers whose gradients are known: the inputs, and ones.
#[derive(Module, Debug)]
struct Pair {
    first: Linear,
    second: Linear,
}

impl Pair {
    /// Gradients 3, 0, 4, 12 and no bias: their norm is 13.
    fn new() -> (Self, GradientsParams) {
        let layer = || {
            let config = LinearConfig::new(2, 1).with_bias(false);
            config.init(&device())
        };
        let pair = Self {
            first: layer(),
            second: layer(),
        };
        let mut gradients = GradientsParams::new();
        let mut set = |layer: &Linear, values: [[f32; 1]; 2]| {
            let values = Tensor::<2>::from_data(values, &Device::flex());
            gradients.register(layer.weight.id, values);
        };
        set(&pair.first, [[3.0], [0.0]]);
        set(&pair.second, [[4.0], [12.0]]);
        (pair, gradients)
    }

    fn clipped(clip: Clip, scale: f64) -> Vec<f32> {
        let (pair, gradients) = Self::new();
        let gradients = clip.apply(gradients, &pair, scale);
        let of = |layer: &Linear| {
            let values = gradients.get::<2>(layer.weight.id).unwrap();
            values.try_into_vec_as::<f32>().unwrap()
        };
        [of(&pair.first), of(&pair.second)].concat()
    }
}

fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-5 * (1.0 + b.abs());
    assert!(
        found.iter().zip(expected).all(close),
        "{found:?} {expected:?}"
    );
}

#[test]
fn clipping_by_norm_bounds_all_gradients_together_and_keeps_their_direction() {
    let clipped = Pair::clipped(Clip::Norm(1.3), 1.0);
    assert_close(&clipped, &[0.3, 0.0, 0.4, 1.2]);
    let norm = clipped.iter().map(|v| v * v).sum::<f32>().sqrt();
    assert!((norm - 1.3).abs() < 1e-5, "{norm}");
    let plain = [3.0, 0.0, 4.0, 12.0];
    assert_close(&Pair::clipped(Clip::Norm(13.5), 1.0), &plain);
    // A scaled loss is scaled back first.
    assert_close(
        &Pair::clipped(Clip::Norm(6.5), 2.0),
        &plain.map(|v| v / 2.0),
    );
    assert_close(
        &Pair::clipped(Clip::Norm(0.65), 2.0),
        &plain.map(|v| v / 20.0),
    );
}

#[test]
fn clipping_by_value_bounds_every_entry() {
    assert_close(&Pair::clipped(Clip::Value(3.5), 1.0), &[3.0, 0.0, 3.5, 3.5]);
    assert_close(&Pair::clipped(Clip::Value(2.5), 2.0), &[1.5, 0.0, 2.0, 2.5]);
    assert_close(&Pair::clipped(Clip::None, 4.0), &[0.75, 0.0, 1.0, 3.0]);
}

#[test]
fn gradients_of_nothing_stay_nothing_under_a_norm() {
    let (pair, _) = Pair::new();
    let mut gradients = GradientsParams::new();
    let zeros = Tensor::<2>::zeros([2, 1], &Device::flex());
    gradients.register(pair.first.weight.id, zeros);
    let gradients = Clip::Norm(1.0).apply(gradients, &pair, 1.0);
    let first = gradients.get::<2>(pair.first.weight.id).unwrap();
    assert_eq!(first.try_into_vec_as::<f32>().unwrap(), [0.0, 0.0]);
    assert!(gradients.get::<2>(pair.second.weight.id).is_none());
}

#[test]
fn smoothed_labels_give_the_loss_computed_by_hand() {
    let loss = |label_smoothing| {
        let config = Optimiser {
            label_smoothing,
            ..Optimiser::sgd()
        };
        // Probabilities 1/4 and 3/4 of both rows.
        let logits = Tensor::<2>::from_data([[0.0, 3f32.ln()], [0.0, 3f32.ln()]], &device());
        let labels = Tensor::<1, Int>::from_data([1, 0], &device());
        let loss = Updates::new(&config, &device()).criterion(logits, labels);
        loss.into_scalar::<f32>()
    };
    let (quarter, three_quarters) = (0.25f32.ln(), 0.75f32.ln());
    let first = -(0.9 * three_quarters + 0.1 * quarter);
    let second = -(0.9 * quarter + 0.1 * three_quarters);
    assert_close(&[loss(0.2)], &[f32::midpoint(first, second)]);
    assert_close(&[loss(0.0)], &[-f32::midpoint(quarter, three_quarters)]);
}

#[test]
fn weights_take_the_place_of_the_mean_with_smoothed_labels_or_without() {
    let logits = [[0.0, 3f32.ln(), 0.5], [0.2, -1.0, 0.7]];
    for label_smoothing in [0.0, 0.3] {
        let config = Optimiser {
            label_smoothing,
            ..Optimiser::sgd()
        };
        let updates = Updates::new(&config, &device());
        let whole = || Tensor::<2>::from_data(logits, &device()).require_grad();
        let rows = |range: std::ops::Range<usize>| whole().slice_dim(0, range);
        let labels = Tensor::<1, Int>::from_data([1, 0], &device());
        let of = |row: usize| {
            let labels = labels.clone().slice_dim(0, row..row + 1);
            updates
                .criterion(rows(row..row + 1), labels)
                .into_scalar::<f32>()
        };
        let weighted = |weights: [f32; 2]| {
            let logits = whole();
            let weights = Tensor::from_data(weights, &device());
            let loss = updates.weighted(logits.clone(), labels.clone(), weights);
            let gradients = loss.backward();
            let gradient = logits.grad(&gradients).unwrap();
            (
                loss.into_scalar::<f32>(),
                gradient.try_into_vec_as::<f32>().unwrap(),
            )
        };
        let (loss, _) = weighted([0.25, 1.5]);
        assert_close(&[loss], &[0.25 * of(0) + 1.5 * of(1)]);
        let (loss, gradient) = weighted([0.5, 0.5]);
        let logits = whole();
        let mean = updates.criterion(logits.clone(), labels.clone());
        let gradients = mean.backward();
        let expected = logits.grad(&gradients).unwrap();
        assert_close(&[loss], &[mean.into_scalar::<f32>()]);
        assert_close(&gradient, &expected.try_into_vec_as::<f32>().unwrap());
    }
}

/// The weight of a layer of one input after steps that all have the gradient 2.
fn stepped(config: &Optimiser, rate: f64, steps: usize) -> f32 {
    let mut layer = LinearConfig::new(1, 1).with_bias(false).init(&device());
    layer.weight = Param::from_tensor(Tensor::from_data([[1.0]], &device()));
    let mut optimiser = config.module_optimiser(&device());
    for _ in 0..steps {
        let mut gradients = GradientsParams::new();
        let gradient = Tensor::<2>::from_data([[2.0]], &Device::flex());
        gradients.register(layer.weight.id, gradient);
        layer = optimiser.step(rate, layer, gradients);
    }
    layer.weight.val().into_scalar::<f32>()
}

#[test]
fn single_steps_are_those_computed_by_hand() {
    let mut sgd = Optimiser::sgd();
    sgd.weight_decay = 0.5;
    // Gradient 2 + 0.5 · 1.
    assert_close(&[stepped(&sgd, 0.1, 1)], &[0.75]);
    sgd.weight_decay = 0.0;
    // Updates 2 and 2 + 0.9 · 2.
    assert_close(&[stepped(&sgd, 0.1, 2)], &[1.0 - 0.1 * (2.0 + 3.8)]);
    sgd.algorithm = Algorithm::Sgd {
        momentum: 0.9,
        nesterov: true,
    };
    // Updates 2 + 0.9 · 2 and 2 + 0.9 · 3.8.
    assert_close(&[stepped(&sgd, 0.1, 2)], &[1.0 - 0.1 * (3.8 + 5.42)]);
    let mut adamw = Optimiser::adamw();
    adamw.weight_decay = 0.5;
    // Decay by the rate times 0.5, then a whole rate down the gradient's sign.
    assert_close(&[stepped(&adamw, 0.1, 1)], &[0.95 - 0.1]);
}

/// Sums of the sizes of vectors (norms and biases) and of all other parameters.
#[derive(Default)]
struct Sizes {
    vectors: f32,
    others: f32,
}

impl ModuleVisitor for Sizes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // Running means and variances have no gradients.
        if !param.val().is_require_grad() {
            return;
        }
        let size = param.val().abs().sum().into_scalar::<f32>();
        match D {
            1 => self.vectors += size,
            _ => self.others += size,
        }
    }
}

fn sizes(learner: &Learner) -> Sizes {
    let mut sizes = Sizes::default();
    learner.visit(&mut sizes);
    sizes
}

#[test]
fn norms_and_biases_decay_only_where_they_are_asked_to() {
    let shape = LearnerShape {
        side: 4,
        channels: 1,
        classes: 2,
    };
    let config: LearnerConfig = "resnet8-w2".parse().unwrap();
    for base in [Optimiser::sgd(), Optimiser::adamw()] {
        for decay_norms in [false, true] {
            let optimiser = Optimiser {
                weight_decay: 0.5,
                decay_norms,
                ..base.clone()
            };
            let mut updates = Updates::new(&optimiser, &device());
            let learner = config.init(shape, 0, &device()).unwrap();
            let before = sizes(&learner);
            let images = Tensor::<4>::ones([2, 1, 4, 4], &device());
            // A loss of nothing, whose gradients are 0: what is left is the decay.
            let loss = learner.forward(images).sum().mul_scalar(0.0);
            let gradients = updates.gradients(&loss, &learner);
            let after = sizes(&updates.step(0.2, learner, gradients));
            let kept = if decay_norms { 0.9 } else { 1.0 };
            assert_close(&[after.others], &[0.9 * before.others]);
            assert_close(&[after.vectors], &[kept * before.vectors]);
        }
    }
}
