//! Data sets of one size on small generated files: what is read, and the errors for wrong
//! files.

use super::samples::{self, cifar_batch, cifar_pixel, idx, write};
use super::{dataset, holds, opened, pixels, refused, source, temporary};
use crate::{NAMES, open};
use std::path::Path;

#[test]
fn a_name_that_is_none_and_a_folder_that_is_missing() {
    holds(&refused("cifar", Path::new("x")), &["'cifar'", "cifar10"]);
    for name in NAMES.iter().skip(1) {
        let mut source = source(name, Path::new("x"));
        source.folder = None;
        let message = open(&source, None, &mut |_, _| {}).unwrap_err();
        holds(&message.to_string(), &[name, "data.folder"]);
        let message = refused(name, &temporary().path().join("absent"));
        holds(&message, &["absent"]);
    }
    let embedded = opened(NAMES[0], Path::new("x"));
    assert_eq!(embedded.dataset, crate::embedded().unwrap());
    holds(&embedded.warnings[0], &["ignoring x:"]);
}

#[test]
fn cifar10_from_either_folder() {
    let folder = temporary();
    let home = folder.path().join("cifar-10-batches-bin");
    for batch in 1..=5u8 {
        let path = home.join(format!("data_batch_{batch}.bin"));
        write(&path, cifar_batch(&[batch, 9 - batch]));
    }
    write(&home.join("test_batch.bin"), cifar_batch(&[9, 0, 3]));
    let found = opened("cifar10", folder.path());
    let data = &found.dataset;
    assert_eq!(*data, dataset("cifar10", &home));
    assert_eq!(data.train.labels(), [1, 8, 2, 7, 3, 6, 4, 5, 5, 4]);
    assert_eq!(data.test.labels(), [9, 0, 3]);
    assert_eq!(data.classes[..2], ["airplane", "automobile"]);
    let expected = (0..1024 * 3).map(|at| cifar_pixel(1, at % 3, at / 3));
    assert_eq!(pixels(&data.train)[3072..6144], Vec::from_iter(expected));
    // All six are shorter than the official ones.
    assert_eq!(found.warnings.len(), 6);
    holds(&found.warnings[5], &["test_batch.bin", "3 images", "10000"]);

    write(
        &home.join("batches.meta.txt"),
        "a\nb\nc\nd\ne\nf\ng\nh\ni\n\nj\n\n",
    );
    assert_eq!(dataset("cifar10", &home).classes[9], "j");
    write(&home.join("batches.meta.txt"), "a\nb\n");
    let message = refused("cifar10", &home);
    holds(&message, &["batches.meta.txt", "2 class names", "10"]);
    write(&home.join("batches.meta.txt"), b"a\nb\n\xff\n");
    holds(&refused("cifar10", &home), &["batches.meta.txt, line 3"]);
}

#[test]
fn cifar10_that_is_incomplete() {
    let folder = temporary();
    let home = folder.path();
    let batch = |number: usize| home.join(format!("data_batch_{number}.bin"));
    for number in 1..=5 {
        write(&batch(number), cifar_batch(&[1]));
    }
    holds(&refused("cifar10", home), &["test_batch.bin"]);
    write(&home.join("test_batch.bin"), cifar_batch(&[1]));
    write(&batch(4), &cifar_batch(&[1, 2])[..6145]);
    let message = refused("cifar10", home);
    holds(
        &message,
        &["data_batch_4.bin", "6145 bytes", "3073", "30730000"],
    );
    write(&batch(4), cifar_batch(&[1, 10]));
    let message = refused("cifar10", home);
    holds(
        &message,
        &["data_batch_4.bin", "record 1 has label 10", "0 to 9"],
    );
    std::fs::remove_file(batch(4)).unwrap();
    holds(&refused("cifar10", home), &["data_batch_4.bin"]);

    let python = temporary();
    write(&python.path().join("cifar-10-batches-py/data_batch_1"), "");
    holds(
        &refused("cifar10", python.path()),
        &["Python version", "binary version"],
    );
}

#[test]
fn both_mnists_packed_or_not() {
    for packed in [false, true] {
        let folder = temporary();
        samples::mnist(&folder.path().join("raw"), packed);
        let data = dataset("fashion-mnist", folder.path());
        assert_eq!(data.classes, crate::embedded().unwrap().classes);
        let digits = dataset("mnist", &folder.path().join("raw"));
        assert_eq!(digits.classes[9], "9");
        assert_eq!((&digits.train, &digits.test), (&data.train, &data.test));
        let shape = data.train.shape();
        assert_eq!((shape.height, shape.width, shape.channels), (5, 4, 1));
        assert_eq!(data.train.labels(), [9, 0, 1, 2, 3, 4]);
        assert_eq!(pixels(&data.train), Vec::from_iter(0..120));
        assert_eq!(
            (data.test.labels(), data.test.len()),
            (&[1, 1, 0, 9][..], 4)
        );
    }
}

#[test]
fn mnist_that_contradicts_itself() {
    let folder = temporary();
    let file = |name: &str| folder.path().join(name);
    let images = file("train-images-idx3-ubyte");
    let labels = file("train-labels-idx1-ubyte");
    let wrong: [(&Path, Vec<u8>, &[&str]); 6] = [
        (
            &images,
            idx(&[6, 5, 4], &[0; 119]),
            &["train-images", "120 bytes", "only 119"],
        ),
        (
            &images,
            idx(&[6, 5, 4], &[0; 121]),
            &["train-images", "120 bytes", "more"],
        ),
        (
            &images,
            idx(&[120], &[0; 120]),
            &["train-images", "[0, 0, 8, 3]"],
        ),
        (
            &images,
            idx(&[0, 5, 4], &[]),
            &["train-images", "0 images of 5x4"],
        ),
        (
            &labels,
            idx(&[5], &[0; 5]),
            &["train-labels", "5 labels", "6 images"],
        ),
        (
            &labels,
            idx(&[6], &[0, 0, 0, 10, 0, 0]),
            &["label 3 is 10", "0 to 9"],
        ),
    ];
    for (path, bytes, expected) in wrong {
        samples::mnist(folder.path(), false);
        write(path, bytes);
        holds(&refused("mnist", folder.path()), expected);
    }
    samples::mnist(folder.path(), false);
    write(&file("t10k-images-idx3-ubyte"), idx(&[4, 4, 5], &[0; 80]));
    holds(&refused("mnist", folder.path()), &["t10k", "4x5", "5x4"]);
    std::fs::remove_file(&labels).unwrap();
    holds(
        &refused("mnist", folder.path()),
        &["train-labels-idx1-ubyte"],
    );
}
