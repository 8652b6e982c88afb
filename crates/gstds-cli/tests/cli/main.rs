//! The command `gstds` from outside: its files, its output, its exit codes.

mod advice;
mod bad_input;
mod bench;
#[cfg(all(unix, feature = "train"))]
mod compare;
mod coverage;
mod curate;
#[cfg(unix)]
mod curate_faults;
mod curate_fuzz;
#[cfg(feature = "train")]
mod data_sets;
mod devices;
mod exit_codes;
#[cfg(feature = "train")]
mod features;
mod full_disk;
mod inspect;
mod label_suspects;
mod pictures;
mod program;
mod python;
#[cfg(feature = "train")]
mod pytorch;
#[cfg(feature = "train")]
mod report;
#[cfg(all(unix, feature = "train"))]
mod resume;
mod select;
mod shell;
#[cfg(feature = "train")]
mod train;
mod verbosity;
