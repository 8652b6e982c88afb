//! Whether a device can hold the largest part of a pool, and what makes it fit where it cannot.

use std::fmt;

use gstds::adapter::Gpu;
use gstds::{Affinity, Coverage, Dtype, Error, Options, Path, Shape, Storage};
use gstds_data::matrix::DeviceElement;

use super::PoolPlan;
use crate::error::Result;
use crate::near_duplicates;
use crate::solve::upload::dtype;

/// A change of the request or of the features by which a selection fits the device. Each was
/// checked, by itself, against the device's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// [`Partition::Batches`](crate::Partition::Batches) of at most this many rows.
    Batches(usize),
    /// The features stored as f16.
    HalfFeatures,
    /// [`Options::storage`](field@Options::storage) half.
    HalfStorage,
    /// [`Options::affinity`](field@Options::affinity) auto, on path auto.
    AffinityAuto,
    /// [`Options::path`](field@Options::path) auto.
    PathAuto,
}

/// As the fields of this crate name it.
impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batches(rows) => write!(f, "batches of {rows} rows"),
            Self::HalfFeatures => f.write_str("features in f16"),
            Self::HalfStorage => f.write_str("storage half"),
            Self::AffinityAuto => f.write_str("affinity auto"),
            Self::PathAuto => f.write_str("path auto"),
        }
    }
}

/// Remedies as the end of an error's sentence.
pub(crate) fn listed(remedies: &[Remedy]) -> String {
    match remedies {
        [] => "use fewer rows or features".into(),
        some => {
            let names: Vec<String> = some.iter().map(Remedy::to_string).collect();
            format!("any of these fits: {}", names.join(", "))
        }
    }
}

/// Bytes on the device where it compares the rows of the largest part, of any, for near-duplicates:
/// of the features and beside them.
pub(super) fn search_bytes(gpu: &Gpu, plan: &PoolPlan<'_>) -> Result<[u64; 2]> {
    let on_host = near_duplicates::most_on_host(gpu);
    let most = plan.parts.iter().map(|part| part.rows.len()).max();
    let Some(rows) = most.filter(|&rows| rows > on_host) else {
        return Ok([0; 2]);
    };
    if plan.request.near_duplicates.is_none() {
        return Ok([0; 2]);
    }
    let (row_bytes, limits) = (plan.layout.row_bytes(), gpu.device.limits());
    let features = plan.layout.features;
    let bytes = |rows| near_duplicates::device_bytes(Shape { rows, features }, row_bytes, &limits);
    match bytes(rows) {
        Ok(found) => Ok(found),
        Err(source @ Error::DeviceLimit { .. }) => {
            let sizes = (0..usize::BITS).rev().map(|bits| 1_usize << bits);
            let mut sizes = sizes.filter(|&size| size < rows && size > 1);
            // What the host compares fits whatever the device.
            let batch = sizes.find(|&size| size <= on_host || bytes(size).is_ok());
            Err(crate::Error::DoesNotFit {
                remedies: batch.map(Remedy::Batches).into_iter().collect(),
                source,
            })
        }
        Err(other) => Err(other.into()),
    }
}

/// The path of the largest part.
pub(super) fn path(plan: &PoolPlan<'_>, shape: Shape, gpu: &Gpu) -> Result<Path> {
    let options = &plan.request.options;
    let fitting = Fitting { plan, gpu };
    match fitting.path(options, shape, fitting.element()) {
        Ok(path) => Ok(path),
        Err(source @ Error::DeviceLimit { .. }) => Err(crate::Error::DoesNotFit {
            remedies: fitting.remedies(shape),
            source,
        }),
        Err(other) => Err(other.into()),
    }
}

/// A selection as planned, and the device that is to hold it.
struct Fitting<'a> {
    plan: &'a PoolPlan<'a>,
    gpu: &'a Gpu,
}

impl Fitting<'_> {
    fn element(&self) -> Dtype {
        dtype(self.plan.layout.element())
    }

    /// The path by which workspace and features of a shape fit.
    fn path(&self, options: &Options, shape: Shape, element: Dtype) -> Result<Path, Error> {
        let (device, limits) = (&self.gpu.device, self.gpu.device.limits());
        let values = (shape.rows as u64).saturating_mul(shape.features as u64);
        let needed = values.saturating_mul(element.bytes());
        let allowed = limits.max_buffer_size;
        if needed > allowed {
            return Err(Error::DeviceLimit {
                what: "features",
                needed,
                limit: "max_buffer_size",
                allowed,
            });
        }
        let Some(coverage) = self.plan.request.coverage_options() else {
            return options.path_within(shape, element, &limits);
        };
        let coverage = coverage.graph(options.clone());
        let most = self.plan.most_chosen().min(shape.rows);
        Coverage::workspace_bytes(device, shape, most, &coverage)?;
        Coverage::path_on(device, shape, most, &coverage)
    }

    fn remedies(&self, shape: Shape) -> Vec<Remedy> {
        let options = &self.plan.request.options;
        let element = self.element();
        let with = |options: &Options| self.path(options, shape, element).is_ok();
        let batch = |rows: usize| self.path(options, Shape { rows, ..shape }, element).is_ok();
        let mut found = Vec::new();
        let sizes = (0..usize::BITS).rev().map(|bits| 1_usize << bits);
        let below = sizes.filter(|&size| size < shape.rows && size > 1);
        if let Some(rows) = below.into_iter().find(|&rows| batch(rows)) {
            found.push(Remedy::Batches(rows));
        }
        if self.plan.layout.element() == DeviceElement::F32
            && self.path(options, shape, Dtype::F16).is_ok()
        {
            found.push(Remedy::HalfFeatures);
        }
        if options.storage == Storage::Full && with(&options.clone().storage(Storage::Half)) {
            found.push(Remedy::HalfStorage);
        }
        let auto = options.clone().path(Path::Auto);
        if options.path != Path::Auto && with(&auto) {
            found.push(Remedy::PathAuto);
        } else if with(&auto.affinity(Affinity::Auto)) {
            found.push(Remedy::AffinityAuto);
        }
        found
    }
}
