//! A learner as bytes and back, to the bit: weights and running statistics in Burn's own format.

use super::Learner;
use burn::{module::Module, store::ModuleRecord, tensor::Bytes};

impl Learner {
    /// Burn's record. Waits for the device.
    ///
    /// # Errors
    /// Burn's error.
    pub fn record(&self) -> Result<Vec<u8>, String> {
        // Burn's batch norms hold their last update separately until `valid` applies it.
        let bytes = self.valid().into_record().into_bytes();
        Ok(bytes.map_err(|e| e.to_string())?.to_vec())
    }

    /// The same network with what a record holds, parameters' identities included, by which an
    /// optimiser finds their state.
    ///
    /// # Errors
    /// Burn's error for a record of another network or a damaged one.
    pub fn restore(self, record: Vec<u8>) -> Result<Self, String> {
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(record));
        let record = record.map_err(|e| e.to_string())?;
        self.try_load_record(record).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::{LearnerConfig, LearnerShape};
    use burn::tensor::{Device, Tensor, TensorData};

    const SHAPE: LearnerShape = LearnerShape {
        side: 8,
        channels: 1,
        classes: 2,
    };

    fn learner(name: &str, seed: u64) -> Learner {
        let config: LearnerConfig = name.parse().unwrap();
        config
            .init(SHAPE, seed, &Device::flex().autodiff())
            .unwrap()
    }

    fn images(device: &Device) -> Tensor<4> {
        let pixels: Vec<f32> = (0..4 * 64).map(|i| (i as f32 * 0.7).sin()).collect();
        Tensor::from_data(TensorData::new(pixels, [4, 1, 8, 8]), device)
    }

    fn answers(learner: &Learner) -> Vec<f32> {
        let logits = learner.valid().forward(images(&Device::flex()));
        logits.try_into_vec_as().unwrap()
    }

    #[test]
    fn a_record_holds_weights_and_the_last_update_of_running_statistics() {
        let trained = learner("resnet8-w2", 1);
        let before = answers(&trained);
        let _ = trained.forward(images(&Device::flex().autodiff()));
        let restored = learner("resnet8-w2", 2)
            .restore(trained.record().unwrap())
            .unwrap();
        let expected = answers(&trained);
        assert_ne!(expected, before, "a forward pass moves the statistics");
        assert_eq!(answers(&restored), expected);
        assert_eq!(restored.head.weight.id, trained.head.weight.id);
    }

    #[test]
    fn a_record_of_another_network_is_refused() {
        let record = learner("resnet8-w2", 1).record().unwrap();
        for other in ["resnet8-w3", "resnet14-w2", "mlp-w8"] {
            assert!(
                learner(other, 1).restore(record.clone()).is_err(),
                "{other}"
            );
        }
        assert!(learner("resnet8-w2", 1).restore(vec![7; 50]).is_err());
    }
}
