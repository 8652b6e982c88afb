//! docs/benchmarks/isa.md: what it says, and reading it back.

use std::fmt::Write;

use anyhow::{Context, Result, ensure};

use super::parse::{Kernel, Loop};

/// What the page holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Page {
    /// Mesa's version.
    pub mesa: String,
    /// Year, month and day.
    pub date: String,
    pub kernels: Vec<Kernel>,
    /// The section that predicts times, as it stands.
    pub prediction: String,
}

const INTRODUCTION: &str = "\
# Compiled kernels

What Mesa's compiler for AMD GPUs (RADV with ACO) makes of every kernel, for a Navi 21 that need not be there: `cargo xtask isa` compiles every permutation that a selection can take and compares with this page, as does `cargo xtask test` where Mesa has the version below; `cargo xtask isa --accept` writes this page. Only an inner loop that got slower fails: more instructions or waits for what it gets done, fewer loads under way, registers that spill.

Counts are of one wave of 64 lanes and, in the second table, of one iteration. Its loops are those without a loop inside that load from memory or multiply and add, at most four a kernel, equal ones once, those that do most first; where a kernel has none, those that read workgroup memory.

- `lanes`: invocations of a workgroup. `words`: 32-bit words that a lane loads. `descriptors`: loads of buffers' descriptors. `shared reads`: of workgroup memory.
- `under way`: loads from memory that are under way at once, at most; reads of workgroup memory where there are none.
- `waits`: `s_waitcnt`. `waves`: as many as a SIMD unit holds at once, of 32.
";

const KERNELS: &str = "| kernel | lanes | VGPRs | SGPRs | spills | shared bytes | waves | code bytes |\n|---|---:|---:|---:|---:|---:|---:|---:|\n";
const LOOPS: &str = "| kernel | loop | instructions | FMAs | loads | words | descriptors | shared reads | under way | waits | code bytes |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
const MADE: &str = "Made on ";
const BY: &str = " by Mesa ";
/// Where the section that predicts times starts.
const PREDICTION: &str = "## Predicted times";

impl Page {
    pub fn markdown(&self) -> String {
        let mut text = format!("{INTRODUCTION}\n{MADE}{}{BY}{}.\n\n", self.date, self.mesa);
        text += "## Kernels\n\n";
        text += KERNELS;
        for k in &self.kernels {
            let numbers = [
                k.lanes,
                k.vgprs,
                k.sgprs,
                k.spills,
                k.shared_bytes,
                k.waves,
                k.code_bytes,
            ];
            row(&mut text, &k.name, &numbers);
        }
        text += "\n## Inner loops\n\n";
        text += LOOPS;
        for kernel in &self.kernels {
            for (number, l) in (1..).zip(&kernel.loops) {
                let numbers = [
                    number,
                    l.instructions,
                    l.fmas,
                    l.loads,
                    l.words,
                    l.descriptors,
                    l.shared_reads,
                    l.in_flight,
                    l.waits,
                    l.code_bytes,
                ];
                row(&mut text, &kernel.name, &numbers);
            }
        }
        if !self.prediction.is_empty() {
            let _ = write!(text, "\n{PREDICTION}\n\n{}", self.prediction);
        }
        text
    }

    pub fn parse(text: &str) -> Result<Self> {
        let mut page = Self::default();
        let (tables, prediction) = text.split_once(PREDICTION).unwrap_or((text, ""));
        page.prediction = prediction.trim_start().into();
        let made = tables.lines().find_map(|line| line.strip_prefix(MADE));
        let (date, mesa) = made
            .and_then(|line| line.strip_suffix('.')?.split_once(BY))
            .context("no line says when and by which Mesa it was made")?;
        (page.date, page.mesa) = (date.into(), mesa.into());
        for line in tables.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let numbers: Result<Vec<u32>, _> = cells[1..].iter().map(|cell| cell.parse()).collect();
            // The heads of the tables have none.
            if let Ok(numbers) = numbers {
                page.add(cells[0], &numbers).context(line.to_owned())?;
            }
        }
        ensure!(!page.kernels.is_empty(), "no table of kernels");
        Ok(page)
    }

    fn add(&mut self, name: &str, numbers: &[u32]) -> Result<()> {
        match *numbers {
            [lanes, vgprs, sgprs, spills, shared_bytes, waves, code_bytes] => {
                self.kernels.push(Kernel {
                    name: name.into(),
                    lanes,
                    vgprs,
                    sgprs,
                    spills,
                    shared_bytes,
                    waves,
                    code_bytes,
                    loops: Vec::new(),
                });
            }
            [
                _,
                instructions,
                fmas,
                loads,
                words,
                descriptors,
                shared_reads,
                in_flight,
                waits,
                code_bytes,
            ] => {
                let mut named = self.kernels.iter_mut().filter(|it| it.name == name);
                let kernel = named.next().context("a loop of no kernel")?;
                kernel.loops.push(Loop {
                    instructions,
                    fmas,
                    loads,
                    words,
                    descriptors,
                    shared_reads,
                    in_flight,
                    waits,
                    code_bytes,
                });
            }
            _ => anyhow::bail!("a row of {} numbers", numbers.len()),
        }
        Ok(())
    }
}

fn row(text: &mut String, name: &str, numbers: &[u32]) {
    let _ = write!(text, "| {name} |");
    for number in numbers {
        let _ = write!(text, " {number} |");
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let inner = |instructions| Loop {
            instructions,
            fmas: 2,
            waits: 1,
            ..Loop::default()
        };
        let kernel = |name: &str, loops| Kernel {
            name: name.into(),
            lanes: 64,
            vgprs: 40,
            waves: 20,
            loops,
            ..Kernel::default()
        };
        let page = Page {
            mesa: "22.3.6".into(),
            date: "2026-11-26".into(),
            kernels: vec![
                kernel("product", vec![inner(99), inner(25)]),
                kernel("product last=1", vec![]),
            ],
            prediction: "| GPU | rows |\n|---|---:|\n| one | 2 |\n".into(),
        };
        assert_eq!(Page::parse(&page.markdown()).unwrap(), page);
        let broken = page
            .markdown()
            .replace("| product last=1 | 64 ", "| product last=1 ");
        let error = format!("{:#}", Page::parse(&broken).unwrap_err());
        assert!(error.contains("a row of 6 numbers"), "{error}");
        assert!(Page::parse("# Compiled kernels\n").is_err());
    }
}
