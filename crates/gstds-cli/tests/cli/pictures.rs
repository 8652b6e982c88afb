//! Data sets of a few small pictures, in their official layouts.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};

/// A picture of class `class`: a bright half, turned by class, and a pattern of its number.
pub(crate) fn picture(class: usize, number: usize, width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let bright = if class.is_multiple_of(2) {
            2 * x < width
        } else {
            2 * y < height
        };
        let noise = ((x as usize * 31 + y as usize * 17 + number * 71) % 60) as u8;
        let base = if bright { 180 } else { 20 };
        Rgb([base + noise, base / 2 + noise, 90 + noise])
    })
}

/// `each` PNG files in a folder a class, of different sizes.
pub(crate) fn folder(root: &Path, classes: &[&str], each: usize) {
    for (class, name) in classes.iter().enumerate() {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        for number in 0..each {
            let (width, height) = (24 + number as u32 % 5, 20 + number as u32 % 3);
            let picture = picture(class, number, width, height);
            picture
                .save(folder.join(format!("{number:03}.png")))
                .unwrap();
        }
    }
}

/// CIFAR-10's binary version with `each` images per file, of two of its classes.
#[cfg(feature = "train")]
pub(crate) fn cifar10(root: &Path, each: usize) {
    let folder = root.join("cifar-10-batches-bin");
    fs::create_dir_all(&folder).unwrap();
    let names: Vec<String> = (1..=5)
        .map(|file| format!("data_batch_{file}.bin"))
        .chain(["test_batch.bin".into()])
        .collect();
    for (file, name) in names.iter().enumerate() {
        let mut bytes = vec![];
        for number in 0..each {
            let class = number % 2;
            bytes.push(class as u8);
            let picture = picture(class, file * each + number, 32, 32);
            for channel in 0..3 {
                bytes.extend(picture.pixels().map(|pixel| pixel.0[channel]));
            }
        }
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Oxford-IIIT Pet with two breeds.
#[cfg(feature = "train")]
pub(crate) fn pets(root: &Path, each: usize) {
    let breeds = [("Abyssinian", 1, 1), ("boxer", 9, 2)];
    fs::create_dir_all(root.join("images")).unwrap();
    fs::create_dir_all(root.join("annotations")).unwrap();
    for (split, first) in [("trainval", 1), ("test", 101)] {
        let mut lines = String::from("#Image CLASS-ID SPECIES BREED ID\n");
        for (class, (breed, id, species)) in breeds.into_iter().enumerate() {
            for number in first..first + each {
                lines += &format!("{breed}_{number} {id} {species} 1\n");
                let picture = picture(class, number, 40, 30);
                let path = root.join(format!("images/{breed}_{number}.jpg"));
                picture.save(path).unwrap();
            }
        }
        fs::write(root.join(format!("annotations/{split}.txt")), lines).unwrap();
    }
}
