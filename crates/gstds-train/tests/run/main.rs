//! Whole runs of tiny networks: seconds on a software adapter.

mod folder;
mod learners;
mod results;
mod tiny;
