//! The family of methods that draw rows by a score: what the score is, the strata that rows are
//! drawn from, and the temperature of the draw. `guided`, `jest`, `loss`,
//! `stratified-learnability` and `spectral-guided` are its presets.
//!
//! Of each stratum the rows with the largest u + T·g are kept, u being the score, T the temperature
//! and g standard Gumbel noise: a draw without replacement with chances exp(u/T), or at
//! temperature 0 the rows of the highest scores, ties to the lower position.

mod cells;
mod score;
mod strata;

pub use score::Score;
pub(super) use strata::NESTED_VECTORS;
pub use strata::Strata;

use super::{
    BatchRows, Chosen, EpochPlan, KeptRows, Method, MethodInputs, MethodName, MethodSpec,
    noise::EpochNoise, ranking, reweight::GumbelTopK,
};
use crate::error::Result;
use burn::tensor::Device;
use gstds_burn::GpuDevice;
use score::{RowScores, ScoreInputs};
use strata::StratifiedRows;

/// How a method of the family draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Family {
    /// Score by which rows are drawn.
    pub score: Score,
    /// What they are drawn from.
    pub strata: Strata,
    /// Scales the noise; 0 keeps the highest scores.
    pub temperature: f64,
}

impl Family {
    /// What a method of this name does unless a run says otherwise; none for methods outside of the
    /// family.
    #[must_use]
    pub const fn preset(name: MethodName) -> Option<Self> {
        let (score, strata, temperature) = match name {
            MethodName::Guided => (Score::Free, Strata::None, 1.0),
            MethodName::Loss => (Score::Loss, Strata::None, 0.0),
            MethodName::Jest => (Score::Learnability, Strata::None, 1.0),
            MethodName::StratifiedLearnability => (Score::Learnability, Strata::Fiedler, 0.0),
            MethodName::SpectralGuided => (Score::Learnability, Strata::Nested, 0.0),
            _ => return None,
        };
        Some(Self {
            score,
            strata,
            temperature,
        })
    }
}

/// A method of the family.
pub(super) struct FamilyMethod {
    name: MethodName,
    device: Device,
    scores: RowScores,
    strata: StratifiedRows,
    temperature: f64,
    /// Whether kept rows are weighted, see [`super::reweight`].
    reweight: bool,
    /// Times the temperature.
    noise: EpochNoise,
}

impl FamilyMethod {
    pub fn new(
        spec: MethodSpec,
        family: Family,
        device: &GpuDevice,
        inputs: MethodInputs<'_>,
    ) -> Result<Self> {
        let options = spec.solved(inputs.selection);
        let strata = StratifiedRows::new(spec.name, family.strata, device, inputs.bank, &options)?;
        let scores = ScoreInputs {
            reference_losses: inputs.reference_losses,
            label_graph: inputs.label_graph,
            guide: inputs.guide,
        };
        let scores = RowScores::new(spec.name, family.score, device, scores)?;
        Ok(Self {
            name: spec.name,
            device: device.burn.clone(),
            scores,
            strata,
            temperature: family.temperature,
            reweight: inputs.reweight,
            noise: EpochNoise::default(),
        })
    }
}

impl Method for FamilyMethod {
    fn name(&self) -> MethodName {
        self.name
    }

    fn needs_losses(&self) -> bool {
        self.scores.needs_losses()
    }

    fn begin_epoch(&mut self, plan: &EpochPlan<'_>) -> Result<()> {
        self.noise = EpochNoise::new(plan, self.temperature, &self.device);
        self.strata.begin_epoch(plan);
        Ok(())
    }

    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen> {
        if batch.keeps_all() {
            return Ok(Chosen::all());
        }
        let scored = self.scores.of(self.name, batch)?;
        let perturbed = match self.noise.is_some() {
            true => scored.scores.clone() + self.noise.of(batch),
            false => scored.scores.clone(),
        };
        let marked = self.strata.mark(batch, &perturbed)?;
        let positions = ranking::positions(marked.rows, batch.keep);
        let draw = marked.ranks.filter(|_| self.reweight);
        let weights = draw.map(|ranks| {
            let draw = GumbelTopK {
                scores: scored.scores,
                perturbed,
                ranks,
                temperature: self.temperature,
            };
            draw.weights(&positions)
        });
        Ok(Chosen {
            weights,
            status: marked.status,
            guide: scored.guide,
            ..Chosen::at(positions)
        })
    }

    fn observe(&mut self, kept: &KeptRows<'_>) {
        self.scores.observe(kept);
    }

    fn state(&self) -> Result<Vec<u8>> {
        self.scores.state()
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.scores.restore(self.name, bytes)
    }

    fn end_epoch(&mut self) -> Result<()> {
        self.scores.check_recorded()?;
        self.strata.check_recorded()
    }
}

/// For tests: learnability at a temperature, from whole batches, weighted or not.
#[cfg(test)]
pub(super) fn drawing(
    device: &Device,
    reference: burn::tensor::Tensor<1>,
    temperature: f64,
    reweight: bool,
) -> FamilyMethod {
    FamilyMethod {
        name: MethodName::Jest,
        device: device.clone(),
        scores: RowScores::Learnability(Box::new(reference)),
        strata: StratifiedRows::None,
        temperature,
        reweight,
        noise: EpochNoise::default(),
    }
}

#[cfg(test)]
mod tests;
