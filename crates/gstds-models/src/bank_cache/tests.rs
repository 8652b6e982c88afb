use super::*;
use crate::toy_reference::ToyReference;
use burn::tensor::Device;
use gstds_data::ImageShape;

fn compute(reference: &ToyReference, images: &Split) -> Result<FeatureBank> {
    FeatureBank::compute(
        reference,
        images,
        BankElement::F16,
        &Device::flex(),
        |_, _| {},
    )
}

fn calls(reference: &ToyReference) -> usize {
    reference.batches.lock().unwrap().len()
}

fn images() -> Split {
    let shape = ImageShape {
        height: 1,
        width: 1,
        channels: 1,
    };
    Split::new("train", shape, vec![3, 1, 2], vec![0; 3], 1).unwrap()
}

fn find(reference: &ToyReference, folder: Option<&Path>) -> LoadedBank {
    find_or_compute(&reference.info, &images(), BankElement::F16, folder, || {
        compute(reference, &images())
    })
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
    let reference = ToyReference::new(0.5);
    let first = find(&reference, Some(&nested));
    assert_eq!((first.origin, calls(&reference)), (BankOrigin::Computed, 1));
    let second = find(&reference, Some(&nested));
    assert_eq!(second.origin, BankOrigin::Cached(only_file(&nested)));
    assert_eq!((second.bank, calls(&reference)), (first.bank, 1));
    assert!(first.warnings.is_empty() && second.warnings.is_empty());
}

#[test]
fn a_damaged_file_is_computed_again_with_a_warning_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let reference = ToyReference::new(0.5);
    let good = find(&reference, Some(folder.path())).bank;
    let file = only_file(folder.path());
    let bytes = std::fs::read(&file).unwrap();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damage in [flipped, bytes[..bytes.len() - 1].to_vec(), vec![]] {
        std::fs::write(&file, damage).unwrap();
        let again = find(&reference, Some(folder.path()));
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
    let reference = ToyReference::new(0.5);
    find(&reference, Some(folder.path()));
    let other = Split::new("train", images().shape(), vec![9; 3], vec![0; 3], 1).unwrap();
    let foreign = compute(&reference, &other).unwrap();
    write(&only_file(folder.path()), &foreign).unwrap();
    let found = find(&reference, Some(folder.path()));
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
    let found = find(&ToyReference::new(0.5), Some(&blocked));
    assert_eq!(found.bank.rows(), 3);
    assert!(
        found.warnings.last().unwrap().contains(CACHE_VARIABLE),
        "{:?}",
        found.warnings
    );
}

#[test]
fn without_a_folder_nothing_is_cached() {
    let reference = ToyReference::new(0.5);
    let found = find(&reference, None);
    assert_eq!(
        (found.origin, found.warnings.len()),
        (BankOrigin::Computed, 0)
    );
}
