/// What a call of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why features on a Burn device cannot be selected from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel crate refused the adapter, options, shape or count.
    #[error(transparent)]
    Selection(#[from] gstds::Error),
    /// Burn could not take over the opened wgpu device.
    #[error("Burn cannot use adapter '{adapter}': {reason}")]
    Device {
        /// The adapter's name.
        adapter: String,
        /// Burn's error.
        reason: String,
    },
    /// A tensor that is not on the selector's device.
    #[error(
        "the {what} are on {found} and the selector is on {expected}: move them there with to_device"
    )]
    OtherDevice {
        /// Which tensor.
        what: &'static str,
        /// Its device.
        found: String,
        /// The selector's device.
        expected: String,
    },
    /// A tensor of an element type that the kernels do not read.
    #[error("the {what} have element type {found:?}; the kernels read {readable}: cast them first")]
    ElementType {
        /// Which tensor.
        what: &'static str,
        /// Its element type.
        found: burn::tensor::DType,
        /// Element types that are read.
        readable: &'static str,
    },
    /// More rows listed than one tensor can index.
    #[error("a bank of {rows} rows; at most {limit} can be listed: split the bank")]
    BankTooLong {
        /// Rows of the bank.
        rows: usize,
        /// The limit.
        limit: usize,
    },
    /// Recording an earlier selection failed on the device; its kept rows are all row 0.
    #[error("an earlier selection could not be recorded, so its kept rows are invalid: {reason}")]
    Recording {
        /// What went wrong.
        reason: String,
    },
    /// Reading a status back failed, usually because the device was lost.
    #[error("reading a selection's status back failed: {reason}")]
    ReadBack {
        /// Burn's error.
        reason: String,
    },
}

impl Error {
    /// The kind of error.
    #[must_use]
    pub fn kind(&self) -> gstds::ErrorKind {
        match self {
            Self::Selection(error) => error.kind(),
            Self::BankTooLong { .. } | Self::ElementType { .. } | Self::OtherDevice { .. } => {
                gstds::ErrorKind::Input
            }
            Self::Device { .. } | Self::Recording { .. } | Self::ReadBack { .. } => {
                gstds::ErrorKind::Device
            }
        }
    }
}
