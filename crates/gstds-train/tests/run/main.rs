//! Whole runs of tiny networks: seconds on a software adapter.

mod folder;
mod results;
mod tiny;
