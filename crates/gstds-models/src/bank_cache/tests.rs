use super::*;
use crate::reference::Preprocess;
use burn::tensor::Tensor;
use gstds_data::ImageShape;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One feature, the first pixel; counts how often it is asked.
struct Counted {
    calls: AtomicUsize,
    preprocess: Preprocess,
}

impl Counted {
    fn new() -> Self {
        let preprocess = Preprocess {
            side: 1,
            mean: [0.0; 3],
            scale: [1.0; 3],
        };
        Self {
            calls: AtomicUsize::new(0),
            preprocess,
        }
    }
    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Reference for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }
    fn width(&self) -> usize {
        1
    }
    fn weights_sha256(&self) -> &'static str {
        "none"
    }
    fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }
    fn multiply_adds(&self) -> u64 {
        0
    }
    fn features(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let count = images.dims()[0];
        Ok(images.slice([0..count, 0..1]).reshape([count, 1]))
    }
}

fn images() -> Split {
    let shape = ImageShape {
        height: 1,
        width: 1,
        channels: 1,
    };
    Split::new("train", shape, vec![3, 1, 2], vec![0; 3], 1).unwrap()
}

fn find(reference: &Counted, folder: &Path) -> LoadedBank {
    find_or_compute(
        reference,
        &images(),
        BankElement::F16,
        &Device::flex(),
        Some(folder),
        |_, _| {},
    )
    .unwrap()
}

fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn the_second_time_comes_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("a/b");
    let reference = Counted::new();
    let first = find(&reference, &nested);
    assert_eq!((first.origin, reference.calls()), (BankOrigin::Computed, 1));
    let second = find(&reference, &nested);
    assert_eq!(second.origin, BankOrigin::Cached(only_file(&nested)));
    assert_eq!((second.bank, reference.calls()), (first.bank, 1));
    assert!(first.warnings.is_empty() && second.warnings.is_empty());
}

#[test]
fn a_damaged_file_is_computed_again_with_a_warning_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Counted::new();
    let good = find(&reference, folder.path()).bank;
    let file = only_file(folder.path());
    let bytes = std::fs::read(&file).unwrap();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damage in [flipped, bytes[..bytes.len() - 1].to_vec(), vec![]] {
        std::fs::write(&file, damage).unwrap();
        let again = find(&reference, folder.path());
        assert_eq!(again.origin, BankOrigin::Computed);
        assert!(
            again.warnings[0].contains(&file.display().to_string()),
            "{:?}",
            again.warnings
        );
        assert_eq!(again.bank, good);
        assert_eq!(std::fs::read(&file).unwrap(), bytes);
    }
}

#[test]
fn another_bank_under_the_same_name_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Counted::new();
    find(&reference, folder.path());
    let other = Split::new("train", images().shape(), vec![9; 3], vec![0; 3], 1).unwrap();
    let foreign = FeatureBank::compute(
        &reference,
        &other,
        BankElement::F16,
        &Device::flex(),
        |_, _| {},
    )
    .unwrap();
    write(&only_file(folder.path()), &foreign).unwrap();
    let found = find(&reference, folder.path());
    assert!(
        found.warnings[0].contains("its key is"),
        "{:?}",
        found.warnings
    );
    assert_eq!(found.origin, BankOrigin::Computed);
}

#[test]
fn a_cache_that_cannot_be_written_costs_a_warning_alone() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "in the way").unwrap();
    let found = find(&Counted::new(), &blocked);
    assert_eq!(found.bank.rows(), 3);
    assert!(
        found.warnings.last().unwrap().contains(CACHE_VARIABLE),
        "{:?}",
        found.warnings
    );
}

#[test]
fn without_a_folder_nothing_is_cached() {
    let reference = Counted::new();
    let found = find_or_compute(
        &reference,
        &images(),
        BankElement::F16,
        &Device::flex(),
        None,
        |_, _| {},
    )
    .unwrap();
    assert_eq!(
        (found.origin, found.warnings.len()),
        (BankOrigin::Computed, 0)
    );
}
