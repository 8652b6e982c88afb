//! The table of `gstds bench` in Markdown, with one more column: a full symmetric
//! eigendecomposition (faer, f64, all CPU threads) of the same Laplacian, in the same rounds.
//!
//! `cargo bench -p gstds-bench --bench eigen -- [ROWS,ROWS,...] [--features D] [--rounds N]`

use faer::{Mat, Side};
use gstds::{
    Shape,
    adapter::{AdapterRequest, open},
    twin,
};
use gstds_bench::{BenchConfig, Session, Spread, features};
use std::time::{Duration, Instant};

fn main() {
    let plan = plan(std::env::args().skip(1)).unwrap_or_else(|sentence| {
        eprintln!("{sentence}");
        std::process::exit(2)
    });
    let gpu = open(&AdapterRequest::default()).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(3)
    });
    match table(&gpu, &plan) {
        Ok(table) => println!("{table}"),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1)
        }
    }
}

fn plan(mut given: impl Iterator<Item = String>) -> Result<BenchConfig, String> {
    let mut rows = vec![128, 256, 512, 1024];
    let mut columns = 512;
    let mut rounds = 5;
    let number = |value: Option<String>, flag: &str| {
        let parsed = value.and_then(|v| v.parse().ok());
        parsed.ok_or_else(|| format!("{flag} takes a number"))
    };
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--bench" => {}
            "--features" => columns = number(given.next(), "--features")?,
            "--rounds" => rounds = number(given.next(), "--rounds")?,
            list => {
                let numbers: Result<Vec<usize>, _> = list.split(',').map(str::parse).collect();
                rows = numbers.map_err(|_| {
                    format!("unexpected '{list}'; give ROWS,ROWS,..., --features D or --rounds N")
                })?;
            }
        }
    }
    let shape = |rows| Shape {
        rows,
        features: columns,
    };
    let shapes: Vec<Shape> = rows.into_iter().map(shape).collect();
    Ok(BenchConfig {
        rounds,
        ..BenchConfig::new(&shapes)
    })
}

fn table(gpu: &gstds::adapter::Gpu, plan: &BenchConfig) -> gstds::Result<String> {
    let data: Vec<Vec<f32>> = plan
        .shapes
        .iter()
        .map(|shape| features(shape.rows, shape.features))
        .collect();
    let mut session = Session::new(gpu, plan)?;
    let mut times = vec![Vec::new(); data.len()];
    for round in 0..=plan.rounds {
        // The first one warms up caches and threads, as the session's did.
        if round > 0 {
            session.round()?;
        }
        for (data, (shape, times)) in data.iter().zip(plan.shapes.iter().zip(&mut times)) {
            let time = eigendecomposition(data, shape.features);
            if round > 0 {
                times.push(time);
            }
        }
    }
    let report = session.report()?;
    let column: Vec<String> = report
        .cells
        .iter()
        .zip(&times)
        .map(|(cell, times)| {
            let peer = Spread::of(times).median;
            format!("{peer:.1} ({:.2})", peer / cell.wall.median)
        })
        .collect();
    Ok(report.markdown_with("faer ms (over wall)", &column))
}

/// What a CPU program would do instead: similarity, Laplacian, all eigenpairs.
fn eigendecomposition(data: &[f32], columns: usize) -> Duration {
    let (unit, _) = twin::normalize(data, columns);
    let rows = unit.len() / columns;
    let start = Instant::now();
    let unit = Mat::from_fn(rows, columns, |i, j| unit[i * columns + j]);
    let similarity = &unit * unit.transpose();
    let degree: Vec<f64> = (0..rows).map(|i| similarity.row(i).iter().sum()).collect();
    let laplacian = Mat::from_fn(rows, rows, |i, j| {
        let identity = if i == j { 1.0 } else { 0.0 };
        identity - similarity[(i, j)] / (degree[i] * degree[j]).sqrt()
    });
    let eigen = laplacian
        .self_adjoint_eigen(Side::Lower)
        .expect("finite input");
    let second = eigen.S()[1];
    let time = start.elapsed();
    assert!(second > 0.0, "the graph is connected");
    time
}
