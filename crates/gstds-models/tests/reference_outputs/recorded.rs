//! Outputs, recorded and computed.

use burn::tensor::Tensor;
use safetensors::SafeTensors;

pub fn values(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    gstds_testing::floats(file.tensor(name).unwrap().data())
}

pub fn host(tensor: Tensor<2>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().unwrap()
}
