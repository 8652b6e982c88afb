//! `jest`: rows drawn without replacement by their learnability, the learner's loss less the
//! reference's.
//!
//! Evans et al. (arXiv 2406.17711) train on image and text pairs, whose contrastive loss depends on
//! the whole batch; they draw it chunk by chunk, each with chances exp(score) given the chunks
//! before. In classification a batch's loss is the sum of its samples'. A chunk's scores then do
//! not depend on what was drawn before, and drawing by exp(u / T) without replacement, in however
//! many chunks, means taking the k largest of u + T·g with Gumbel noise g (Gumbel top-k). So there
//! are no chunks here: they would change nothing. The reference's loss is that of a linear probe on
//! its features, see [`gstds_models::linear_probe`]; theirs is a pretrained model of the same task.
//!
//! Kept rows can be weighted so that they represent the batch, see [`super::reweight`].

use super::{
    BatchRows, Chosen, EpochPlan, Method, MethodName, noise::EpochNoise, ranking,
    reweight::GumbelTopK,
};
use crate::error::Result;
use burn::tensor::{Device, Tensor};

pub(super) struct Jest {
    device: Device,
    reference: Tensor<1>,
    temperature: f64,
    reweight: bool,
    /// Times the temperature.
    noise: EpochNoise,
}

impl Jest {
    pub(super) fn new(device: &Device, reference: Tensor<1>, temperature: f64) -> Self {
        Self {
            device: device.clone(),
            reference,
            temperature,
            reweight: false,
            noise: EpochNoise::default(),
        }
    }

    /// Whether kept rows are weighted, for which the temperature must be above 0.
    pub(super) fn reweighted(self, reweight: bool) -> Self {
        Self { reweight, ..self }
    }
}

impl Method for Jest {
    fn name(&self) -> MethodName {
        MethodName::Jest
    }

    fn begin_epoch(&mut self, plan: &EpochPlan<'_>) -> Result<()> {
        self.noise = EpochNoise::new(plan, self.temperature, &self.device);
        Ok(())
    }

    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen> {
        if batch.keeps_all() {
            return Ok(Chosen::all());
        }
        let scores = batch.learnability(self.name(), &self.reference)?;
        let perturbed = match self.noise.is_some() {
            true => scores.clone() + self.noise.of(batch),
            false => scores.clone(),
        };
        let ranks = ranking::ranks(&perturbed);
        let marked = ranks.clone().lower_elem(batch.keep as i32);
        let positions = ranking::positions(marked, batch.keep);
        let weights = self.reweight.then(|| {
            let draw = GumbelTopK {
                scores,
                perturbed,
                ranks,
                temperature: self.temperature,
            };
            draw.weights(&positions)
        });
        Ok(Chosen {
            weights,
            ..Chosen::at(positions)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::BatchSize;
    use burn::tensor::Int;
    use gstds::adapter::AdapterRequest;
    use gstds_burn::GpuDevice;

    /// Kept positions of two batches of 6, whose second has the reference losses of rows 6 to 11.
    fn kept(temperature: f64, seed: u64) -> [Vec<i32>; 2] {
        let device =
            GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter");
        let reference = [0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0];
        let reference = Tensor::from_data(reference, &device.burn);
        let losses = Tensor::<1>::from_data([1.0, 2.5, 0.2, 0.8, 0.1, 0.0], &device.burn);
        let mut jest = Jest::new(&device.burn, reference, temperature);
        let batches = [BatchSize { rows: 6, keep: 2 }; 2];
        jest.begin_epoch(&EpochPlan {
            batches: &batches,
            seed,
        })
        .unwrap();
        [0, 1].map(|place| {
            let first = 6 * place as i64;
            let batch = BatchRows {
                rows: &Tensor::<1, Int>::arange(first..first + 6, &device.burn),
                place,
                keep: 2,
                seed: 0,
                losses: Some(&losses),
            };
            let chosen = jest.choose(&batch).unwrap().positions.unwrap();
            chosen.try_into_vec_as::<i32>().unwrap()
        })
    }

    #[test]
    fn the_most_learnable_are_kept_without_noise_and_others_with_much_of_it() {
        assert_eq!(kept(0.0, 1), [[0, 3], [0, 1]]);
        assert_eq!(kept(0.0, 2), kept(0.0, 1));
        let noisy: Vec<_> = (0..4).map(|seed| kept(50.0, seed)).collect();
        assert_eq!(noisy[0], kept(50.0, 0));
        assert!(noisy.iter().any(|kept| kept != &noisy[0]), "{noisy:?}");
    }
}
