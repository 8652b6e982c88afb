//! The bridge from outside: what it keeps is what the kernels keep on the same data, whatever
//! Burn has pending, however the tensor lies in memory, from any thread.

mod data;
mod errors;
mod example;
mod order;
mod paths;
mod pool;
mod submission;
mod threads;
mod views;
