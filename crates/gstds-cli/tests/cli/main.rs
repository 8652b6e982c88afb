//! The command `gstds` from outside: what it writes, what it says, how it exits.

mod bad_input;
mod bench;
#[cfg(unix)]
mod compare;
mod data_sets;
mod devices;
mod features;
mod full_disk;
mod pictures;
mod program;
mod pytorch;
#[cfg(unix)]
mod resume;
mod select;
mod train;
