//! Errors of the crates above Burn as failures of a command.

use gstds_models::Error as ModelsError;
use gstds_study::Error as StudyError;
use gstds_train::Error as TrainError;

use super::Failure;

/// Whether the caller asked a run to stop.
pub(super) fn is_interrupted(error: &StudyError) -> bool {
    matches!(error, StudyError::Train(TrainError::Interrupted { .. }))
}

/// The kernel crate's error, where opening the device caused it.
pub(super) fn kernel(error: &StudyError) -> Option<&gstds::Error> {
    match error {
        StudyError::Train(TrainError::Gpu(gstds_burn::Error::Selection(error)))
        | StudyError::Models(ModelsError::Gpu(gstds_burn::Error::Selection(error))) => Some(error),
        _ => None,
    }
}

/// The flags that set what these crates' messages name by its configuration key.
pub(super) fn flags(error: &StudyError) -> Option<&'static str> {
    match error {
        StudyError::Models(error) | StudyError::Train(TrainError::Models(error)) => match error {
            ModelsError::NoWeights { .. } => Some("--weights FILE"),
            ModelsError::NoPretrained { .. } => Some("--init FILE"),
            _ => None,
        },
        StudyError::Train(TrainError::RunExists { .. }) => Some("--out, --resume"),
        StudyError::Budget { remedy, .. } => Some(match remedy.contains("free_reference") {
            true => "--epochs, --free-reference",
            false => "--epochs",
        }),
        _ => match kernel(error)? {
            gstds::Error::DeviceLimit { .. } | gstds::Error::OutOfMemory { .. } => Some("--batch"),
            _ => None,
        },
    }
}

/// The error of a data set or a file, where that is the cause.
pub(super) fn data(error: &StudyError) -> Option<&gstds_data::Error> {
    match error {
        StudyError::Data(error)
        | StudyError::Models(ModelsError::Data(error))
        | StudyError::Train(
            TrainError::Data(error) | TrainError::Models(ModelsError::Data(error)),
        ) => Some(error),
        _ => None,
    }
}

impl From<ModelsError> for Failure {
    fn from(error: ModelsError) -> Self {
        Self::Study(error.into())
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        Self::Study(error.into())
    }
}
