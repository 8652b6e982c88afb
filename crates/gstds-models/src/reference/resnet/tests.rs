//! ResNets against PyTorch, with weights that both sides compute; tests/data/record_resnets.py
//! recorded the outputs and counted the multiply-adds.

use super::*;
use gstds::adapter::AdapterRequest;
use gstds_burn::GpuDevice;
use gstds_data::ImageShape;
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

const RECORDED: &[u8] = include_bytes!("../../../tests/data/resnets.safetensors");
const CLASSES: usize = 10;

/// Values from -1 to 1: FNV-1a of the name, then SplitMix64.
fn noise(name: &str, count: usize) -> impl Iterator<Item = f64> {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (1..=count as u64).map(move |at| {
        let z = seed.wrapping_add(at.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) >> 40) as f64 / f64::from(1 << 23) - 1.0
    })
}

fn tensor(name: &str, shape: &[usize]) -> (Dtype, Vec<u8>) {
    let values = noise(name, shape.iter().product());
    let fan_in: usize = shape[1..].iter().product();
    let bytes = |f: &dyn Fn(f64) -> f64| values.flat_map(|u| (f(u) as f32).to_le_bytes()).collect();
    let (steep, plain) = ((6.0 / fan_in as f64).sqrt(), (3.0 / fan_in as f64).sqrt());
    match shape.len() {
        4 => {
            let halves = noise(name, shape.iter().product());
            let halves = halves.flat_map(|u| f16::from_f32((u * steep) as f32).to_le_bytes());
            (Dtype::F16, halves.collect())
        }
        2 => (Dtype::F32, bytes(&|u| u * plain)),
        _ if name.ends_with("running_var") => (Dtype::F32, bytes(&|u| 1.0 + u / 2.0)),
        _ if name.ends_with("weight") => (Dtype::F32, bytes(&|u| 0.5 + u / 4.0)),
        _ => (Dtype::F32, bytes(&|u| u / 8.0)),
    }
}

fn open(name: ReferenceName, side: usize, device: &Device) -> Result<ResNet> {
    let plan = ResNetPlan::new(&name.resnet().unwrap(), 3);
    let mut layout = plan.layout();
    for (_, shape) in &mut layout.optional {
        shape[0] = CLASSES;
    }
    let tensors: Vec<_> = layout
        .required
        .iter()
        .chain(&layout.optional)
        .map(|(name, shape)| (name, shape, tensor(name, shape)))
        .collect();
    let views = tensors.iter().map(|(name, shape, (dtype, bytes))| {
        let view = TensorView::new(*dtype, (*shape).clone(), bytes).unwrap();
        (name, view)
    });
    let file = safetensors::serialize(views, None).unwrap();
    let weights = Weights::from_bytes("memory", &file).unwrap();
    ResNet::new(name, side, &weights, device)
}

fn image(network: &ResNet, device: &Device) -> Tensor<4> {
    let preprocess = network.info().preprocess;
    let side = preprocess.side;
    let shape = ImageShape {
        height: side,
        width: side,
        channels: 3,
    };
    preprocess
        .apply(&gstds_testing::picture(side), shape, device)
        .unwrap()
}

fn assert_close(output: Tensor<2>, recorded: &SafeTensors<'_>, what: &str) {
    let output = output.try_into_vec_as::<f32>().unwrap();
    let expected = gstds_testing::floats(recorded.tensor(what).unwrap().data());
    let largest = expected.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    gstds_testing::assert_close(&output, &expected, 2e-5 * largest, what);
}

#[test]
fn every_resnet_gives_the_outputs_and_multiply_adds_of_pytorch() {
    let recorded = SafeTensors::deserialize(RECORDED).unwrap();
    for (name, side, counted, usual, counted_usual) in [
        (ReferenceName::Resnet18, 75, 247_171_840, 224, 1_813_561_344),
        (ReferenceName::Resnet34, 75, 493_202_176, 224, 3_663_249_408),
        (ReferenceName::Resnet50, 75, 549_915_392, 224, 4_087_136_256),
        (ReferenceName::CifarResnet20, 27, 30_262_320, 32, 40_550_400),
        (ReferenceName::CifarResnet32, 27, 51_431_472, 32, 68_861_952),
        (ReferenceName::CifarResnet44, 27, 72_600_624, 32, 97_173_504),
        (
            ReferenceName::CifarResnet56,
            27,
            93_769_776,
            32,
            125_485_056,
        ),
    ] {
        let network = open(name, side, &Device::flex()).unwrap();
        assert_eq!(
            network.info().multiply_adds,
            counted,
            "{name} at side {side}"
        );
        let image = image(&network, &Device::flex());
        assert_eq!(network.classes(), Some(CLASSES));
        let logits = network.logits(image.clone()).unwrap().unwrap();
        let features = network.features(image).unwrap();
        assert_eq!(features.dims(), [1, name.features()]);
        assert_close(features, &recorded, &format!("{name}.features"));
        assert_close(logits, &recorded, &format!("{name}.logits"));
        let network = open(name, usual, &Device::flex()).unwrap();
        assert_eq!(usual, name.default_side());
        assert_eq!(
            network.info().multiply_adds,
            counted_usual,
            "{name} at side {usual}"
        );
    }
}

/// Shortcuts without weights are made of pooling and joining, which every backend has its own way
/// of.
#[test]
fn the_gpu_gives_the_same_outputs() {
    let recorded = SafeTensors::deserialize(RECORDED).unwrap();
    let gpu = GpuDevice::open(&AdapterRequest::default()).unwrap();
    let network = open(ReferenceName::CifarResnet20, 27, &gpu.burn).unwrap();
    let features = network.features(image(&network, &gpu.burn)).unwrap();
    assert_close(features, &recorded, "cifar-resnet20.features");
}

#[test]
fn sides_and_channels_outside_the_range_are_refused_with_it() {
    let cifar = |side| open(ReferenceName::CifarResnet20, side, &Device::flex());
    let network = cifar(32).unwrap();
    let grey = Tensor::zeros([1, 1, 32, 32], &Device::flex());
    assert!(
        network
            .features(grey)
            .err()
            .unwrap()
            .to_string()
            .contains("1 channels")
    );
    let message = cifar(7).err().unwrap().to_string();
    assert!(message.contains("8 to 1024"), "{message}");
}
