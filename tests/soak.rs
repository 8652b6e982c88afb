//! Ten thousand selections of changing shapes: the process's memory stays flat.

mod support;

use gstds::{Features, Keep, Options, Selector, Shape};
use support::{Noise, gpu, upload};

const SELECTIONS: usize = 10_000;

/// Bytes of memory that the process holds, where the system reports it.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[test]
fn memory_stays_flat_over_ten_thousand_selections() {
    let gpu = gpu();
    let columns = 8;
    let features = upload(bytemuck::cast_slice(&Noise(1).features(90, columns)));
    let selectors = [Options::gstds(), Options::saln()]
        .map(|options| Selector::new(&gpu.device, &options).unwrap());
    let mut after_warm_up = None;
    let mut kept = 0;
    for number in 0..SELECTIONS {
        let rows = 3 + number * 7 % 88;
        let shape = Shape {
            rows,
            features: columns,
        };
        let mut batch = selectors[number % 2].prepare(shape).unwrap();
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let view = Features::new(&features);
        kept += batch.encode(&mut encoder, view, Keep::Ratio(0.25)).unwrap();
        gpu.queue.submit([encoder.finish()]);
        let poll = wgpu::PollType::wait_indefinitely();
        gpu.device.poll(poll).unwrap();
        if number == SELECTIONS / 5 {
            after_warm_up = resident();
        }
    }
    assert!(kept > SELECTIONS);
    let (Some(before), Some(after)) = (after_warm_up, resident()) else {
        println!("this system does not report the memory of a process");
        return;
    };
    let grown = after.saturating_sub(before);
    println!(
        "{} MiB after {SELECTIONS}, {} KiB of them grown",
        after >> 20,
        grown >> 10
    );
    assert!(
        grown < 8 << 20,
        "{grown} bytes more after {SELECTIONS} selections"
    );
}
