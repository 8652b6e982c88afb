//! Whole runs of tiny networks: seconds on a software adapter.

mod corruption;
mod folder;
mod guided;
mod images;
mod learners;
mod results;
mod resume;
mod tiny;
