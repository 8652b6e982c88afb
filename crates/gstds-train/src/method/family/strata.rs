//! The strata that rows are drawn from: the whole batch, or strata along eigenvectors of its graph.
//!
//! **Fiedler strata.** The rows are in the descending order of the Fiedler vector's scores, invalid
//! ones last, ties by position; where nothing was solved, in that of their positions. Rank r of n
//! belongs to stratum ⌊r·k/n⌋ of k, and each gives one row.
//!
//! **Nested strata.** The rows in descending order along vector 2 are cut into 4 bins, before the
//! ranks round(i·n/4) (halves upwards); each bin, ordered along vector 3, likewise into 4; and each
//! of those, ordered along vector 4, into max(1, ⌊k/16⌋) cells. Where there are as many cells as
//! rows kept, one row is taken from each; else each gives rows in proportion to its size, by
//! largest remainder, ties to the lower cell. Sizes and counts follow from n and k alone, so the
//! host knows them; which rows are in which cell, only the device knows. Invalid rows come last
//! along vector 2, ties by position; along a vector that the graph does not have, all rows tie.
//! Where vector 3 or 4 has not converged, the step's selection has the flag
//! [`gstds::Flags::FURTHER_UNCONVERGED`].

use super::cells::Cells;
use crate::error::{Error, Result};
use crate::method::{
    BatchRows, BatchSize, EpochPlan, MethodName, graph_selector::GraphSelector, ranking,
};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use gstds::Options;
use gstds_burn::{GpuDevice, Picked};
use gstds_models::bank::ResidentBank;

/// Eigenvectors that nested strata are cut along.
pub(in crate::method) const NESTED_VECTORS: u32 = 3;

gstds_data::named! {
    /// Strata from which rows are drawn.
    Strata, "strata", {
        /// The whole batch.
        None = "none",
        /// As many equal strata as rows are kept, along the Fiedler vector; one row of each.
        Fiedler = "fiedler",
        /// Nested strata along eigenvectors 2 to 4.
        Nested = "nested",
    }
}

/// Strata of batches, with what cuts them.
pub(super) enum StratifiedRows {
    None,
    Fiedler(GraphSelector),
    Nested(GraphSelector, NestedCells),
}

/// The kept rows of a batch.
pub(super) struct MarkedRows {
    pub rows: Tensor<1, Bool>,
    /// The rank of each row where the batch is one stratum.
    pub ranks: Option<Tensor<1, Int>>,
    /// Of the selection, where a graph was solved.
    pub status: Option<Tensor<1, Int>>,
}

impl StratifiedRows {
    pub fn new(
        name: MethodName,
        strata: Strata,
        device: &GpuDevice,
        bank: Option<ResidentBank>,
        options: &Options,
    ) -> Result<Self> {
        let graphs = || {
            let method = name.name();
            let bank = bank.ok_or(Error::NoFeatures { method })?;
            GraphSelector::new(device, bank, options)
        };
        Ok(match strata {
            Strata::None => Self::None,
            Strata::Fiedler => Self::Fiedler(graphs()?),
            Strata::Nested => Self::Nested(graphs()?, NestedCells::new(&device.burn)),
        })
    }

    pub fn begin_epoch(&mut self, plan: &EpochPlan<'_>) {
        if let Self::Nested(_, cells) = self {
            cells.begin_epoch(plan);
        }
    }

    /// Marks the rows of the largest `values` of each stratum.
    pub fn mark(&mut self, batch: &BatchRows<'_>, values: &Tensor<1>) -> Result<MarkedRows> {
        let rows = batch.rows.dims()[0];
        Ok(match self {
            Self::None => {
                let ranks = ranking::ranks(values);
                MarkedRows {
                    rows: ranks.clone().lower_elem(batch.keep as i32),
                    ranks: Some(ranks),
                    status: None,
                }
            }
            Self::Fiedler(graphs) => {
                let picked = graphs.pick(batch)?;
                let ranks = ranking::inverse(&picked.order);
                let strata = ranks.mul_scalar(batch.keep as i32).div_scalar(rows as i32);
                MarkedRows {
                    rows: ranking::largest_of_each(values, &strata),
                    ranks: None,
                    status: Some(picked.status),
                }
            }
            Self::Nested(graphs, cells) => {
                let picked = graphs.pick(batch)?;
                let tables = cells.of(BatchSize {
                    rows,
                    keep: batch.keep,
                });
                MarkedRows {
                    rows: tables.mark(&picked, values),
                    ranks: None,
                    status: Some(picked.status),
                }
            }
        })
    }

    /// Reports selections that failed after they were queued.
    pub fn check_recorded(&self) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Fiedler(graphs) | Self::Nested(graphs, _) => graphs.check_recorded(),
        }
    }
}

/// The cells of an epoch's batches.
pub(super) struct NestedCells {
    device: Device,
    /// Tables of the batches' sizes and counts.
    tables: Vec<CellTables>,
}

impl NestedCells {
    fn new(device: &Device) -> Self {
        Self {
            device: device.clone(),
            tables: Vec::new(),
        }
    }

    fn begin_epoch(&mut self, plan: &EpochPlan<'_>) {
        self.tables.clear();
        for &size in plan.batches.iter().filter(|size| size.keep < size.rows) {
            self.of(size);
        }
    }

    /// Uploaded once for all batches of an epoch that have this many rows and keep as many.
    fn of(&mut self, size: BatchSize) -> CellTables {
        let known = self.tables.iter().find(|tables| tables.size == size);
        if let Some(known) = known {
            return known.clone();
        }
        let made = CellTables::new(size, &self.device);
        self.tables.push(made.clone());
        made
    }
}

/// [`Cells`] on the device, i32, one entry per rank.
#[derive(Clone)]
struct CellTables {
    /// The batches they are made for.
    size: BatchSize,
    /// Where the bin starts that a rank lies in, after cutting along each vector.
    starts: [Tensor<1, Int>; NESTED_VECTORS as usize],
    /// Rows taken of the cell that a rank lies in.
    taken: Tensor<1, Int>,
}

impl CellTables {
    fn new(size: BatchSize, device: &Device) -> Self {
        let BatchSize { rows, keep } = size;
        let cells = Cells::new(rows, keep);
        let on_device = |list: Vec<i32>| Tensor::from_data(TensorData::new(list, [rows]), device);
        Self {
            size,
            starts: cells.starts.map(on_device),
            taken: on_device(cells.taken),
        }
    }

    /// Marks the rows of the largest values of each cell.
    fn mark(&self, picked: &Picked, values: &Tensor<1>) -> Tensor<1, Bool> {
        let rows = self.size.rows;
        let mut ranks = ranking::inverse(&picked.order);
        let mut bins = self.starts[0].clone().select(0, ranks.clone());
        for (line, starts) in self.starts.iter().enumerate().skip(1) {
            let scores = picked.scores.clone().slice_dim(0, line..line + 1);
            let within = ranking::ranks_within(&scores.squeeze_dim::<1>(0), &bins);
            // Scores that are no numbers tie with none and must not rank beyond the batch.
            ranks = (bins + within).clamp_max(rows as i32 - 1);
            bins = starts.clone().select(0, ranks.clone());
        }
        let taken = self.taken.clone().select(0, ranks);
        ranking::ranks_within(values, &bins).lower(taken)
    }
}
