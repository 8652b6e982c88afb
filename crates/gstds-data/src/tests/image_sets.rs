//! Data sets of image files on small generated files: what is read, and the errors for
//! wrong files.

use super::samples::{self, jpeg, mat, write};
use super::{dataset, holds, opened, refused, temporary};
use crate::{CropOptions, Exclude, OpenedImages, Result, Split};
use std::path::{Path, PathBuf};

#[test]
fn pets_have_dense_labels_in_the_order_of_class_ids() {
    let folder = temporary();
    samples::pets(folder.path());
    let data = dataset("pets", folder.path());
    let classes = ["american_bulldog", "Bengal", "yorkshire_terrier"];
    assert_eq!(data.classes, classes);
    assert_eq!(data.train.labels(), [0, 0, 1, 1, 2, 2]);
    assert_eq!(data.test.labels(), [0, 1, 2]);
    assert_eq!(
        data.shape(),
        crate::ImageShape {
            height: 8,
            width: 8,
            channels: 3
        }
    );
}

#[test]
fn pets_whose_lists_are_wrong() {
    let folder = temporary();
    samples::pets(folder.path());
    let list = folder.path().join("annotations/test.txt");
    let wrong: [(&str, &[&str]); 8] = [
        ("# only this\n\n", &["lists no image"]),
        (
            "Bengal_2 5 1 0\npug_1 30 2 21\n",
            &["line 2", "images/pug_1.jpg does not exist"],
        ),
        ("\n#\nBengal_2 38 1 0\n", &["line 3", "`38`", "1 to 37"]),
        ("Bengal_2 0 1 0\n", &["line 1", "`0`"]),
        ("Bengal_2 5 1\n", &["line 1", "3 columns", "4"]),
        ("../Bengal_2 5 1 0\n", &["line 1", "`../Bengal_2`"]),
        (
            "Bengal_2 2 1 0\n",
            &["line 1", "class id 2", "`Bengal`", "`american_bulldog`"],
        ),
        (
            "Bengal_1 5 1 0\n",
            &["line 1", "listed again", "line 5", "trainval.txt"],
        ),
    ];
    for (text, expected) in wrong {
        write(&list, text);
        let message = refused("pets", folder.path());
        holds(&message, &["test.txt"]);
        holds(&message, expected);
    }
    std::fs::remove_file(&list).unwrap();
    let message = refused("pets", folder.path());
    holds(&message, &["test.txt does not exist", "annotations.tar.gz"]);
}

#[test]
fn flowers_by_each_of_their_lists() {
    for packed in [false, true] {
        let folder = temporary();
        samples::flowers(folder.path(), packed);
        let labels = |name| {
            let data = dataset(name, folder.path());
            assert_eq!(data.classes.len(), 102);
            assert_eq!(data.classes[6], "class 007");
            (data.train.labels().to_vec(), data.test.labels().to_vec())
        };
        assert_eq!(labels("flowers"), (vec![6, 101, 0], vec![101, 2, 1, 49]));
        assert_eq!(labels("flowers-valid"), (vec![6, 101, 0], vec![0, 6]));
        let trainval = (vec![6, 101, 0, 0, 6], vec![101, 2, 1, 49]);
        assert_eq!(labels("flowers-trainval"), trainval);
    }
}

#[test]
fn flowers_whose_files_are_wrong() {
    let folder = temporary();
    let labels = folder.path().join("imagelabels.mat");
    let splits = folder.path().join("setid.mat");
    let one = |name: &str, values: &[u16]| mat(&[(name, values)], false, false);
    let lists = |training: &[u16]| {
        let lists: [(&str, &[u16]); 2] = [("trnid", training), ("tstid", &[6, 7])];
        mat(&lists, true, false)
    };
    let wrong: [(&Path, Vec<u8>, &[&str]); 8] = [
        (
            &labels,
            one("label", &[1]),
            &["imagelabels.mat", "no array `labels`", "`label`"],
        ),
        (
            &labels,
            one("labels", &[1, 103, 2]),
            &["value 2: 103 found", "1 to 102"],
        ),
        (&labels, one("labels", &[]), &["`labels` is empty"]),
        (
            &labels,
            b"MATLAB 5.0".to_vec(),
            &["imagelabels.mat", "10 bytes", "128"],
        ),
        (
            &splits,
            lists(&[1, 10]),
            &["setid.mat", "`trnid`, value 2: 10 found", "1 to 9"],
        ),
        (
            &splits,
            lists(&[1, 2, 1]),
            &["`trnid`, value 3: image 1 is listed again"],
        ),
        (
            &splits,
            lists(&[1, 6]),
            &["`tstid`, value 1: image 6 is listed again"],
        ),
        (&splits, one("trnid", &[1]), &["no array `tstid`"]),
    ];
    for (path, bytes, expected) in wrong {
        samples::flowers(folder.path(), true);
        write(path, bytes);
        holds(&refused("flowers", folder.path()), expected);
    }
    samples::flowers(folder.path(), true);
    std::fs::remove_file(folder.path().join("jpg/image_00002.jpg")).unwrap();
    let message = refused("flowers", folder.path());
    holds(
        &message,
        &["`trnid`, value 3", "image_00002.jpg does not exist"],
    );
}

#[test]
fn big_endian_matlab_files_hold_the_same() {
    let folder = temporary();
    samples::flowers(folder.path(), false);
    let expected = dataset("flowers", folder.path());
    let labels: [(&str, &[u16]); 1] = [("labels", &[102, 1, 7, 7, 1, 102, 50, 2, 3])];
    write(
        &folder.path().join("imagelabels.mat"),
        mat(&labels, true, true),
    );
    assert_eq!(dataset("flowers", folder.path()), expected);
}

#[test]
fn a_folder_a_class_with_a_fifth_held_out() {
    let folder = temporary();
    samples::class_folders(folder.path(), &["b", "a"], 10);
    samples::class_folders(&folder.path().join("a"), &["nested"], 3);
    write(&folder.path().join("b/notes.txt"), "");
    write(&folder.path().join("b/._000.jpg"), "");
    let found = opened("folder", folder.path());
    let data = &found.dataset;
    assert_eq!(data.classes, ["a", "b"]);
    let count = |split: &Split, label| split.labels().iter().filter(|&&l| l == label).count();
    // 13 / 5 and 10 / 5, rounded.
    assert_eq!((count(&data.test, 0), count(&data.test, 1)), (3, 2));
    assert_eq!((count(&data.train, 0), count(&data.train, 1)), (10, 8));
    holds(
        &found.warnings[0],
        &["ignoring 1 file (1 *.txt)", "b/notes.txt"],
    );
    holds(&found.warnings[1], &["1 file or folder", "b/._000.jpg"]);
    assert_eq!(*data, dataset("folder", folder.path()));
}

/// Which are held out depends on relative paths alone, and hardly on their number.
#[test]
fn an_image_more_moves_at_most_one_other() {
    use crate::formats::folder::held_out;
    let images: Vec<PathBuf> = (0..100).map(|i| format!("cat/{i:03}.png").into()).collect();
    let test_images = |images: &[PathBuf]| {
        let held_out = held_out(images);
        let pairs = images.iter().cloned().zip(held_out);
        pairs
            .filter(|(_, out)| *out)
            .map(|(path, _)| path)
            .collect::<Vec<_>>()
    };
    let fewer = test_images(&images[..99]);
    let all = test_images(&images);
    assert_eq!((fewer.len(), all.len()), (20, 20));
    let moved = all.iter().filter(|path| !fewer.contains(path)).count();
    assert!(moved <= 1, "{moved}");
    // Not simply the first or the last, nor every fifth.
    let held_out = held_out(&images);
    let runs = held_out.chunk_by(|one, two| one == two).count();
    assert!((20..=40).contains(&runs), "{runs}");
}

#[test]
fn folders_of_training_and_test_images() {
    let folder = temporary();
    samples::class_folders(&folder.path().join("train"), &["cat", "dog"], 3);
    let message = refused("folder", folder.path());
    holds(&message, &["holds `train`, but neither `test` nor `val`"]);
    samples::class_folders(&folder.path().join("val"), &["dog"], 2);
    let data = dataset("folder", folder.path());
    assert_eq!(data.train.labels(), [0, 0, 0, 1, 1, 1]);
    assert_eq!(data.test.labels(), [1, 1]);
    samples::class_folders(&folder.path().join("test"), &["cat", "dog"], 1);
    let found = opened("folder", folder.path());
    assert_eq!(found.dataset.test.labels(), [0, 1]);
    holds(&found.warnings[0], &["ignoring ", "val: `train`"]);
    samples::class_folders(&folder.path().join("test"), &["cow"], 1);
    let message = refused("folder", folder.path());
    holds(&message, &["test/cow has no counterpart in `train`"]);
}

#[test]
fn folders_named_as_splits_are_not_classes() {
    for parts in [
        ["test", "training"],
        ["Test", "Train"],
        ["cat", "validation"],
    ] {
        let folder = temporary();
        for part in parts {
            samples::class_folders(&folder.path().join(part), &["cat", "dog"], 2);
        }
        let message = refused("folder", folder.path());
        holds(&message, &["names a split", "no `train`"]);
    }
}

#[test]
fn folders_that_are_no_data_set() {
    let folder = temporary();
    holds(&refused("folder", folder.path()), &["0 class folders"]);
    samples::class_folders(folder.path(), &["cat"], 3);
    holds(
        &refused("folder", folder.path()),
        &["1 class folders (cat)", "2 to 65536"],
    );
    std::fs::create_dir(folder.path().join("dog")).unwrap();
    holds(
        &refused("folder", folder.path()),
        &["class folder dog holds no image"],
    );
    samples::class_folders(folder.path(), &["dog"], 1);
    holds(
        &refused("folder", folder.path()),
        &["class dog has 1 image"],
    );
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_end_and_names_need_not_be_text() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let folder = temporary();
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
    samples::class_folders(folder.path(), &["tea"], 3);
    let cafe = folder.path().join(odd);
    write(
        &cafe.join(std::ffi::OsStr::from_bytes(b"\xff.JPG")),
        jpeg(1),
    );
    write(&cafe.join("2.JpEg"), jpeg(2));
    symlink(folder.path(), cafe.join("up")).unwrap();
    symlink(&cafe, cafe.join("self")).unwrap();
    symlink("nowhere", cafe.join("dangling.jpg")).unwrap();
    let message = refused("folder", folder.path());
    holds(&message, &["dangling.jpg"]);
    std::fs::remove_file(cafe.join("dangling.jpg")).unwrap();
    std::fs::remove_file(cafe.join("up")).unwrap();
    let data = dataset("folder", folder.path());
    assert_eq!(data.classes, ["caf\u{fffd}", "tea"]);
    assert_eq!((data.train.len(), data.test.len()), (3, 2));
    symlink(folder.path(), cafe.join("up")).unwrap();
    let images = open_images(folder.path(), false).unwrap();
    assert_eq!(images.paths.len(), 5);
}

#[test]
fn images_of_a_folder_come_in_the_order_of_their_paths() {
    let folder = temporary();
    let bad = |error: crate::Error| error.to_string();
    let message = open_images(folder.path(), false).map_err(bad);
    holds(&message.unwrap_err(), &["holds no image; name a folder"]);
    write(&folder.path().join("notes.txt"), "no image");
    let message = open_images(folder.path(), false).map_err(bad);
    holds(
        &message.unwrap_err(),
        &["holds no image, only 1 file (1 *.txt);"],
    );
    let none = crate::list_images(folder.path(), &Exclude::new(vec!["*".into()]));
    holds(
        &none.map_err(bad).unwrap_err(),
        &["no image but for 1 file or folder excluded by name; exclude less"],
    );
    std::fs::remove_file(folder.path().join("notes.txt")).unwrap();
    for (path, kind) in [("b.jpg", 2), ("a/z.jpg", 1), ("c/d/e.jpg", 3)] {
        write(&folder.path().join(path), jpeg(kind));
    }
    write(&folder.path().join("bad.png"), "no image");
    let open = |skip| open_images(folder.path(), skip);
    let message = open(false).map_err(bad).unwrap_err();
    holds(&message, &["1 of 4 images", "bad.png", "skip_bad"]);
    let found = open(true).unwrap();
    assert_eq!(
        found.paths,
        ["a/z.jpg", "b.jpg", "c/d/e.jpg"].map(PathBuf::from)
    );
    assert_eq!(found.skipped[0].path, Path::new("bad.png"));
    assert_eq!((found.images.labels(), found.decoded), (&[0, 0, 0][..], 4));
}

fn open_images(folder: &Path, skip_bad: bool) -> Result<OpenedImages> {
    let options = CropOptions {
        skip_bad,
        ..CropOptions::new(8)
    };
    crate::open_images(folder, &Exclude::default(), options, None, &mut |_, _| {})
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read_are_listed_with_the_rest() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = temporary();
    let cache = temporary();
    let root = folder.path();
    write(&root.join("good.jpg"), jpeg(1));
    write(&root.join("bad.png"), "no image");
    symlink("nowhere", root.join("dangling.jpg")).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(root.join("pipe.jpg"))
        .status();
    assert!(pipe.unwrap().success());
    write(&root.join("shut.jpg"), jpeg(2));
    let shut = std::fs::Permissions::from_mode(0o0);
    std::fs::set_permissions(root.join("shut.jpg"), shut).unwrap();
    let binds = std::fs::read(root.join("shut.jpg")).is_err();
    let listed = |extra: &str| {
        let mut listed = crate::list_images(root, &Exclude::default()).unwrap();
        listed.paths.push(extra.into());
        listed
    };
    let open = |skip_bad| {
        let options = CropOptions {
            skip_bad,
            ..CropOptions::new(8)
        };
        let cache = Some(cache.path());
        crate::open_listed_images(root, listed("gone.jpg"), options, cache, &mut |_, _| {})
    };
    let message = open(false).unwrap_err().to_string();
    let bad = 4 + usize::from(binds);
    holds(
        &message,
        &[
            &format!("cannot decode {bad} of 6 images"),
            "dangling.jpg (cannot be read: ",
            "gone.jpg (cannot be read: ",
            "pipe.jpg (is not a regular file)",
            "bad.png (",
        ],
    );
    let found = open(true).unwrap();
    assert_eq!(found.skipped.len(), bad);
    assert_eq!(found.paths[0], Path::new("good.jpg"));
    // What could not be read is not kept: it may be readable next time.
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
    write(&root.join("gone.jpg"), jpeg(3));
    assert_eq!(open(true).unwrap().skipped.len(), bad - 1);
}
