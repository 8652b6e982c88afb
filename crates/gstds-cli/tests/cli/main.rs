//! The command `gstds` from outside: what it writes, what it says, how it exits.

mod bad_input;
mod bench;
mod devices;
mod full_disk;
mod program;
mod select;
mod train;
