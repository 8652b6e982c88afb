//! Runs that differ only in their seed.

use super::run::Run;
use crate::error::Result;
use gstds_train::run::{TrainConfig, flat};
use std::collections::{BTreeMap, BTreeSet};

/// Keys in which runs of a group may differ: the seed, and where and how often things are kept.
/// Where images and weights lie is not among them: other folders may hold other images.
const FREE: [&str; 3] = ["adapter.", "checkpoint_minutes", "seed"];

/// Keys in which groups may differ that are compared: what the method does with the same learner on
/// the same images.
const OF_METHOD: [&str; 12] = [
    "method",
    "selection.",
    "schedule",
    "score",
    "strata",
    "temperature",
    "super_batch",
    "guide",
    "reference_loss",
    "reweight",
    "epochs",
    "max_steps",
];

/// Runs of one configuration.
#[derive(Clone, Debug)]
pub struct Group {
    /// The method, and where several groups have it, how it differs from the others.
    pub label: String,
    /// One run a seed, by ascending seed.
    pub runs: Vec<Run>,
    /// Further runs of the same seeds, which are ignored.
    pub repeated: usize,
}

impl Group {
    /// The seeds that it has.
    #[must_use]
    pub fn seeds(&self) -> Vec<u64> {
        self.runs.iter().map(|run| run.config.seed).collect()
    }
}

/// The settings that two groups must share to be compared.
pub(super) fn comparable_settings(config: &TrainConfig) -> Result<BTreeMap<String, String>> {
    let mut keys = flat(config)?;
    let apart = |key: &str| {
        FREE.iter()
            .chain(&OF_METHOD)
            .any(|free| key.starts_with(free))
    };
    keys.retain(|key, _| !apart(key));
    Ok(keys)
}

/// Groups runs by configuration, in the order in which the first of each comes. Of several runs
/// with the same seed one counts: a finished one, else the longest one.
///
/// # Errors
/// [`Error::Train`](crate::Error::Train) for a configuration that TOML cannot hold.
pub fn groups(runs: Vec<Run>) -> Result<Vec<Group>> {
    let mut keyed: Vec<(BTreeMap<String, String>, Vec<Run>)> = Vec::new();
    for run in runs {
        let mut keys = flat(&run.config)?;
        keys.retain(|key, _| !FREE.iter().any(|free| key.starts_with(free)));
        match keyed.iter_mut().find(|(known, _)| *known == keys) {
            Some((_, group)) => group.push(run),
            None => keyed.push((keys, vec![run])),
        }
    }
    let labels = labels(&keyed.iter().map(|(keys, _)| keys).collect::<Vec<_>>());
    let groups = labels.into_iter().zip(keyed);
    Ok(groups
        .map(|(label, (_, mut runs))| {
            let epochs = |run: &Run| std::cmp::Reverse(run.curve.len());
            runs.sort_by_key(|run| (run.config.seed, !run.is_finished(), epochs(run)));
            let all = runs.len();
            runs.dedup_by_key(|run| run.config.seed);
            let repeated = all - runs.len();
            Group {
                label,
                runs,
                repeated,
            }
        })
        .collect())
}

/// A name for each set of keys: its method, followed by the keys that differ from others of that
/// method.
fn labels(all: &[&BTreeMap<String, String>]) -> Vec<String> {
    let method = |keys: &BTreeMap<String, String>| {
        let quoted = keys.get("method").map_or("", String::as_str);
        quoted.trim_matches('"').to_owned()
    };
    let of = |keys: &&BTreeMap<String, String>| {
        let same: Vec<_> = all.iter().filter(|k| method(k) == method(keys)).collect();
        let named: BTreeSet<&String> = same.iter().flat_map(|keys| keys.keys()).collect();
        let differs = |key: &&&String| same.iter().any(|other| other.get(**key) != keys.get(**key));
        let parts = named.iter().filter(differs).map(|key| {
            let value = keys.get(*key).map_or("none", String::as_str);
            format!("{key} {}", value.trim_matches('"'))
        });
        let parts: Vec<String> = parts.collect();
        match parts.is_empty() {
            true => method(keys),
            false => format!("{} ({})", method(keys), parts.join(", ")),
        }
    };
    all.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixtures::FixtureRun;

    fn run(method: &str, seed: u64) -> Run {
        FixtureRun::new(method, seed, &[0.5]).run()
    }

    #[test]
    fn seeds_are_one_group_and_methods_are_several() {
        let runs = vec![
            run("random", 2),
            run("gstds", 1),
            run("random", 0),
            run("random", 2),
        ];
        let groups = groups(runs).unwrap();
        let names: Vec<&str> = groups.iter().map(|group| group.label.as_str()).collect();
        assert_eq!(names, ["random", "gstds"]);
        assert_eq!(groups[0].seeds(), [0, 2]);
        assert_eq!((groups[0].repeated, groups[1].repeated), (1, 0));
    }

    #[test]
    fn of_two_runs_of_a_seed_the_finished_one_counts() {
        let mut killed = FixtureRun::new("random", 0, &[0.1, 0.2, 0.3]).run();
        killed.summary = None;
        let groups = groups(vec![killed, run("random", 0)]).unwrap();
        assert!(groups[0].runs[0].is_finished());
    }

    #[test]
    fn images_elsewhere_are_another_group() {
        let mut elsewhere = run("random", 1);
        elsewhere.config.data.folder = Some("b".into());
        assert_eq!(groups(vec![run("random", 0), elsewhere]).unwrap().len(), 2);
    }

    #[test]
    fn what_tells_two_groups_of_a_method_apart_is_in_their_names() {
        let mut other = run("gstds", 0);
        other.config.schedule = "linear:1..0.25".parse().unwrap();
        other.config.max_steps = Some(9);
        let groups = groups(vec![run("gstds", 0), other, run("random", 0)]).unwrap();
        let names: Vec<&str> = groups.iter().map(|group| group.label.as_str()).collect();
        assert_eq!(
            names,
            [
                "gstds (max_steps none, schedule constant:0.25)",
                "gstds (max_steps 9, schedule linear:1..0.25)",
                "random"
            ]
        );
    }
}
