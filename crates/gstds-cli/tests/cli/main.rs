//! The command `gstds` from outside: what it writes, what it says, how it exits.

mod bad_input;
mod bench;
#[cfg(unix)]
mod compare;
mod curate;
#[cfg(unix)]
mod curate_faults;
mod curate_fuzz;
mod data_sets;
mod devices;
mod exit_codes;
mod features;
mod full_disk;
mod inspect;
mod pictures;
mod program;
mod pytorch;
mod report;
#[cfg(unix)]
mod resume;
mod select;
mod shell;
mod train;
mod verbosity;
