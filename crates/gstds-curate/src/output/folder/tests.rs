use super::*;

/// A folder of two images, and the folder they are in.
fn house() -> (TempDir, PathBuf) {
    let house = tempfile::tempdir().unwrap();
    let root = house.path().join("photos");
    fs::create_dir_all(root.join("a")).unwrap();
    fs::write(root.join("a/1.png"), "one").unwrap();
    fs::write(root.join("2.png"), "two").unwrap();
    (house, root)
}

fn images() -> [PathBuf; 2] {
    ["a/1.png", "2.png"].map(PathBuf::from)
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn entries(path: &Path) -> usize {
    fs::read_dir(path).unwrap().count()
}

#[test]
fn images_keep_their_paths_however_they_come() {
    for placement in [
        Placement::Copy,
        Placement::HardLink,
        Placement::SymbolicLink,
    ] {
        let (house, root) = house();
        let kept = house.path().join("kept");
        let folder = ImageFolder::new(&kept, placement, false).unwrap();
        let filled = folder
            .fill(&root, images().iter(), &mut |_| Ok(()))
            .unwrap();
        assert!(!kept.exists(), "{placement:?}");
        assert_eq!(filled.publish().unwrap().keep(), None);
        assert_eq!(text(&kept.join("a/1.png")), "one", "{placement:?}");
        assert_eq!(text(&kept.join("2.png")), "two", "{placement:?}");
        let link = fs::symlink_metadata(kept.join("2.png"))
            .unwrap()
            .is_symlink();
        assert_eq!(link, placement == Placement::SymbolicLink);
        assert_eq!(entries(house.path()), 2, "{placement:?}");
    }
}

#[test]
fn what_stands_there_is_kept_unless_told_otherwise() {
    let (house, root) = house();
    let kept = house.path().join("kept");
    fs::create_dir(&kept).unwrap();
    fs::write(kept.join("mine"), "mine").unwrap();
    let refused = ImageFolder::new(&kept, Placement::Copy, false)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("exists already"), "{refused}");
    let folder = ImageFolder::new(&kept, Placement::Copy, true).unwrap();
    let fill = || {
        folder
            .fill(&root, images().iter(), &mut |_| Ok(()))
            .unwrap()
    };
    fill().publish().unwrap().undo().unwrap();
    assert_eq!(
        (text(&kept.join("mine")), entries(&kept)),
        ("mine".into(), 1)
    );
    assert_eq!(entries(house.path()), 2);
    assert_eq!(fill().publish().unwrap().keep(), None);
    assert_eq!(entries(&kept), 2);
    assert!(!kept.join("mine").exists());
    assert_eq!(entries(house.path()), 2);
}

#[test]
fn of_two_into_one_folder_one_wins() {
    let (house, root) = house();
    let kept = house.path().join("kept");
    let folder = || ImageFolder::new(&kept, Placement::Copy, false).unwrap();
    let (first, second) = (folder(), folder());
    let one = first
        .fill(&root, images()[..1].iter(), &mut |_| Ok(()))
        .unwrap();
    let other = second
        .fill(&root, images()[1..].iter(), &mut |_| Ok(()))
        .unwrap();
    assert_eq!(one.publish().unwrap().keep(), None);
    let lost = other.publish().unwrap_err().to_string();
    assert!(lost.contains("meanwhile"), "{lost}");
    assert!(kept.join("a/1.png").exists() && !kept.join("2.png").exists());
    assert_eq!(entries(house.path()), 2);
}

#[test]
fn a_published_folder_can_be_taken_back() {
    let (house, root) = house();
    let kept = house.path().join("kept");
    let folder = ImageFolder::new(&kept, Placement::Copy, false).unwrap();
    let filled = folder
        .fill(&root, images().iter(), &mut |_| Ok(()))
        .unwrap();
    filled.publish().unwrap().undo().unwrap();
    assert!(!kept.exists());
    assert_eq!(entries(house.path()), 1);
}

#[test]
fn an_image_that_is_gone_leaves_nothing() {
    let (house, root) = house();
    fs::remove_file(root.join("2.png")).unwrap();
    for placement in [
        Placement::Copy,
        Placement::HardLink,
        Placement::SymbolicLink,
    ] {
        let folder = ImageFolder::new(&house.path().join("kept"), placement, false).unwrap();
        let error = folder
            .fill(&root, images().iter(), &mut |_| Ok(()))
            .unwrap_err();
        assert!(error.to_string().contains("2.png"), "{error}");
        assert_eq!(entries(house.path()), 1, "{placement:?}");
    }
}

#[test]
fn files_and_links_are_not_replaced_by_folders() {
    let (house, _) = house();
    let kept = house.path().join("kept");
    fs::write(&kept, "mine").unwrap();
    assert!(ImageFolder::new(&kept, Placement::Copy, true).is_err());
    assert!(ImageFolder::new(&house.path().join("none/kept"), Placement::Copy, true).is_err());
    assert!(ImageFolder::new(&house.path().join(".."), Placement::Copy, true).is_err());
    #[cfg(unix)]
    {
        let link = house.path().join("link");
        symbolic(&house.path().join("photos"), &link).unwrap();
        assert!(ImageFolder::new(&link, Placement::Copy, true).is_err());
    }
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_listed_folder() {
    let (house, root) = house();
    fs::write(house.path().join("elsewhere"), "mine").unwrap();
    symbolic(&root.join("a"), &root.join("linked")).unwrap();
    symbolic(&root.join("nowhere"), &root.join("dangling")).unwrap();
    symbolic(Path::new("/dev/null"), &root.join("device")).unwrap();
    for placement in [
        Placement::Copy,
        Placement::HardLink,
        Placement::SymbolicLink,
    ] {
        for bad in ["a", "linked", "dangling", "device"] {
            let list = [bad, "2.png"].map(PathBuf::from);
            let folder = ImageFolder::new(&house.path().join("kept"), placement, false).unwrap();
            let error = folder
                .fill(&root, list.iter(), &mut |_| Ok(()))
                .unwrap_err();
            assert!(error.to_string().contains(bad), "{placement:?}: {error}");
            assert_eq!((entries(&root.join("a")), entries(house.path())), (1, 2));
        }
    }
}

#[test]
fn a_folder_that_cannot_be_put_back_is_kept_and_named() {
    let (house, root) = house();
    let kept = house.path().join("kept");
    fs::create_dir(&kept).unwrap();
    fs::write(kept.join("mine"), "mine").unwrap();
    let folder = ImageFolder::new(&kept, Placement::Copy, true).unwrap();
    let filled = folder
        .fill(&root, images().iter(), &mut |_| Ok(()))
        .unwrap();
    let published = filled.publish().unwrap();
    let old = published.old.clone().unwrap();
    fs::rename(&kept, house.path().join("moved")).unwrap();
    let error = published.undo().unwrap_err();
    assert!(error.contains(old.to_str().unwrap()), "{error}");
    assert_eq!(text(&old.join("mine")), "mine");
}

#[test]
fn a_replaced_folder_that_stays_is_named() {
    let (house, root) = house();
    let kept = house.path().join("kept");
    fs::create_dir(&kept).unwrap();
    let folder = ImageFolder::new(&kept, Placement::Copy, true).unwrap();
    let filled = folder
        .fill(&root, images().iter(), &mut |_| Ok(()))
        .unwrap();
    let published = filled.publish().unwrap();
    let old = published.old.clone().unwrap();
    // A file in its place cannot be removed as a folder, whoever we are.
    fs::remove_dir(&old).unwrap();
    fs::write(&old, "").unwrap();
    let warning = published.keep().unwrap();
    assert!(warning.contains(old.to_str().unwrap()), "{warning}");
}

#[cfg(unix)]
#[test]
fn one_run_publishes_at_a_time() {
    let house = tempfile::tempdir().unwrap();
    let folder = ImageFolder::new(&house.path().join("kept"), Placement::Copy, true).unwrap();
    let lock = folder.lock().unwrap();
    let other = File::open(house.path()).unwrap();
    assert!(other.try_lock().is_err());
    drop(lock);
    other.try_lock().unwrap();
}
