//! Small data sets in the official layouts.

use flate2::{Compression, write::GzEncoder, write::ZlibEncoder};
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::{Cursor, Write};
use std::path::Path;

pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// An IDX file of u8.
pub(crate) fn idx(extents: &[u32], values: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, extents.len() as u8];
    extents.iter().for_each(|e| file.extend(e.to_be_bytes()));
    file.extend(values);
    file
}

/// A batch of CIFAR-10: image `i` has label `labels[i]`, and pixel values that tell image, channel
/// and place apart.
pub(crate) fn cifar_batch(labels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    for (image, &label) in labels.iter().enumerate() {
        file.push(label);
        for channel in 0..3 {
            file.extend((0..1024).map(|place| cifar_pixel(image, channel, place)));
        }
    }
    file
}

pub(crate) fn cifar_pixel(image: usize, channel: usize, place: usize) -> u8 {
    (image * 50 + channel * 85 + place * 7 % 251) as u8
}

/// A MATLAB 5 file of u16 rows that MATLAB would call double.
pub(crate) fn mat(arrays: &[(&str, &[u16])], packed: bool, big_endian: bool) -> Vec<u8> {
    let word = |value: u32| match big_endian {
        true => value.to_be_bytes(),
        false => value.to_le_bytes(),
    };
    let element = |kind: u32, data: &[u8]| {
        let mut bytes = [word(kind), word(data.len() as u32)].concat();
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let mut file = b"MATLAB 5.0 MAT-file".to_vec();
    file.resize(124, b' ');
    file.extend(if big_endian {
        b"\x01\x00MI"
    } else {
        b"\x00\x01IM"
    });
    for (name, values) in arrays {
        let stored: Vec<u8> = values
            .iter()
            .flat_map(|&value| match big_endian {
                true => value.to_be_bytes(),
                false => value.to_le_bytes(),
            })
            .collect();
        let array = [
            element(6, &[word(6), word(0)].concat()),
            element(5, &[word(1), word(values.len() as u32)].concat()),
            element(1, name.as_bytes()),
            element(4, &stored),
        ]
        .concat();
        let array = element(14, &array);
        if packed {
            let bytes = zlib(&array);
            file.extend([word(15), word(bytes.len() as u32)].concat());
            file.extend(bytes);
        } else {
            file.extend(array);
        }
    }
    file
}

/// A picture of soft stripes, different for each `kind`.
pub(crate) fn picture(width: u32, height: u32, kind: u32) -> DynamicImage {
    let pixel = |x: u32, y: u32| {
        let wave = |step: u32| ((x * step + y * (kind % 7)) * 4 % 256) as u8;
        image::Rgb([wave(1), wave(2), (kind * 40 % 256) as u8])
    };
    RgbImage::from_fn(width, height, pixel).into()
}

/// One picture in formats that cannot be written here; tests/data/record_images.py made them.
pub(crate) const RECORDED: [(&str, &[u8]); 7] = [
    ("CMYK", include_bytes!("../../tests/data/images/cmyk.jpg")),
    (
        "progressive",
        include_bytes!("../../tests/data/images/progressive.jpg"),
    ),
    (
        "subsampled",
        include_bytes!("../../tests/data/images/subsampled.jpg"),
    ),
    (
        "lossy",
        include_bytes!("../../tests/data/images/lossy.webp"),
    ),
    (
        "alpha",
        include_bytes!("../../tests/data/images/alpha.webp"),
    ),
    (
        "palette",
        include_bytes!("../../tests/data/images/palette.png"),
    ),
    (
        "palette",
        include_bytes!("../../tests/data/images/palette.bmp"),
    ),
];

pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

pub(crate) fn jpeg(kind: u32) -> Vec<u8> {
    encoded(&picture(20 + kind % 5, 17, kind), ImageFormat::Jpeg)
}

/// So many images of each class, one folder a class below `folder`.
pub(crate) fn class_folders(folder: &Path, classes: &[&str], images: u32) {
    for (class, name) in classes.iter().enumerate() {
        for image in 0..images {
            let kind = class as u32 * 100 + image;
            write(
                &folder.join(name).join(format!("{image:03}.jpg")),
                jpeg(kind),
            );
        }
    }
}

/// Three breeds with the ids 2, 5 and 37, two training images and one test image of each.
pub(crate) fn pets(folder: &Path) {
    let breeds = [
        ("american_bulldog", 2),
        ("Bengal", 5),
        ("yorkshire_terrier", 37),
    ];
    let mut lists = [
        "#Image CLASS-ID SPECIES BREED ID\n".to_string(),
        String::new(),
    ];
    for (name, id) in breeds {
        for image in 0..3 {
            let list = &mut lists[usize::from(image == 2)];
            list.push_str(&format!("{name}_{image} {id} 1 0\n"));
            let path = folder.join(format!("images/{name}_{image}.jpg"));
            write(&path, jpeg(id * 10 + image));
        }
    }
    write(&folder.join("annotations/trainval.txt"), &lists[0]);
    write(&folder.join("annotations/test.txt"), &lists[1]);
}

/// Nine images: 1 to 3 are for training, 4 and 5 for validation, the rest for testing.
pub(crate) fn flowers(folder: &Path, packed: bool) {
    for id in 1..=9 {
        write(&folder.join(format!("jpg/image_{id:05}.jpg")), jpeg(id));
    }
    let labels = mat(
        &[("labels", &[102, 1, 7, 7, 1, 102, 50, 2, 3])],
        packed,
        false,
    );
    let splits: [(&str, &[u16]); 3] = [
        ("trnid", &[3, 1, 2]),
        ("valid", &[5, 4]),
        ("tstid", &[6, 9, 8, 7]),
    ];
    write(&folder.join("imagelabels.mat"), labels);
    write(&folder.join("setid.mat"), mat(&splits, packed, false));
}

/// Both MNISTs' layout: 6 training and 4 test images of 5x4.
pub(crate) fn mnist(folder: &Path, packed: bool) {
    let files = [
        (
            "train-images-idx3-ubyte",
            idx(&[6, 5, 4], &Vec::from_iter(0..120)),
        ),
        ("train-labels-idx1-ubyte", idx(&[6], &[9, 0, 1, 2, 3, 4])),
        ("t10k-images-idx3-ubyte", idx(&[4, 5, 4], &[7; 80])),
        ("t10k-labels-idx1-ubyte", idx(&[4], &[1, 1, 0, 9])),
    ];
    for (name, bytes) in files {
        if packed {
            write(&folder.join(format!("{name}.gz")), gz(&bytes));
        } else {
            write(&folder.join(name), bytes);
        }
    }
}
