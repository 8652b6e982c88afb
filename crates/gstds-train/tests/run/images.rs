//! Residence and augmentation of images.

use crate::tiny::{TRAIN, config, device, losses, run};
use gstds_data::{self, DatasetConfig, OpenedDataset};
use gstds_train::{
    Error,
    images::{Residence, predicted_bytes},
    method::MethodName,
    run::{Silent, TrainConfig, train_with},
};
use std::fs::File;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by each test that streams, so that none sees another's thread.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static STREAMING: Mutex<()> = Mutex::new(());
    STREAMING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with(method: MethodName, images: Residence, augment: &str) -> TrainConfig {
    let mut config = config(method);
    config.residence = images;
    config.augment = augment.parse().unwrap();
    config
}

#[test]
fn a_streamed_run_is_the_resident_one_to_the_bit_and_says_what_it_waited() {
    let _alone = alone();
    let of = |images| losses(&with(MethodName::Gstds, images, "flip,crop:1,rotate:10")).unwrap();
    let (resident, expected) = of(Residence::Auto);
    let (streamed, found) = of(Residence::Stream);
    assert_eq!(found.len(), 6);
    assert_eq!(found, expected, "losses");
    assert_eq!(streamed.epoch_accuracies, resident.epoch_accuracies);
    assert_eq!(resident.seconds.waiting, 0.0, "so few images are resident");
    assert_eq!((resident.images, streamed.images), ("device", "stream"));
    assert!(streamed.seconds.waiting < streamed.seconds.total);
}

#[test]
fn augmentation_changes_a_run_and_the_same_seed_repeats_it() {
    let of = |augment| losses(&with(MethodName::Full, Residence::Device, augment)).unwrap();
    let (_, plain) = of("none");
    let (_, changed) = of("brightness:0.5");
    assert_ne!(changed, plain);
    assert_eq!(of("brightness:0.5").1, changed);
}

#[test]
fn any_side_will_do_for_the_learner() {
    for side in [3, 11] {
        let mut config = with(MethodName::Random, Residence::Device, "none");
        config.image_side = side;
        config.epochs = 1;
        let (summary, _) = run(&config).unwrap();
        assert_eq!(summary.steps, 3, "{side}");
    }
}

#[test]
fn a_streamed_run_that_ends_early_leaves_no_thread() {
    let _alone = alone();
    let mut config = with(MethodName::Random, Residence::Stream, "none");
    config.batch = 2;
    config.max_steps = Some(3);
    let (summary, _) = run(&config).unwrap();
    assert_eq!(summary.steps, 3);
    config.max_steps = None;
    config.optimiser.learning_rate = 1e30;
    let error = run(&config).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    #[cfg(target_os = "linux")]
    for thread in std::fs::read_dir("/proc/self/task").unwrap() {
        let name = thread.unwrap().path().join("comm");
        // Threads of other tests may be gone by now.
        let name = std::fs::read_to_string(name).unwrap_or_default();
        assert_ne!(name.trim_end(), "gstds images");
    }
}

#[test]
fn pictures_that_no_tensor_holds_are_refused_before_a_folder_is_made() {
    let root = tempfile::tempdir().unwrap();
    let mut config = with(MethodName::Full, Residence::Device, "none");
    config.image_side = 4096;
    config.batch = 80;
    config.out = Some(root.path().join("run"));
    let error = run(&config).unwrap_err();
    let refused = matches!(error, Error::LearnerMemory { rows: 80, .. });
    assert!(refused, "{error}");
    assert!(!root.path().join("run").exists());
}

#[test]
fn bytes_are_predicted_from_counts_and_shape() {
    let shape = crate::tiny::dataset().shape();
    assert_eq!(predicted_bytes(80, shape), 80 * (64 + 4));
}

/// Two classes of pictures, decoded into a file in `root`.
fn from_disk(root: &std::path::Path) -> OpenedDataset {
    for (class, name) in ["dark", "light"].iter().enumerate() {
        std::fs::create_dir_all(root.join("data").join(name)).unwrap();
        for number in 0..50 {
            let value = [40, 160][class] + number;
            let picture = image::RgbImage::from_pixel(9, 9, image::Rgb([value; 3]));
            let path = root.join(format!("data/{name}/{number}.png"));
            picture.save(path).unwrap();
        }
    }
    let source = DatasetConfig {
        dataset: "folder".into(),
        folder: Some(root.join("data")),
        side: 8,
        ..DatasetConfig::default()
    };
    gstds_data::open(&source, Some(&root.join("cache")), &mut |_, _| {}).unwrap()
}

#[test]
fn a_file_that_is_cut_while_it_is_streamed_ends_the_run_with_its_name() {
    let _alone = alone();
    let root = tempfile::tempdir().unwrap();
    let dataset = from_disk(root.path()).dataset;
    assert_eq!(dataset.train.len(), TRAIN);
    let config = with(MethodName::Random, Residence::Stream, "none");
    let train = || train_with(device(), &config, &dataset, None, &mut Silent);
    assert_eq!(train().unwrap().steps, 6);
    for file in std::fs::read_dir(root.path().join("cache")).unwrap() {
        let file = File::options().write(true).open(file.unwrap().path());
        file.unwrap().set_len(5000).unwrap();
    }
    let message = train().unwrap_err().to_string();
    assert!(message.contains(".squares"), "{message}");
}
