//! `stratified-learnability`: the rows in the descending order of the Fiedler vector's scores are
//! cut into as many equal strata as rows are kept, and from each the most learnable is taken (the
//! learner's loss less the reference's), ties to the lower position. Ours.
//!
//! The rank r of n belongs to stratum ⌊r·k/n⌋ of k. Invalid rows come last in the order; where
//! nothing was solved it is that of the positions.

use super::graph_selector::GraphSelector;
use super::{BatchRows, Chosen, Method, MethodName, ranking};
use crate::error::Result;
use burn::tensor::{Int, Tensor};
use gstds::Options;
use gstds_burn::GpuDevice;
use gstds_models::bank::ResidentBank;

pub(super) struct StratifiedLearnability {
    graphs: GraphSelector,
    reference: Tensor<1>,
}

impl StratifiedLearnability {
    /// The rule of the options is replaced, see [`MethodName::solved`].
    pub(super) fn new(
        device: &GpuDevice,
        bank: ResidentBank,
        reference: Tensor<1>,
        options: &Options,
    ) -> Result<Self> {
        let options = MethodName::StratifiedLearnability.solved(options);
        Ok(Self {
            graphs: GraphSelector::new(device, bank, &options)?,
            reference,
        })
    }
}

impl Method for StratifiedLearnability {
    fn name(&self) -> MethodName {
        MethodName::StratifiedLearnability
    }

    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen> {
        if batch.keeps_all() {
            return Ok(Chosen::all());
        }
        let learnability = batch.learnability(self.name(), &self.reference)?;
        let picked = self.graphs.pick(batch)?;
        let strata = strata(&picked.order, batch.keep);
        let marked = ranking::largest_of_each(&learnability, &strata);
        Ok(Chosen {
            positions: Some(ranking::positions(marked, batch.keep)),
            status: Some(picked.status),
            ..Chosen::default()
        })
    }

    fn end_epoch(&mut self) -> Result<()> {
        self.graphs.check_recorded()
    }
}

/// The stratum of each row, from the rows' order.
fn strata(order: &Tensor<1, Int>, keep: usize) -> Tensor<1, Int> {
    let ranks = ranking::inverse(order);
    ranks
        .mul_scalar(keep as i32)
        .div_scalar(order.dims()[0] as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::TensorData;
    use gstds::{Keep, Shape, adapter::AdapterRequest, select_blocking};

    const ROWS: usize = 50;
    const WIDTH: usize = 6;

    fn tensor(values: &[f32], device: &GpuDevice) -> Tensor<1> {
        let data = TensorData::new(values.to_vec(), [values.len()]);
        Tensor::from_data(data, &device.burn)
    }

    /// Positions by the kernels' scores, descending, ties by position.
    fn ranked(features: &[f32], options: &Options, device: &GpuDevice) -> Vec<usize> {
        let shape = Shape {
            rows: ROWS,
            features: WIDTH,
        };
        let (gpu, keep) = (&device.gpu, Keep::Count(1));
        let selected = select_blocking(&gpu.device, &gpu.queue, options, features, shape, keep);
        let scores = selected.unwrap().scores;
        assert!(scores.iter().any(|score| *score != 0.0));
        let mut order: Vec<usize> = (0..ROWS).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        order
    }

    #[test]
    fn the_most_learnable_of_each_stratum_is_taken_whatever_the_rule_and_path() {
        let device =
            GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter");
        let features: Vec<f32> = (0..ROWS * WIDTH)
            .map(|i| ((i * i + 3 * i) % 101) as f32 / 101.0)
            .collect();
        // Whole numbers, some alike, so that differences are exact and ties occur.
        let losses: Vec<f32> = (0..ROWS).map(|i| ((i * 7) % 12) as f32).collect();
        let reference: Vec<f32> = (0..ROWS).map(|i| ((i * 5) % 4) as f32).collect();
        let data = TensorData::new(features.clone(), [ROWS, WIDTH]);
        let bank = Tensor::<2>::from_data(data, &device.burn);
        let rows = Tensor::arange(0..ROWS as i64, &device.burn);
        for options in [Options::gstds(), Options::saln()] {
            let order = ranked(&features, &options, &device);
            let bank = ResidentBank::from(bank.clone());
            let reference_losses = tensor(&reference, &device);
            let made = StratifiedLearnability::new(&device, bank, reference_losses, &options);
            let mut method = made.unwrap();
            for keep in [1, 7, 12, 49] {
                let batch = BatchRows {
                    rows: &rows,
                    place: 0,
                    keep,
                    seed: 0,
                    losses: Some(&tensor(&losses, &device)),
                };
                let chosen = method.choose(&batch).unwrap();
                let found = chosen.positions.unwrap().try_into_vec_as::<i32>().unwrap();
                let best = |stratum: usize| {
                    let members = (0..ROWS).filter(|rank| rank * keep / ROWS == stratum);
                    let learnability = |row: &usize| (losses[*row] - reference[*row]) as i32;
                    let members = members.map(|rank| order[rank]);
                    members
                        .max_by_key(|row| (learnability(row), ROWS - row))
                        .unwrap() as i32
                };
                let mut expected: Vec<i32> = (0..keep).map(best).collect();
                expected.sort_unstable();
                assert_eq!(found, expected, "{keep} of {:?}", options.laplacian);
            }
        }
    }
}
