//! What is compiled, and when.

use super::{SHADERS, wgsl};
use crate::{
    Dtype, Features, GraphCall, Keep, Matrix, MatrixKind, Options, Path, Rule, Selector, Shape,
    adapter::{AdapterRequest, open},
};

const SHAPE: Shape = Shape {
    rows: 70,
    features: 7,
};
const KEEP: Keep = Keep::Count(9);

#[test]
fn recording_a_matrix_compiles_nothing() {
    let gpu = open(&AdapterRequest::default()).unwrap();
    let buffer = gpu.storage_buffer("matrix", 4 * 70 * 70).unwrap();
    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    for kind in [MatrixKind::Similarity, MatrixKind::Affinity] {
        let mut graph = selector.prepare_matrix(kind, 70).unwrap();
        let prepared = selector.compiled();
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        graph
            .encode(&mut encoder, Matrix::new(&buffer), KEEP)
            .unwrap();
        selector.prepare_matrix(kind, 20).unwrap();
        assert_eq!(selector.compiled(), prepared, "{kind:?}");
    }
}

#[test]
fn recording_compiles_nothing() {
    let gpu = open(&AdapterRequest::default()).unwrap();
    let buffer = gpu.storage_buffer("features", 4 * 70 * 8).unwrap();
    let plain = Features::new(&buffer);
    let halves = plain.dtype(Dtype::F16);
    let views = [plain, halves, halves.stride(8), halves.offset(2).rows(60)];
    let solved = Path::ALL.iter().map(|path| Options::default().path(*path));
    let random = Options::default().rule(Rule::Random);
    for options in solved.chain([random]) {
        let selector = Selector::new(&gpu.device, &options).unwrap();
        let mut batch = selector.prepare(SHAPE).unwrap();
        let mut many = selector.prepare_many(SHAPE, 2).unwrap();
        let prepared = selector.compiled();
        assert!(prepared > 3, "{options:?}: {prepared}");
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        for view in views {
            batch.encode(&mut encoder, view, KEEP).unwrap();
            let call = GraphCall {
                rows: 30,
                keep: KEEP,
            };
            let all = view.rows(60);
            many.encode(&mut encoder, all, &[call; 2]).unwrap();
        }
        assert_eq!(selector.compiled(), prepared, "{options:?}");

        selector.prepare(SHAPE).unwrap();
        assert_eq!(selector.compiled(), prepared, "a second workspace");
    }
}

#[test]
fn browsers_alone_get_the_directive_for_subgroups() {
    let directive = "enable subgroups;";
    for shader in SHADERS {
        let uses = shader.wgsl.contains("subgroupAdd(");
        let in_browsers = wgsl(shader, wgpu::Backend::BrowserWebGpu);
        assert_eq!(in_browsers.starts_with(directive), uses, "{}", shader.name);
        assert!(in_browsers.ends_with(shader.wgsl));
        assert_eq!(wgsl(shader, wgpu::Backend::Vulkan), shader.wgsl);
    }
    assert!(SHADERS.iter().any(|s| s.variants.contains(&"subgroup")));
}
