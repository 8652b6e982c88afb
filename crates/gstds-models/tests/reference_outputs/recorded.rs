//! Outputs, recorded and computed.

use burn::tensor::{Device, Tensor};
use gstds_data::ImageShape;
use gstds_models::reference::Reference;
use safetensors::SafeTensors;

pub fn values(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    gstds_testing::floats(file.tensor(name).unwrap().data())
}

/// Square pixels (u8, `[images, side, side, 3]`) as input of a network.
pub fn input(network: &dyn Reference, pixels: &[u8], side: usize, device: &Device) -> Tensor<4> {
    let shape = ImageShape {
        height: side,
        width: side,
        channels: 3,
    };
    let preprocess = &network.info().preprocess;
    preprocess.apply(pixels, shape, device).unwrap()
}

pub fn host(tensor: Tensor<2>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().unwrap()
}
