//! What is refused, and with which error.

use super::*;
use gstds::{
    Affinity, Coverage, CoverageOptions, CoverageRule, Laplacian, NeighbourOptions, Neighbours,
};

#[test]
fn bad_calls_are_refused_before_anything_is_recorded() {
    let buffer = upload(bytemuck::cast_slice(&vec![1.0f32; 100 * COLUMNS]));
    let all = Features::new(&buffer);
    let count = Keep::Count(10);
    assert!(matches!(
        refused(all, Keep::Count(0)),
        Error::NothingKept { rows: 100 }
    ));
    for ratio in [0.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            refused(all, Keep::Ratio(ratio)),
            Error::KeepRatio { .. }
        ));
    }
    assert!(matches!(
        refused(all.rows(0), count),
        Error::EmptyShape { rows: 0, .. }
    ));
    assert!(matches!(
        refused(all.rows(101), count),
        Error::RowsBeyondShape { rows: 101, .. }
    ));
    assert!(matches!(
        refused(all.stride(23), count),
        Error::Stride { stride: 23, .. }
    ));
    assert!(matches!(
        refused(all.offset(2), count),
        Error::Misaligned { offset: 2, .. }
    ));
    assert!(matches!(
        refused(all.offset(4), count),
        Error::BufferTooShort { .. }
    ));
    assert!(matches!(
        refused(all.offset(u64::MAX - 3), count),
        Error::BufferTooShort { .. }
    ));
    assert!(matches!(
        refused(all.stride(25), count),
        Error::BufferTooShort { .. }
    ));
    let list = upload(&[0; 40]);
    let listed = all.picked_by(&list, 0, 100);
    assert!(matches!(
        refused(listed, count),
        Error::BufferTooShort {
            what: "listed rows",
            ..
        }
    ));
    let plain = gpu().device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 100 * COLUMNS as u64 * 4,
        usage: wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    assert!(matches!(
        refused(Features::new(&plain), count),
        Error::NotStorage { .. }
    ));
}

#[test]
fn bad_shapes_and_steps_are_refused() {
    let selector = selector(&Options::default());
    for (rows, features) in [(0, 8), (8, 0)] {
        let error = selector.prepare(Shape { rows, features }).unwrap_err();
        assert!(matches!(error, Error::EmptyShape { .. }), "{error}");
    }
    let error = selector
        .prepare(Shape {
            rows: MAX_ROWS + 1,
            features: 8,
        })
        .unwrap_err();
    assert!(matches!(error, Error::TooManyRows { .. }), "{error}");
    let error = selector
        .prepare(Shape {
            rows: 4,
            features: usize::MAX / 64,
        })
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::DeviceLimit {
                what: "unit rows",
                ..
            }
        ),
        "{error}"
    );
    for steps in [0, 257] {
        let options = Options::default().steps(steps);
        let error = Selector::new(&gpu().device, &options).unwrap_err();
        assert!(matches!(error, Error::Steps { .. }), "{error}");
    }
}

/// Shapes whose bytes no integer holds, and some whose bytes wrap to few.
fn huge_shapes() -> impl Iterator<Item = Shape> {
    let features = [
        usize::MAX,
        usize::MAX - 15,
        usize::MAX / 4,
        usize::MAX / 16 + 1,
        (usize::MAX >> 2) + 1,
        1 << (usize::BITS - 6),
        u32::MAX as usize,
        1 << 32,
    ];
    features
        .into_iter()
        .flat_map(|features| [1, 3, 100, 4096].map(|rows| Shape { rows, features }))
}

#[test]
fn selections_of_huge_shapes_are_refused_by_their_bytes() {
    for path in [Path::Auto, Path::Dense, Path::LowRank] {
        for laplacian in Laplacian::ALL {
            for affinity in [Affinity::Auto, Affinity::Raw] {
                let options = Options::default()
                    .path(path)
                    .laplacian(*laplacian)
                    .affinity(affinity)
                    .vectors(3);
                let selector = Selector::new(&gpu().device, &options).unwrap();
                for shape in huge_shapes() {
                    let error = selector.prepare(shape).unwrap_err();
                    assert!(
                        matches!(error, Error::DeviceLimit { .. }),
                        "{path} {laplacian} {affinity} {shape:?}: {error}"
                    );
                    let limits = gpu().device.limits();
                    assert!(options.path_within(shape, Dtype::F32, &limits).is_err());
                }
            }
        }
    }
}

#[test]
fn searches_of_huge_shapes_are_refused_by_their_bytes() {
    for centred in [false, true] {
        let options = NeighbourOptions::default().neighbours(1).centred(centred);
        for shape in huge_shapes() {
            let limits = gpu().device.limits();
            let error = Neighbours::workspace_bytes(shape, &options, &limits).unwrap_err();
            assert!(
                matches!(error, Error::DeviceLimit { .. }),
                "{shape:?}: {error}"
            );
            assert!(Neighbours::prepare(&gpu().device, shape, &options).is_err());
        }
        let shape = Shape {
            rows: usize::MAX,
            features: 1,
        };
        let error = Neighbours::prepare(&gpu().device, shape, &options).unwrap_err();
        assert!(matches!(error, Error::TooManySearched { .. }), "{error}");
    }
}

#[test]
fn coverage_of_huge_shapes_is_refused_by_its_bytes() {
    for rule in CoverageRule::ALL {
        let options = CoverageOptions::new(*rule);
        for shape in huge_shapes() {
            for most in [1, usize::MAX] {
                let device = &gpu().device;
                let error = Coverage::workspace_bytes(device, shape, most, &options).unwrap_err();
                assert!(
                    matches!(error, Error::DeviceLimit { .. }),
                    "{rule} {shape:?}: {error}"
                );
                assert!(Coverage::path_on(device, shape, most, &options).is_ok());
                assert!(Coverage::prepare(device, shape, most, &options).is_err());
            }
        }
    }
}

/// Every message ends with what to do about it.
#[test]
fn messages_of_bad_calls_have_a_way_out() {
    let buffer = upload(bytemuck::cast_slice(&vec![1.0f32; 100 * COLUMNS]));
    let all = Features::new(&buffer);
    let count = Keep::Count(10);
    let said = |features, keep| refused(features, keep).to_string();
    for (message, way_out) in [
        (
            said(all, Keep::Ratio(1.5)),
            "0.25 keeps a quarter of the rows",
        ),
        (
            said(all.stride(23), count),
            "use 24 or more, or leave the stride out",
        ),
        (said(all.offset(2), count), "start them at one that is"),
        (
            said(all.offset(4), count),
            "use a larger buffer, fewer rows or a smaller offset or stride",
        ),
    ] {
        assert!(message.ends_with(way_out), "{message}");
    }
}
