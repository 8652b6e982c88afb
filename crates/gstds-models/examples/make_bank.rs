//! Computes a feature bank of the embedded data set on Burn's CPU backend.
//!
//! `make_bank FILE [SIDE [train|test]]`; `cargo xtask assets` calls it with the file alone. Other
//! sides and the test images were used to choose the side, see docs/assets.md.

use burn::tensor::Device;
use gstds_models::bank::{BankElement, EMBEDDED_INPUT_SIDE, FeatureBank};
use gstds_models::bank_cache;
use gstds_models::reference::EfficientNetLite0;
use std::io::{IsTerminal, Write};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("give the file to write")?;
    let side = arguments
        .next()
        .map_or(Ok(EMBEDDED_INPUT_SIDE), |side| side.parse())?;
    let device = Device::flex();
    let reference = EfficientNetLite0::embedded(side, &device)?;
    let data = gstds_data::embedded()?;
    let images = match arguments.next().as_deref() {
        None | Some("train") => data.train,
        Some("test") => data.test,
        Some(other) => return Err(format!("unknown split '{other}'; give train or test").into()),
    };
    let start = Instant::now();
    let shown = std::io::stderr().is_terminal();
    let bank = FeatureBank::compute(
        &reference,
        &images,
        BankElement::F16,
        &device,
        |done, total| {
            if !shown {
                return;
            }
            let rate = done as f64 / start.elapsed().as_secs_f64();
            eprint!("\r{done}/{total} images, {rate:.1} images/s ");
            let _ = std::io::stderr().flush();
        },
    )?;
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("\r{} images in {seconds:.1} s", images.len());
    bank_cache::write(file.as_ref(), &bank)?;
    Ok(())
}
