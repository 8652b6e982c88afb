//! The tensors that a network needs, and how a file differs from them.

use super::{WeightTensor, Weights, view::is_weight};
use crate::error::WeightProblems;
use std::collections::BTreeSet;

/// An extent that every size fits, if it is the same wherever a layout has it: the number of
/// classes.
pub(crate) const ANY: usize = usize::MAX;

/// A tensor's name and shape.
pub(crate) type NamedShape = (String, Vec<usize>);

/// Names and shapes of tensors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WeightLayout {
    /// Must be there.
    pub(crate) required: Vec<NamedShape>,
    /// All of them are there or none, such as weight and bias of a classifier.
    pub(crate) optional: Vec<NamedShape>,
}

impl WeightLayout {
    /// What is missing from `weights`, what is unexpected, and what has another shape or type.
    pub(crate) fn differences(&self, weights: &Weights) -> WeightProblems {
        let tensors = &weights.tensors;
        let any = self
            .optional
            .iter()
            .any(|(name, _)| tensors.contains_key(name));
        let optional = if any { self.optional.as_slice() } else { &[] };
        let expected = || self.required.iter().chain(optional);
        let mut problems = WeightProblems::default();
        let mut size = ANY;
        for (name, shape) in expected() {
            match tensors.get(name) {
                None => problems.missing.push(name.clone()),
                Some(tensor) => {
                    let reason = mismatch(tensor, shape, &mut size);
                    problems
                        .mismatched
                        .extend(reason.map(|reason| format!("{name}: {reason}")));
                }
            }
        }
        let names: BTreeSet<&String> = expected().map(|(name, _)| name).collect();
        let unexpected = tensors.keys().filter(|name| !names.contains(name));
        problems.unexpected = unexpected.cloned().collect();
        problems
    }
}

/// What is wrong with a tensor that should have `shape`, where [`ANY`] stands for `size` once that
/// is known.
fn mismatch(tensor: &WeightTensor, shape: &[usize], size: &mut usize) -> Option<String> {
    let shape: Vec<usize> = shape
        .iter()
        .map(|extent| if *extent == ANY { *size } else { *extent })
        .collect();
    let same = |(found, expected): (&usize, &usize)| *expected == ANY || found == expected;
    let found = &tensor.shape;
    if found.len() != shape.len() || !found.iter().zip(&shape).all(same) {
        return Some(format!("shape {found:?}, expected {}", displayed(&shape)));
    }
    if !is_weight(tensor.element) {
        return Some(format!(
            "{:?}, expected F32, F64, F16 or BF16",
            tensor.element
        ));
    }
    let bound = found.iter().zip(&shape).find(|(_, extent)| **extent == ANY);
    if let Some((found, _)) = bound {
        *size = *found;
    }
    None
}

fn displayed(shape: &[usize]) -> String {
    let extents: Vec<String> = shape
        .iter()
        .map(|extent| match *extent {
            ANY => "any".into(),
            extent => extent.to_string(),
        })
        .collect();
    format!("[{}]", extents.join(", "))
}
