//! On macOS a module finds Python's symbols when it is loaded, which its linker must be told.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
