//! Hostile inputs to `gstds select`: no panic, no input changed, an output whole or none.
//!
//! A few by default; `PROPTEST_CASES=10000` runs more.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use safetensors::tensor::TensorView;

use crate::program::{entries, fixture, matrix, run};

const IMAGES: usize = 6;
const INPUTS: [&str; 4] = ["f.npy", "f.safetensors", "l.txt", "labels.txt"];

/// What is done to the bytes of a file.
#[derive(Clone, Debug)]
struct Damage {
    bytes: Vec<(Index, u8)>,
    inserted: Option<(Index, Vec<u8>)>,
    cut: Option<Index>,
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>) {
        for (at, byte) in &self.bytes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some((at, more)) = &self.inserted {
            let at = at.index(bytes.len());
            bytes.splice(at..at, more.iter().copied());
        }
        if let Some(cut) = &self.cut {
            bytes.truncate(cut.index(bytes.len()));
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    // Bytes that mean something to a header or a list, and any others.
    let byte = prop_oneof![
        prop::sample::select(b"0123456789()[]{}'\":,<>/.\n\r\0 ".to_vec()),
        any::<u8>(),
    ];
    let bytes = prop::collection::vec((any::<Index>(), byte.clone()), 0..4);
    let more = prop::collection::vec(byte, 1..6);
    let inserted = prop::option::weighted(0.3, (any::<Index>(), more));
    let cut = prop::option::weighted(0.2, any::<Index>());
    (bytes, inserted, cut).prop_map(|(bytes, inserted, cut)| Damage {
        bytes,
        inserted,
        cut,
    })
}

fn valid(name: &str) -> Vec<u8> {
    match name {
        "f.npy" => matrix(IMAGES, 4, fixture),
        "f.safetensors" => {
            let values: Vec<u8> = (0..IMAGES * 4)
                .flat_map(|cell| (fixture(cell / 4, cell % 4) as f32).to_le_bytes())
                .collect();
            let shape = vec![IMAGES, 4];
            let view = TensorView::new(safetensors::Dtype::F32, shape, &values).unwrap();
            safetensors::serialize([("features", view)], None).unwrap()
        }
        "l.txt" => lines(|image| format!("{image}.png")),
        _ => lines(|image| format!("c{}", image % 2)),
    }
}

fn lines(line: impl Fn(usize) -> String) -> Vec<u8> {
    let lines: Vec<String> = (0..IMAGES).map(line).collect();
    (lines.join("\n") + "\n").into_bytes()
}

fn images(folder: &Path) -> Vec<Vec<u8>> {
    let image = |image: usize| fs::read(folder.join(format!("photos/{image}.png"))).unwrap();
    (0..IMAGES).map(image).collect()
}

#[test]
fn hostile_inputs_neither_panic_nor_lose_data() {
    let cases = std::env::var("PROPTEST_CASES").ok();
    let config = ProptestConfig {
        cases: cases.map_or(16, |cases| cases.parse().unwrap()),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let ways = ["--copy-to", "--link-to", "--link symbolic --link-to"];
    let hostile = (
        0..INPUTS.len(),
        0..2_usize,
        prop::sample::select(ways.to_vec()),
        damage(),
    );
    let result = TestRunner::new(config).run(&hostile, |(which, features, way, damage)| {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("photos")).unwrap();
        for image in 0..IMAGES {
            fs::write(folder.join(format!("photos/{image}.png")), [image as u8; 9]).unwrap();
        }
        let mut written = vec![];
        for (number, name) in INPUTS.into_iter().enumerate() {
            let mut bytes = valid(name);
            if number == which {
                damage.to(&mut bytes);
            }
            fs::write(folder.join(name), &bytes).unwrap();
            written.push(bytes);
        }
        let before = images(folder);
        // A damaged matrix is the one that is read.
        let features = INPUTS[if which < 2 { which } else { features }];
        let line = format!(
            "select --features {features} --list l.txt --images photos --keep 0.5 --by-class equal --labels labels.txt --near-duplicates --output k.csv {way} kept"
        );
        let run = run(folder, &line);
        prop_assert!(matches!(run.code, Some(0..=2)), "{:?}: {}", run.code, run.stderr);
        prop_assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        prop_assert_eq!(images(folder), before);
        for (name, bytes) in INPUTS.into_iter().zip(written) {
            prop_assert_eq!(fs::read(folder.join(name)).unwrap(), bytes);
        }
        let mut expected = vec!["f.npy", "f.safetensors", "l.txt", "labels.txt", "photos"];
        if run.code == Some(0) {
            expected.extend(["k.csv", "kept"]);
            expected.sort_unstable();
            let table = fs::read(folder.join("k.csv")).unwrap();
            let lines = table.iter().filter(|&&byte| byte == b'\n').count();
            prop_assert!(lines > IMAGES, "{lines} lines");
        } else {
            prop_assert!(run.stderr.contains("error: "), "{}", run.stderr);
        }
        prop_assert_eq!(entries(folder), expected);
        Ok(())
    });
    result.unwrap();
}
