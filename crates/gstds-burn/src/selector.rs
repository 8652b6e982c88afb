use crate::{
    Error, GpuDevice, Result,
    device_tensor::FailureSlot,
    features::{check, check_device},
    operation::{Call, SelectionBackend},
    workspaces::Workspaces,
};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::{DType, Int, Tensor};
use gstds::{Keep, Options, Selector, Shape, Status};
use std::sync::Arc;

/// Selects rows of Burn tensors on their own device.
///
/// Cheap to share between threads; one queue orders what they submit. Workspaces are kept for the
/// last four shapes.
#[derive(Debug)]
pub struct FiedlerSelector {
    selector: Selector,
    device: GpuDevice,
    workspaces: Workspaces,
    failure: FailureSlot,
}

/// A selection that may not have run yet.
#[derive(Clone, Debug)]
pub struct Picked {
    /// Kept positions, i32, the requested number, in the order of the options.
    pub kept: Tensor<1, Int>,
    /// All positions in the order that the rule reads them, i32, one per row; see
    /// [`gstds::Batch::order`]. Undefined where every row is kept.
    pub order: Tensor<1, Int>,
    /// Scores along each of [`Options::vectors`], f32, vectors x rows: one line, that of the
    /// Fiedler vector, by default; see [`gstds::Batch::vectors`] and [`gstds::Batch::scores`],
    /// which says what a single line holds where nothing was solved. Undefined where every row is
    /// kept.
    pub scores: Tensor<2>,
    /// The [`Status`] of this selection as 16 words; see [`Picked::read_status`].
    pub status: Tensor<1, Int>,
    strict: bool,
}

/// Kept positions, order, scores, status.
type PickedTensors = (
    DispatchTensor,
    DispatchTensor,
    DispatchTensor,
    DispatchTensor,
);

impl FiedlerSelector {
    /// Compiles the kernels for a device. Keep the selector for the life of the device.
    ///
    /// # Errors
    /// [`gstds::Error`] for options or a device that the kernels cannot take.
    pub fn new(device: &GpuDevice, options: &Options) -> Result<Self> {
        Ok(Self {
            selector: Selector::new(&device.gpu.device, options)?,
            device: device.clone(),
            workspaces: Workspaces::default(),
            failure: FailureSlot::default(),
        })
    }

    /// Positions of the rows to keep of `features` (rows x features, f32 or f16).
    ///
    /// The features may be tracked by autodiff; the kept rows never are. Asking for as many rows
    /// as there are, or more, keeps all. Costs what [`gstds::Batch::encode`] records; features are
    /// copied only where a row is not contiguous (a transposed or broadcast tensor) or the rows lie
    /// too far apart for one storage binding.
    ///
    /// # Errors
    /// No rows or features, more rows than the kernels take, a keep count of zero or a ratio
    /// outside (0, 1], another device or element type; all before any GPU work.
    pub fn select(&self, features: &Tensor<2>, keep: Keep) -> Result<Tensor<1, Int>> {
        let seed = self.selector.options().seed;
        Ok(self.pick(features, keep, seed)?.kept)
    }

    /// [`FiedlerSelector::select`] with the seed of random rules given, and with the status.
    ///
    /// # Errors
    /// As [`FiedlerSelector::select`].
    pub fn pick(&self, features: &Tensor<2>, keep: Keep, seed: u64) -> Result<Picked> {
        let [rows, width] = features.dims();
        check(&self.device, features)?;
        let call = self.call(rows, width, keep, seed)?;
        let features = features.clone().without_autodiff().into_dispatch();
        Ok(self.picked(Dispatch::fiedler_select(features, call)))
    }

    /// Positions to keep in `rows`, a list of row numbers (i32) of a bank of features.
    ///
    /// The batch is read from the bank in place, without a gather. The result indexes `rows`, from
    /// 0 to its length; row numbers outside the bank count as invalid rows.
    ///
    /// # Errors
    /// As [`FiedlerSelector::select`].
    pub fn select_rows(
        &self,
        bank: &Tensor<2>,
        rows: &Tensor<1, Int>,
        keep: Keep,
        seed: u64,
    ) -> Result<Tensor<1, Int>> {
        Ok(self.pick_rows(bank, rows, keep, seed)?.kept)
    }

    /// [`FiedlerSelector::select_rows`] with the status.
    ///
    /// # Errors
    /// As [`FiedlerSelector::select`].
    pub fn pick_rows(
        &self,
        bank: &Tensor<2>,
        rows: &Tensor<1, Int>,
        keep: Keep,
        seed: u64,
    ) -> Result<Picked> {
        let [bank_rows, width] = bank.dims();
        check(&self.device, bank)?;
        self.check_rows(rows)?;
        let limit = i32::MAX as usize;
        if bank_rows > limit {
            return Err(Error::BankTooLong {
                rows: bank_rows,
                limit,
            });
        }
        let call = self.call(rows.dims()[0], width, keep, seed)?;
        let bank = bank.clone().without_autodiff().into_dispatch();
        let rows = rows.clone().without_autodiff().into_dispatch();
        Ok(self.picked(Dispatch::fiedler_select_rows(bank, rows, call)))
    }

    /// The options the kernels were compiled for.
    #[must_use]
    pub fn options(&self) -> &Options {
        self.selector.options()
    }

    /// Checks whether the selections that Burn has run so far could be recorded.
    ///
    /// Burn runs a selection some time after it was requested; a failure there is an error of the
    /// next call of this selector. After the last one, let Burn finish (`Device::sync`) and check
    /// here.
    ///
    /// # Errors
    /// [`Error::Recording`], once for each failure.
    pub fn check_recorded(&self) -> Result<()> {
        self.failure.check()
    }

    fn picked(&self, (kept, order, scores, status): PickedTensors) -> Picked {
        Picked {
            kept: Tensor::from_dispatch(kept),
            order: Tensor::from_dispatch(order),
            scores: Tensor::from_dispatch(scores),
            status: Tensor::from_dispatch(status),
            strict: self.options().strict,
        }
    }

    fn call(&self, rows: usize, features: usize, keep: Keep, seed: u64) -> Result<Arc<Call>> {
        self.check_recorded()?;
        if rows == 0 || features == 0 {
            return Err(gstds::Error::EmptyShape { rows, features }.into());
        }
        let kept = keep.of(rows)?;
        let shape = Shape { rows, features };
        Ok(Arc::new(Call {
            batch: self.workspaces.get(&self.selector, shape)?,
            device: self.device.gpu.device.clone(),
            queue: self.device.gpu.queue.clone(),
            rows,
            kept,
            vectors: self.options().vectors as usize,
            seed,
            failure: self.failure.clone(),
        }))
    }

    fn check_rows(&self, rows: &Tensor<1, Int>) -> Result<()> {
        check_device(&self.device, "listed rows", &rows.device())?;
        match rows.dtype() {
            DType::I32 | DType::U32 => Ok(()),
            found => Err(Error::ElementType {
                what: "listed rows",
                found,
                readable: "i32 and u32",
            }),
        }
    }
}

impl Picked {
    /// Waits for this selection and reads its status back: for logs, not for the training path.
    ///
    /// # Errors
    /// [`Error::ReadBack`]; [`gstds::Error::NonPositiveDegree`] where the graph had no
    /// symmetric Laplacian; in strict mode [`gstds::Error::InvalidRows`].
    pub fn read_status(&self) -> Result<Status> {
        let words = self.status.try_to_vec_as::<i32>();
        let words = words.map_err(|e| Error::ReadBack {
            reason: e.to_string(),
        })?;
        Self::status_from_words(&words, self.strict)
    }

    /// A status from the words of [`Picked::status`], for callers that read several tensors at
    /// once; `strict` as in [`Options::strict`].
    ///
    /// # Errors
    /// [`Error::ReadBack`] for another number of words, [`gstds::Error::NonPositiveDegree`]; in
    /// strict mode [`gstds::Error::InvalidRows`].
    pub fn status_from_words(words: &[i32], strict: bool) -> Result<Status> {
        let bytes = bytemuck::cast_slice(words);
        let status = bytemuck::try_pod_read_unaligned::<Status>(bytes);
        let status = status.map_err(|e| Error::ReadBack {
            reason: format!("{} words: {e}", words.len()),
        })?;
        Ok(status.check(strict)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::adapter::AdapterRequest;

    #[test]
    fn a_failure_while_burn_records_is_reported_once_when_asked_or_by_the_next_call() {
        let device =
            GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter");
        let selector = FiedlerSelector::new(&device, &Options::gstds()).unwrap();
        let features = Tensor::<2>::ones([4, 2], &device.burn);
        let call = selector.call(4, 2, Keep::Count(2), 0).unwrap();
        // As the operation leaves it, where Burn runs it after the call returned.
        let fail = || call.failure.note(Err("no memory".into()));

        fail();
        let error = selector.check_recorded().unwrap_err();
        assert!(error.to_string().contains("no memory"), "{error}");
        selector.check_recorded().unwrap();
        fail();
        let error = selector.select(&features, Keep::Count(2)).unwrap_err();
        assert!(matches!(error, Error::Recording { .. }), "{error}");
        selector.select(&features, Keep::Count(2)).unwrap();
    }
}
