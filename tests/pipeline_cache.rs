//! Kernels from a pipeline cache of the application's select as those compiled anew do.
#![allow(unsafe_code, reason = "wgpu trusts the data of a cache")]

mod support;

use gstds::{Keep, Options, Selection, Selector, Shape};
use support::{Noise, gpu};

const SHAPE: Shape = Shape {
    rows: 120,
    features: 16,
};

fn cache(data: Option<&[u8]>) -> wgpu::PipelineCache {
    let descriptor = wgpu::PipelineCacheDescriptor {
        label: None,
        data,
        fallback: false,
    };
    // SAFETY: the data, if any, are those of another cache of this process, unchanged.
    unsafe { gpu().device.create_pipeline_cache(&descriptor) }
}

fn select(selector: &Selector) -> Selection {
    let data = Noise(31).features(SHAPE.rows, SHAPE.features);
    let selected = selector.select_blocking(&gpu().queue, &data, SHAPE, Keep::Count(30));
    selected.unwrap()
}

#[test]
fn a_cache_takes_the_kernels_and_gives_them_back() {
    let device = &gpu().device;
    if !device.features().contains(wgpu::Features::PIPELINE_CACHE) {
        println!("SKIPPED: this device has no pipeline cache");
        return;
    }
    let options = Options::default();
    let plain = select(&Selector::new(device, &options).unwrap());
    let empty = cache(None);
    let before = empty.get_data().unwrap_or_default().len();
    let first = Selector::with_pipeline_cache(device, &options, empty.clone()).unwrap();
    let first = select(&first);
    let stored = empty.get_data().expect("the device has caches");
    // llvmpipe's caches hold nothing but their header.
    let grows = !gpu().is_software();
    assert_eq!(stored.len() > before, grows, "{} bytes", stored.len());

    let filled = cache(Some(&stored));
    let second = select(&Selector::with_pipeline_cache(device, &options, filled).unwrap());
    for cached in [first, second] {
        assert_eq!(cached.kept, plain.kept);
        assert_eq!(cached.scores, plain.scores);
    }
}
