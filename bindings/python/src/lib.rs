//! `gstds._gstds`, on which the Python of py_src/gstds stands: arrays in, arrays out. Everything that
//! takes time runs on a thread of its own, without Python's lock.
#![deny(missing_docs)]

mod array;
mod bank;
mod device;
mod driver;
mod error;
mod guided;
mod inspect;
mod job;
mod near_duplicates;
mod options;
mod process;
mod select;

/// The compiled part of the package.
#[pyo3::pymodule]
mod _gstds {
    #[pymodule_export]
    use crate::bank::Bank;
    #[pymodule_export]
    use crate::device::devices;
    #[pymodule_export]
    use crate::error::NoAdapterError;
    #[pymodule_export]
    use crate::guided::Guided;
    #[pymodule_export]
    use crate::inspect::inspect;
    #[pymodule_export]
    use crate::job::finish;
    #[pymodule_export]
    use crate::near_duplicates::near_duplicates;
    #[pymodule_export]
    use crate::select::select;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name that Python knows")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
