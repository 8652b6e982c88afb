//! Compiled kernels against those of the page: which inner loops got slower.

use super::{
    page::Page,
    parse::{Kernel, Loop},
};

/// How what was compiled now differs from what the page says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// What got slower, and kernels that the page and the crate do not have in common.
    pub worse: Vec<String>,
    /// Inner loops that got faster.
    pub better: usize,
}

/// Compares where the compiler is the same; else what it compiles differs for its own reasons.
pub(crate) fn compare(kept: &Page, new: &Page) -> Option<Comparison> {
    (kept.mesa == new.mesa).then(|| {
        let mut found = Comparison::default();
        for kernel in &new.kernels {
            match kept.kernels.iter().find(|it| it.name == kernel.name) {
                Some(before) => found.kernel(before, kernel),
                None => found
                    .worse
                    .push(format!("{}: not on the page", kernel.name)),
            }
        }
        let gone = |kernel: &&Kernel| new.kernels.iter().all(|it| it.name != kernel.name);
        let gone = kept.kernels.iter().filter(gone);
        found
            .worse
            .extend(gone.map(|it| format!("{}: on the page alone", it.name)));
        found
    })
}

/// A figure of a loop for what an iteration gets done.
#[derive(Clone, Copy)]
struct Rate {
    count: u32,
    done: u32,
}

impl Rate {
    fn exceeds(self, other: Self) -> bool {
        let [mine, its] = [self.count * other.done, other.count * self.done];
        mine > its
    }
}

impl Comparison {
    fn kernel(&mut self, before: &Kernel, after: &Kernel) {
        let name = &after.name;
        if after.spills > before.spills {
            let (old, new) = (before.spills, after.spills);
            self.worse.push(format!(
                "{name}: registers spilled: {old} before, {new} now"
            ));
        }
        // Where loops came or went, only the first, which does most, is the same one.
        let same = before.loops.len() == after.loops.len();
        let loops = before.loops.iter().zip(&after.loops).enumerate();
        for (place, (old, new)) in loops.take(if same { usize::MAX } else { 1 }) {
            self.inner(&format!("{name}, loop {}", place + 1), old, new);
        }
    }

    fn inner(&mut self, name: &str, before: &Loop, after: &Loop) {
        let count = self.worse.len();
        for (what, count) in [
            ("instructions", (|it| it.instructions) as fn(&Loop) -> u32),
            ("waits", |it| it.waits),
        ] {
            let rate = |it: &Loop| Rate {
                count: count(it),
                done: it.done(),
            };
            if rate(after).exceeds(rate(before)) {
                let [old, new] = [before, after].map(|it| of_what(count(it), it));
                self.worse
                    .push(format!("{name}: {what}: {old} before, {new} now"));
            }
        }
        if after.in_flight < before.in_flight {
            let (old, new) = (before.in_flight, after.in_flight);
            self.worse
                .push(format!("{name}: loads under way: {old} before, {new} now"));
        }
        let instructions = |it: &Loop| Rate {
            count: it.instructions,
            done: it.done(),
        };
        let faster = instructions(before).exceeds(instructions(after));
        self.better += usize::from(self.worse.len() == count && faster);
    }
}

fn of_what(count: u32, inner: &Loop) -> String {
    let (done, what) = (inner.done(), inner.unit());
    format!("{count} for {done} {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(mesa: &str, inner: Loop) -> Page {
        Page {
            mesa: mesa.into(),
            kernels: vec![Kernel {
                name: "product".into(),
                loops: vec![inner],
                ..Kernel::default()
            }],
            ..Page::default()
        }
    }

    const KEPT: Loop = Loop {
        instructions: 30,
        fmas: 2,
        loads: 4,
        words: 4,
        descriptors: 0,
        shared_reads: 0,
        in_flight: 4,
        waits: 2,
        code_bytes: 160,
    };

    fn against_kept(inner: Loop) -> Comparison {
        compare(&page("1", KEPT), &page("1", inner)).unwrap()
    }

    #[test]
    fn a_slower_loop_is_named_with_both_figures() {
        assert_eq!(against_kept(KEPT), Comparison::default());
        let more = Loop {
            instructions: 31,
            ..KEPT
        };
        let said = "product, loop 1: instructions: 30 for 2 FMAs before, 31 for 2 FMAs now";
        assert_eq!(against_kept(more).worse, [said]);
        let waiting = Loop { waits: 3, ..KEPT };
        let said = "product, loop 1: waits: 2 for 2 FMAs before, 3 for 2 FMAs now";
        assert_eq!(against_kept(waiting).worse, [said]);
        let alone = Loop {
            in_flight: 1,
            ..KEPT
        };
        let said = "product, loop 1: loads under way: 4 before, 1 now";
        assert_eq!(against_kept(alone).worse, [said]);
    }

    #[test]
    fn more_instructions_that_do_more_are_no_slower() {
        let unrolled = Loop {
            instructions: 56,
            fmas: 8,
            in_flight: 16,
            waits: 4,
            ..KEPT
        };
        let found = against_kept(unrolled);
        assert_eq!((found.worse.len(), found.better), (0, 1));
    }

    #[test]
    fn spills_and_kernels_of_one_side_are_named() {
        let kept = page("1", KEPT);
        let mut new = kept.clone();
        new.kernels[0].spills = 5;
        let found = compare(&kept, &new).unwrap();
        assert_eq!(found.worse, ["product: registers spilled: 0 before, 5 now"]);
        new.kernels[0].name = "products".into();
        let found = compare(&kept, &new).unwrap();
        assert_eq!(
            found.worse,
            ["products: not on the page", "product: on the page alone"]
        );
    }

    #[test]
    fn another_compiler_is_not_compared() {
        let slower = Loop {
            instructions: 99,
            ..KEPT
        };
        assert_eq!(compare(&page("1", KEPT), &page("2", slower)), None);
    }
}
