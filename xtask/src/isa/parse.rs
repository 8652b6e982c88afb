//! What RADV printed of each pipeline: its statistics, and the inner loops of its assembly.

use std::collections::HashMap;

/// One pipeline, as the driver compiled it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kernel {
    /// The shader's permutation and the constants given to it.
    pub name: String,
    /// Invocations of a workgroup.
    pub lanes: u32,
    pub vgprs: u32,
    pub sgprs: u32,
    /// Registers of both kinds that did not fit.
    pub spills: u32,
    pub shared_bytes: u32,
    /// Waves that a SIMD unit holds at once.
    pub waves: u32,
    pub code_bytes: u32,
    /// Its inner loops, those that do most first.
    pub loops: Vec<Loop>,
}

/// An iteration of an inner loop. Counts are of instructions of a wave.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Loop {
    pub instructions: u32,
    /// Multiply-adds of f32, packed ones counted twice.
    pub fmas: u32,
    /// Loads from memory.
    pub loads: u32,
    /// What they load, in words of 32 bits a lane.
    pub words: u32,
    /// Loads of buffers' descriptors.
    pub descriptors: u32,
    /// Reads of workgroup memory.
    pub shared_reads: u32,
    /// Loads from memory that are under way at once, at most; where there are none, reads of
    /// workgroup memory.
    pub in_flight: u32,
    /// Waits for either.
    pub waits: u32,
    pub code_bytes: u32,
}

impl Loop {
    /// What an iteration gets done: multiply-adds, else words loaded, else words of workgroup
    /// memory.
    pub fn done(&self) -> u32 {
        let counts = [self.fmas, self.words, self.shared_reads];
        counts.into_iter().find(|count| *count > 0).unwrap_or(1)
    }

    /// What [`Loop::done`] counts.
    pub fn unit(&self) -> &'static str {
        match (self.fmas, self.words) {
            (0, 0) => "shared reads",
            (0, _) => "words",
            _ => "FMAs",
        }
    }

    fn weight(&self) -> u32 {
        self.fmas + self.loads
    }
}

/// The loops of a kernel that are kept, at most.
const LOOPS: usize = 4;

struct Instruction<'a> {
    operation: &'a str,
    operands: &'a str,
    bytes: u32,
}

impl<'a> Instruction<'a> {
    /// `operation operands ; encoding`, its words in hexadecimal.
    fn parse(line: &'a str) -> Self {
        let (text, encoding) = line.split_once(';').unwrap_or((line, ""));
        let text = text.trim();
        let (operation, operands) = text.split_once(' ').unwrap_or((text, ""));
        Self {
            operation,
            operands: operands.trim(),
            bytes: 4 * encoding.split_whitespace().count() as u32,
        }
    }

    fn starts(&self, prefixes: &[&str]) -> bool {
        prefixes.iter().any(|it| self.operation.starts_with(it))
    }

    fn fmas(&self) -> u32 {
        let packed = self.starts(&["v_pk_fma", "v_dot2"]);
        let plain = self.starts(&["v_fma", "v_mac", "v_mad_f", "v_mad_mix"]);
        u32::from(plain) + 2 * u32::from(packed)
    }

    fn is_load(&self) -> bool {
        let vector = self.starts(&["buffer_load", "global_load", "flat_load", "scratch_load"]);
        vector || self.operation.starts_with("s_buffer_load")
    }

    fn is_scalar(&self) -> bool {
        self.operation.starts_with("s_")
    }

    fn is_shared_read(&self) -> bool {
        self.operation.starts_with("ds_read") || self.operation.starts_with("ds_load")
    }

    /// Words that a load brings to a lane.
    fn words(&self) -> u32 {
        let width = self
            .operation
            .rsplit_once("_dwordx")
            .map(|(_, x)| x.parse());
        width.and_then(|x| x.ok()).unwrap_or(1)
    }

    fn is_wait(&self) -> bool {
        self.operation.starts_with("s_waitcnt") && self.operation != "s_waitcnt_depctr"
    }

    /// How many operations of this counter a wait leaves under way; none where it names another.
    fn leaves(&self, counter: &str) -> Option<u32> {
        let (_, rest) = self.operands.split_once(counter)?;
        rest.strip_prefix('(')?.split(')').next()?.parse().ok()
    }

    /// The block that a branch goes to.
    fn target(&self) -> Option<&'a str> {
        let branches = self.operation.starts_with("s_cbranch") || self.operation == "s_branch";
        branches.then_some(self.operands)
    }
}

/// The inner loops of an assembly, those that do most first, each once.
pub(crate) fn loops(assembly: &[String]) -> Vec<Loop> {
    let mut instructions = Vec::new();
    let mut blocks = HashMap::new();
    for line in assembly {
        match line.strip_suffix(':') {
            Some(block) => {
                blocks.insert(block, instructions.len());
            }
            None => instructions.push(Instruction::parse(line)),
        }
    }
    let ranges = inner_ranges(&instructions, &blocks);
    let mut loops: Vec<Loop> = Vec::new();
    for (first, last) in ranges {
        let found = measure(&instructions[first..=last]);
        if !loops.contains(&found) {
            loops.push(found);
        }
    }
    let most = loops.iter().map(Loop::weight).max().unwrap_or_default();
    loops.retain(|it| it.weight() > 0 || (most == 0 && it.shared_reads > 0));
    loops.sort_by_key(|it| std::cmp::Reverse(it.weight()));
    loops.truncate(LOOPS);
    loops
}

/// First and last instruction of the loops that have none inside. A branch backward ends a loop.
fn inner_ranges(
    instructions: &[Instruction<'_>],
    blocks: &HashMap<&str, usize>,
) -> Vec<(usize, usize)> {
    let mut ends: HashMap<usize, usize> = HashMap::new();
    for (at, instruction) in instructions.iter().enumerate() {
        let target = instruction.target().and_then(|block| blocks.get(block));
        if let Some(&first) = target.filter(|first| **first <= at) {
            ends.insert(first, at);
        }
    }
    let mut ranges: Vec<_> = ends.iter().map(|(first, last)| (*first, *last)).collect();
    ranges.sort_unstable();
    let holds_none = |&(first, last): &(usize, usize)| {
        let inside = |(start, end): &(usize, usize)| *start > first && *end <= last;
        !ends.iter().any(|(start, end)| inside(&(*start, *end)))
    };
    ranges.iter().copied().filter(holds_none).collect()
}

fn measure(body: &[Instruction<'_>]) -> Loop {
    let loads = count(body, |it| it.is_load());
    let of_memory = in_flight(body, |it| it.is_load());
    let of_shared = in_flight(body, |it| it.is_shared_read());
    Loop {
        instructions: body.len() as u32,
        fmas: body.iter().map(Instruction::fmas).sum(),
        loads,
        words: body
            .iter()
            .filter(|it| it.is_load())
            .map(Instruction::words)
            .sum(),
        descriptors: count(body, |it| it.operation.starts_with("s_load")),
        shared_reads: count(body, |it| it.is_shared_read()),
        in_flight: if loads > 0 { of_memory } else { of_shared },
        waits: count(body, |it| it.is_wait()),
        code_bytes: body.iter().map(|it| it.bytes).sum(),
    }
}

type Is = fn(&Instruction<'_>) -> bool;

fn count(body: &[Instruction<'_>], is: Is) -> u32 {
    body.iter().filter(|it| is(it)).count() as u32
}

/// Operations of a kind under way at once, at most, once the loop has gone round.
fn in_flight(body: &[Instruction<'_>], counted: Is) -> u32 {
    // Vector loads have a counter, scalar ones and workgroup memory another.
    let (mut vector, mut others, mut most) = (0, 0, 0);
    for instruction in body.iter().chain(body) {
        if counted(instruction) {
            let other = instruction.is_scalar() || instruction.is_shared_read();
            *if other { &mut others } else { &mut vector } += 1;
            most = most.max(vector + others);
        } else if instruction.is_wait() {
            let leaves = |counter| instruction.leaves(counter).unwrap_or(u32::MAX);
            vector = vector.min(leaves("vmcnt"));
            others = others.min(leaves("lgkmcnt"));
        }
    }
    most
}

/// Reads the driver's output a line at a time.
#[derive(Default)]
pub(crate) struct Reader {
    /// The pipeline that is being compiled.
    kernel: Option<Kernel>,
    assembly: Option<Vec<String>>,
}

impl Reader {
    /// From here on the driver speaks of this pipeline.
    pub fn begin(&mut self, name: &str) {
        self.assembly = None;
        self.kernel = Some(Kernel {
            name: name.into(),
            ..Kernel::default()
        });
    }

    /// Takes a line of the driver's, and returns the pipeline where that was its last.
    pub fn line(&mut self, line: &str) -> Option<Kernel> {
        let kernel = self.kernel.as_mut()?;
        if line == "disasm:" {
            self.assembly = Some(Vec::new());
        } else if line.starts_with("*** SHADER STATS") {
            kernel.loops = loops(&self.assembly.take().unwrap_or_default());
        } else if let Some(assembly) = &mut self.assembly {
            let is_code = line.starts_with('\t') || line.ends_with(':');
            if is_code && line != "Compute Shader:" {
                assembly.push(line.trim().into());
            }
        } else if let Some(sizes) = line.strip_prefix("workgroup-size: ") {
            let sizes = sizes.split(", ").map(|size| size.parse().unwrap_or(1u32));
            kernel.lanes = sizes.product();
        } else if let Some((name, value)) = line.split_once(": ") {
            let value = value.trim().parse().unwrap_or_default();
            match name {
                "SGPRs" => kernel.sgprs = value,
                "VGPRs" => kernel.vgprs = value,
                "Spilled SGPRs" | "Spilled VGPRs" => kernel.spills += value,
                "Code size" => kernel.code_bytes = value,
                "LDS size" => kernel.shared_bytes = value,
                "Subgroups per SIMD" => {
                    kernel.waves = value;
                    return self.kernel.take();
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
