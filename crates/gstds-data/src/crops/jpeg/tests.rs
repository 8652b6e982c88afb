use super::check;
use crate::tests::samples::{RECORDED, encoded, picture};
use image::ImageFormat;

fn photos() -> Vec<Vec<u8>> {
    let recorded = RECORDED.iter().map(|(_, file)| file.to_vec());
    let jpegs = recorded.filter(|file| file.starts_with(&[0xff, 0xd8]));
    let mut photos: Vec<Vec<u8>> = jpegs.collect();
    photos.push(encoded(&picture(200, 150, 3), ImageFormat::Jpeg));
    assert_eq!(photos.len(), 4);
    photos
}

/// Where the data of the first scan start.
fn scan(file: &[u8]) -> usize {
    let marker = file
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .unwrap();
    marker + 2 + usize::from(u16::from_be_bytes([file[marker + 2], file[marker + 3]]))
}

#[test]
fn whole_images_pass_and_trailers_do_not_matter() {
    for photo in photos() {
        assert_eq!(check(&photo), Ok(()));
        let mut more = photo.clone();
        more.extend(b"\xff\xd8\xff\xe0 a preview that was cut");
        assert_eq!(check(&more), Ok(()));
        more.insert(2, 0xff);
        more.insert(2, 0xff);
        assert_eq!(check(&more), Ok(()));
    }
}

#[test]
fn an_image_whose_second_half_is_missing_is_damaged_whatever_follows() {
    for photo in photos() {
        let start = scan(&photo);
        for share in [2, 5, 8] {
            let mut half = photo[..start + (photo.len() - start) * share / 10].to_vec();
            // No marker may be cut in two.
            half.truncate(half.len() - usize::from(half.ends_with(&[0xff])));
            let open = check(&half).unwrap_err();
            assert!(
                open.starts_with("truncated") || open.starts_with("damaged"),
                "{open}"
            );
            half.extend([0xff, 0xd9]);
            let closed = check(&half).unwrap_err();
            assert!(
                closed.starts_with("damaged") || closed.starts_with("truncated: "),
                "{closed}"
            );
        }
    }
}

#[test]
fn codes_that_make_no_sense_are_found() {
    let mut photo = encoded(&picture(200, 150, 3), ImageFormat::Jpeg);
    let middle = (scan(&photo) + photo.len()) / 2;
    photo[middle..middle + 40].copy_from_slice(&[0xff, 0].repeat(20));
    let error = check(&photo).unwrap_err();
    assert!(error.starts_with("damaged: the scan data"), "{error}");
}

/// Photographs as people have them pass: none of the shared ones is refused.
#[test]
fn real_photographs_pass() {
    let Some(folder) = gstds_testing::shared("") else {
        return;
    };
    let walked = crate::formats::walk::images(&folder, &crate::Exclude::default()).unwrap();
    let files = walked.files.iter().map(|file| folder.join(file));
    let (mut checked, mut refused) = (0, Vec::new());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        if bytes.starts_with(&[0xff, 0xd8]) {
            checked += 1;
            if let Err(reason) = check(&bytes) {
                refused.push(format!("{}: {reason}", file.display()));
            }
        }
    }
    println!("{checked} JPEG files");
    assert!(refused.is_empty(), "{refused:#?}");
}
