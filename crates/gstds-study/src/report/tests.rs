//! Reports on synthetic runs: their contents, and that they load nothing.

mod browser;

use super::Report;
use crate::{
    error::Error,
    results::{
        Group, Run, compare,
        fixtures::{FixtureRun, write},
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use gstds::adapter::AdapterRequest;
use gstds_burn::GpuDevice;
use gstds_testing::{check_elements, fixed_colour, is_blank, pixels, values};
use gstds_train::run::Silent;
use std::path::Path;

/// A name that tries to inject markup.
const SLY: &str = "gstds <script>x</script> & \"co\" 'y'";

/// A run with these accuracies whose epochs kept these rows, in one step each.
fn run(root: &Path, method: &str, seed: u64, accuracies: &[f64], kept: &[Vec<u32>]) -> Run {
    let folder = write(root, &FixtureRun::new(method, seed, accuracies));
    std::fs::create_dir(folder.join("kept")).unwrap();
    for (epoch, rows) in (1..).zip(kept) {
        let path = folder.join(format!("kept/epoch-{epoch:03}.json"));
        std::fs::write(path, serde_json::json!([rows]).to_string()).unwrap();
    }
    Run::read(&folder).unwrap()
}

/// Three groups: two of them over two seeds with kept rows, one named by [`SLY`].
fn groups(root: &Path) -> Vec<Group> {
    let every = |step: usize| (0..5000).step_by(step).collect::<Vec<u32>>();
    let kept = [every(4), every(5)];
    let group = |label: &str, runs: Vec<Run>| Group {
        label: label.into(),
        runs,
        repeated: 0,
    };
    vec![
        group(
            SLY,
            vec![
                run(root, "gstds", 0, &[0.5, 0.8], &kept),
                run(root, "gstds", 1, &[0.6, 0.9], &kept),
            ],
        ),
        group(
            "random",
            vec![
                run(root, "random", 0, &[0.5, 0.7], &kept),
                run(root, "random", 1, &[0.4, 0.6], &kept),
            ],
        ),
        group("full", vec![run(root, "full", 0, &[0.3, 0.9], &[])]),
    ]
}

/// A report made where there is no device.
fn report(groups: &[Group]) -> Report {
    let comparison = compare(groups, None).ok();
    let mut none = || {
        Err(gstds_train::Error::DeviceLost {
            reason: "none <here>".into(),
        }
        .into())
    };
    Report::make(groups, comparison.as_ref(), &mut none, &mut Silent).unwrap()
}

#[test]
fn the_page_loads_nothing_and_every_element_ends() {
    let root = tempfile::tempdir().unwrap();
    let groups = groups(root.path());
    let report = report(&groups);
    let page = report.page();
    for forbidden in [
        "http:",
        "https:",
        "<script",
        "@import",
        "url(",
        " onload=",
        " onerror=",
    ] {
        assert_eq!(page.matches(forbidden).count(), 0, "{forbidden}");
    }
    let links = ["src", "srcset", "href"].map(|attribute| values(page, attribute));
    let links = links.concat();
    assert!(links.len() > 200, "{}", links.len());
    assert!(links.iter().all(|link| link.starts_with("data:")));
    check_elements(page);
}

#[test]
fn the_page_names_every_group_and_shows_every_picture() {
    let root = tempfile::tempdir().unwrap();
    let groups = groups(root.path());
    let report = report(&groups);
    let page = report.page();
    assert!(page.contains("gstds &lt;script&gt;x&lt;/script&gt; &amp; &quot;co&quot; &#39;y&#39;"));
    assert!(page.contains("<th scope=\"row\">random</th>"));
    assert!(page.contains("config.toml of full, seed 0"));
    assert!(page.contains("method = &quot;gstds&quot;"));
    // Six charts, each once, in colours that follow the theme.
    assert_eq!(page.matches("<svg").count(), 6);
    assert_eq!(fixed_colour(page), None);
    assert!(
        values(page, "aria-label")
            .iter()
            .all(|name| !name.is_empty())
    );
    assert!(values(page, "alt").iter().all(|words| !words.is_empty()));
    let images = values(page, "src");
    // Two sheets of ten classes with six images of either kind.
    assert_eq!(images.len(), 2 * 10 * 12);
    for link in images {
        let png = link.strip_prefix("data:image/png;base64,").unwrap();
        let image = pixels(&BASE64_STANDARD.decode(png).unwrap());
        assert_eq!(image.dimensions(), (28, 28));
        assert!(!is_blank(&image));
    }
    let missing: Vec<_> = report.missing().iter().map(String::as_str).collect();
    assert_eq!(
        missing,
        [format!("{SLY}: the GPU device failed: none <here>.")]
    );
    assert!(page.contains("the GPU device failed: none &lt;here&gt;"));
    assert_eq!(page, self::report(&groups).page());
}

#[test]
fn files_are_whole_and_never_over_others_unasked() {
    let root = tempfile::tempdir().unwrap();
    let report = report(&groups(&root.path().join("runs")));
    let folder = root.path().join("a/report");
    Report::check(&folder, false).unwrap();
    let page = report.write(&folder, false).unwrap();
    assert_eq!(std::fs::read_to_string(&page).unwrap(), report.page());
    let names = |folder: &Path| {
        let names = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&folder),
        ["curves.csv", "plots", "report.html", "runs.csv"]
    );
    let plots = names(&folder.join("plots"));
    let expected = [
        "accuracy-operations",
        "accuracy-own-operations",
        "accuracy-samples",
        "accuracy-seconds",
        "kept-images-1",
        "kept-images-2",
        "kept-ratio",
        "times-kept",
    ];
    assert_eq!(plots, expected.map(|name| format!("{name}.png")));
    for name in plots {
        let bytes = std::fs::read(folder.join("plots").join(name)).unwrap();
        assert!(!is_blank(&pixels(&bytes)));
    }
    let refused = [
        Report::check(&folder, false),
        report.write(&folder, false).map(drop),
    ];
    for refusal in refused {
        let error = refusal.unwrap_err();
        assert!(
            matches!(&error, Error::Data(gstds_data::Error::Exists { path }) if path.starts_with(&folder))
        );
        assert!(error.to_string().contains("set force"), "{error}");
    }
    std::fs::write(&page, "old").unwrap();
    let plots = folder.join("plots");
    for old in [
        "kept-images-3.png",
        "fiedler-vector.png",
        "kept-images-of-mine.png",
    ] {
        std::fs::write(plots.join(old), "old").unwrap();
    }
    report.write(&folder, true).unwrap();
    assert_eq!(std::fs::read_to_string(&page).unwrap(), report.page());
    let there = [
        "kept-images-3.png",
        "fiedler-vector.png",
        "kept-images-of-mine.png",
        "kept-images-2.png",
    ]
    .map(|name| plots.join(name).exists());
    assert_eq!(there, [false, false, true, true]);
}

#[test]
fn a_data_set_that_is_gone_is_told_and_the_rest_is_shown() {
    let root = tempfile::tempdir().unwrap();
    let mut groups = groups(root.path());
    for run in &mut groups[0].runs {
        run.config.data.dataset = "folder".into();
        run.config.data.folder = Some(root.path().join("gone"));
    }
    // The other group's rows are more than its data set has.
    let rows = serde_json::json!([[5000]]).to_string();
    std::fs::write(groups[1].runs[0].folder.join("kept/epoch-001.json"), rows).unwrap();
    let report = report(&groups);
    let missing = report.missing().concat();
    assert!(missing.contains("gone"), "{missing}");
    assert!(
        missing.contains("kept image 5000") && missing.contains("now has 5000"),
        "{missing}"
    );
    assert_eq!(report.page().matches("<svg").count(), 6);
    assert!(values(report.page(), "src").is_empty());
    check_elements(report.page());
}

#[test]
fn unfinished_runs_and_nothing_but_those_are_reported() {
    let root = tempfile::tempdir().unwrap();
    let mut groups = groups(root.path());
    groups.truncate(2);
    groups[0].runs[1].summary = None;
    let page = report(&groups).page().to_owned();
    assert!(page.contains("seed 1: unfinished after 2 of"));
    for run in groups.iter_mut().flat_map(|group| &mut group.runs) {
        run.summary = None;
    }
    groups[1].runs[0].curve.clear();
    groups[1].runs[1].curve.clear();
    let page = report(&groups).page().to_owned();
    assert!(page.contains("No run has finished") && page.contains("after 0 of"));
    check_elements(&page);
}

#[test]
fn a_batch_is_solved_again_and_its_order_brings_like_images_together() {
    let root = tempfile::tempdir().unwrap();
    let folder = write(root.path(), &FixtureRun::new("gstds", 3, &[0.5]));
    let run = Run::read(&folder).unwrap();
    let data = gstds_data::embedded().unwrap();
    let device = GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter");
    let solve = || super::batch::of_run(&run, &data.train, &device, &mut Silent);
    let batch = solve().unwrap().unwrap();
    assert_eq!((batch.epoch, batch.rows, batch.kept.len()), (1, 256, 64));
    let (sorted, input) = (batch.fiedler_order().unwrap(), batch.input_order().unwrap());
    let neighbours = |map: &gstds_plot::SimilarityMap| {
        let pairs = (1..256).map(|place| f64::from(map.at(place - 1, place).unwrap()));
        pairs.sum::<f64>() / 255.0
    };
    let (near, apart) = (neighbours(&sorted), neighbours(&input));
    assert!(near > apart + 0.05, "{near} {apart}");

    // What the run recorded takes precedence over what is solved now.
    std::fs::create_dir(folder.join("kept")).unwrap();
    let file = folder.join("kept/epoch-001.json");
    let seed = gstds_train::sampler::derived(3, gstds_train::sampler::Purpose::Order, 0);
    let order = gstds_train::sampler::permutation(5000, seed);
    std::fs::write(&file, format!("[[{}, {}]]", order[9], order[2])).unwrap();
    assert_eq!(solve().unwrap().unwrap().kept, [9, 2]);
    std::fs::write(&file, format!("[[{}]]", order[300])).unwrap();
    let error = solve().err().unwrap().to_string();
    assert!(
        error.contains("epoch-001.json") && error.contains("first batch"),
        "{error}"
    );
}
