//! The spectral embedding, and what follows from it.

use super::*;
use crate::{Laplacian, MAX_VECTORS, Options, Path, twin};

fn embedding(coverage: &Coverage, queue: &wgpu::Queue, rows: usize, width: usize) -> Vec<f32> {
    let Engine::Medoids(medoids) = &coverage.engine else {
        unreachable!("medoids");
    };
    let device = &gpu().device;
    let read = crate::transfer::read_back(
        device,
        queue,
        "embedding",
        medoids.embedding(),
        rows * width,
    );
    crate::transfer::wait(device, "embedding", read).unwrap()
}

/// Products of rows of the embedding are the twin's: those do not depend on signs, nor on which
/// vectors of a multiple eigenvalue were found.
#[test]
fn the_embedding_is_the_twins() {
    let (mut data, _) = Noise(31).groups(&[40, 30, 20, 20, 10], 24, 0.5);
    data[11 * 24..12 * 24].fill(0.0);
    let rows = 120;
    for laplacian in Laplacian::ALL {
        for path in [Path::Dense, Path::LowRank] {
            let graph = Options::default().laplacian(*laplacian).path(path);
            let options = by(CoverageRule::Medoids).graph(graph).vectors(4);
            let shape = Shape { rows, features: 24 };
            let mut coverage = Coverage::prepare(&gpu().device, shape, 9, &options).unwrap();
            poison(&gpu().queue, &coverage);
            let features = upload(&gpu().device, &gpu().queue, &data);
            let commands = coverage.record(Features::new(&features), 9, &[]).unwrap();
            gpu().queue.submit(commands);
            let found = embedding(&coverage, &gpu().queue, rows, 4);
            let (unit, valid) = twin::normalize(&data, 24);
            let similarity = twin::similarity(&unit, 24);
            let operator = twin::laplacian(&similarity, &valid, &options.spectral(9), 9);
            let expected = twin::spectral_embedding(&operator, 4);
            for a in 0..rows {
                for b in 0..rows {
                    let found: f32 = (0..4).map(|m| found[a * 4 + m] * found[b * 4 + m]).sum();
                    let expected: f64 = (0..4)
                        .map(|m| expected[a * 4 + m] * expected[b * 4 + m])
                        .sum();
                    let off = (f64::from(found) - expected).abs();
                    assert!(
                        off < 2e-3,
                        "{laplacian} {path}: rows {a} and {b} off by {off}"
                    );
                }
            }
        }
    }
}

/// As many vectors as there can be: they converge, and so do fewer.
#[test]
fn every_vector_converges_in_the_steps_that_are_recorded() {
    let (data, _) = Noise(32).groups(&[30; 40], 64, 0.9);
    for vectors in [8, 16, MAX_VECTORS] {
        for path in [Path::Dense, Path::LowRank] {
            let options = by(CoverageRule::Medoids)
                .graph(Options::default().path(path))
                .vectors(vectors);
            let found = choose(&data, 64, &options, 40, &[]);
            let spectrum = found.spectrum.expect("a graph is solved");
            assert_eq!(spectrum.vectors, vectors, "{path}");
            assert_eq!(spectrum.unconverged(), 0, "{path}: {spectrum:?}");
        }
    }
}

#[test]
fn vectors_follow_from_the_rows_chosen() {
    let options = by(CoverageRule::Medoids);
    assert_eq!(
        [1, 8, 20, 32, 500].map(|k| options.vectors_for(k)),
        [2, 7, 19, 31, 32]
    );
    assert_eq!(options.vectors(16).vectors_for(500), 16);
}
