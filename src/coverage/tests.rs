//! Choices against their twins in f64, over poisoned buffers. Ties of f64 that f32 cannot tell apart
//! are told apart by value: each choice must be one of the best, given the choices before it.

mod clusters;
mod greedy;
mod medoids;
mod pieces;

use super::{Coverage, CoverageOptions, CoverageRule, CoverageSelection, Engine};
use crate::{
    Error, Features, Flags, Shape,
    adapter::{AdapterRequest, Gpu, open},
};
use std::sync::OnceLock;

fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        open(&AdapterRequest::default()).expect("tests need a Vulkan, Metal or DX12 adapter")
    })
}

/// Reproducible numbers in [0, 1).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    fn signed(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| 2.0 * self.next() - 1.0).collect()
    }

    /// Rows about as many centres, cluster by cluster in the order that `sizes` gives, but shuffled.
    fn groups(&mut self, sizes: &[usize], columns: usize, spread: f32) -> (Vec<f32>, Vec<usize>) {
        let centres = self.signed(sizes.len() * columns);
        let groups = sizes.iter().enumerate();
        let mut labels: Vec<usize> = groups
            .flat_map(|(group, size)| std::iter::repeat_n(group, *size))
            .collect();
        for at in (1..labels.len()).rev() {
            labels.swap(at, (self.next() * (at + 1) as f32) as usize);
        }
        let mut data = Vec::new();
        for group in &labels {
            let centre = &centres[group * columns..(group + 1) * columns];
            data.extend(centre.iter().map(|c| c + spread * (self.next() - 0.5)));
        }
        (data, labels)
    }
}

fn upload(device: &wgpu::Device, queue: &wgpu::Queue, data: &[f32]) -> wgpu::Buffer {
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: size_of_val(data) as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    queue.write_buffer(&buffer, 0, bytemuck::cast_slice(data));
    buffer
}

/// Fills every buffer that kernels write with what no kernel would.
fn poison(queue: &wgpu::Queue, coverage: &Coverage) {
    let buffers = match &coverage.engine {
        Engine::Greedy(greedy) => greedy.written(),
        Engine::Medoids(medoids) => medoids.written(),
    };
    for buffer in buffers {
        let words = vec![0xffff_fff0_u32; buffer.size() as usize / 4];
        queue.write_buffer(buffer, 0, bytemuck::cast_slice(&words));
    }
}

fn choose_on(
    gpu: (&wgpu::Device, &wgpu::Queue),
    data: &[f32],
    columns: usize,
    options: &CoverageOptions,
    count: usize,
    already: &[u32],
) -> CoverageSelection {
    let (device, queue) = gpu;
    let rows = data.len() / columns;
    let shape = Shape {
        rows,
        features: columns,
    };
    let most = count + already.len();
    let mut coverage = Coverage::prepare(device, shape, most, options).unwrap();
    poison(queue, &coverage);
    let features = upload(device, queue, data);
    let commands = coverage
        .record(Features::new(&features), count, already)
        .unwrap();
    queue.submit(commands);
    let found = coverage.read(queue).unwrap();
    let mut seen = vec![false; rows];
    for &row in found.kept.iter().chain(already) {
        let twice = std::mem::replace(&mut seen[row as usize], true);
        assert!(!twice, "row {row} twice among {:?}", found.kept);
    }
    found
}

fn choose(
    data: &[f32],
    columns: usize,
    options: &CoverageOptions,
    count: usize,
    already: &[u32],
) -> CoverageSelection {
    let gpu = (&gpu().device, &gpu().queue);
    choose_on(gpu, data, columns, options, count, already)
}

const RULES: [CoverageRule; 3] = [
    CoverageRule::Medoids,
    CoverageRule::FacilityLocation,
    CoverageRule::KCenter,
];

fn by(rule: CoverageRule) -> CoverageOptions {
    CoverageOptions::new(rule)
}

/// Where nothing distinguishes rows, all rules choose the same.
#[test]
fn degenerate_pools_have_defined_choices() {
    let data = Noise(1).signed(20 * 6);
    let mut few_valid = data.clone();
    few_valid[2 * 6..].fill(0.0);
    few_valid.swap(0, 3 * 6);
    let alike: Vec<f32> = (0..20)
        .flat_map(|_| [1.0, 2.0, 0.5, 3.0, 1.0, 2.0])
        .collect();
    for rule in RULES {
        let kept = |data: &[f32], count, already: &[u32]| {
            let found = choose(data, 6, &by(rule), count, already);
            assert_eq!(found.objective, None, "{rule}");
            (found.kept, found.status.flags())
        };
        let all = (0..20).collect::<Vec<u32>>();
        assert_eq!(
            kept(&data, 20, &[]),
            (all.clone(), Flags::KEPT_ALL),
            "{rule}"
        );
        // With some given beforehand all others are left.
        let (others, flags) = kept(&data, 30, &[4, 2]);
        assert_eq!(others.len(), 18, "{rule}");
        assert!(
            others.is_sorted() && flags.contains(Flags::KEPT_ALL),
            "{rule}"
        );

        let (first, flags) = kept(&few_valid, 5, &[]);
        assert!(
            flags.contains(Flags::FEW_VALID) && flags.contains(Flags::INVALID_ROWS),
            "{rule}"
        );
        let valid: Vec<u32> = (0..20)
            .filter(|row| few_valid[row * 6..(row + 1) * 6].iter().any(|x| *x != 0.0))
            .map(|row| row as u32)
            .collect();
        let rest = all.iter().copied().filter(|row| !valid.contains(row));
        let expected: Vec<u32> = valid.iter().copied().chain(rest).take(5).collect();
        assert_eq!(first, expected, "{rule}");

        let (stride, flags) = kept(&alike, 6, &[]);
        assert_eq!(stride, [0, 3, 6, 10, 13, 16], "{rule}");
        assert_eq!(flags, Flags::ALL_ALIKE, "{rule}");
        let (stride, _) = kept(&alike, 4, &[3, 10]);
        assert_eq!(stride, [0, 6, 13, 16], "{rule}");
    }
}

#[test]
fn rows_without_similar_ones_are_taken_at_an_even_stride() {
    let apart: Vec<f32> = (0..12 * 12)
        .map(|at| f32::from(u8::from(at % 13 == 0)))
        .collect();
    for rule in [CoverageRule::Medoids, CoverageRule::FacilityLocation] {
        let found = choose(&apart, 12, &by(rule), 5, &[]);
        assert_eq!(found.kept, [0, 2, 4, 7, 9], "{rule}");
        assert_eq!(found.status.flags(), Flags::NO_EDGES, "{rule}");
    }
}

#[test]
fn invalid_rows_are_counted_and_come_last() {
    let (mut data, _) = Noise(2).groups(&[9, 8, 7, 6], 8, 0.3);
    data[3 * 8..4 * 8].fill(0.0);
    data[10 * 8 + 1] = f32::NAN;
    data[29 * 8] = f32::INFINITY;
    for rule in RULES {
        let found = choose(&data, 8, &by(rule), 26, &[]);
        assert_eq!(found.status.valid, 27, "{rule}");
        assert_eq!(
            found.status.flags().intersection(Flags::INVALID_ROWS),
            Flags::INVALID_ROWS
        );
        assert!(
            found.kept.iter().all(|row| ![3, 10, 29].contains(row)),
            "{rule}"
        );
        // One more than there are valid rows.
        let found = choose(&data, 8, &by(rule), 28, &[]);
        assert_eq!(found.kept[27], 3, "{rule}");
        // Given beforehand, such a row is as good as none.
        let found = choose(&data, 8, &by(rule), 4, &[10]);
        assert!(
            found.kept.iter().all(|row| ![3, 10, 29].contains(row)),
            "{rule}"
        );
    }
}

#[test]
fn medoids_depend_on_the_seed() {
    let data = Noise(11).signed(200 * 8);
    let of = |seed| choose(&data, 8, &by(CoverageRule::Medoids).seed(seed), 20, &[]).kept;
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn the_same_rows_on_every_run_and_one_of_each_group() {
    let sizes = [40, 31, 22, 13, 4];
    let (data, labels) = Noise(3).groups(&sizes, 16, 0.2);
    for rule in RULES {
        let found = choose(&data, 16, &by(rule).seed(5), 5, &[]);
        let again = choose(&data, 16, &by(rule).seed(5), 5, &[]);
        assert_eq!(found.kept, again.kept, "{rule}");
        let mut groups: Vec<usize> = found.kept.iter().map(|r| labels[*r as usize]).collect();
        if rule == CoverageRule::Medoids {
            assert_eq!(groups, [0, 1, 2, 3, 4], "largest first");
        }
        groups.sort_unstable();
        assert_eq!(groups, [0, 1, 2, 3, 4], "{rule}");
        // Beside a row of two groups, rows of the others come first.
        let given = [found.kept[1], found.kept[3]];
        let found = choose(&data, 16, &by(rule).seed(5), 3, &given);
        let mut groups: Vec<usize> = found
            .kept
            .iter()
            .chain(&given)
            .map(|row| labels[*row as usize])
            .collect();
        groups.sort_unstable();
        assert_eq!(groups, [0, 1, 2, 3, 4], "{rule}");
    }
}

#[test]
fn what_cannot_be_chosen_is_refused_before_any_work() {
    let device = &gpu().device;
    let shape = |rows, features| Shape { rows, features };
    let prepare = |shape, most, options: &CoverageOptions| {
        let bytes = Coverage::workspace_bytes(device, shape, most, options);
        let error = Coverage::prepare(device, shape, most, options).unwrap_err();
        assert_eq!(bytes.unwrap_err().to_string(), error.to_string());
        error.to_string()
    };
    for rule in RULES {
        assert!(prepare(shape(0, 4), 1, &by(rule)).contains("at least one row"));
        assert!(prepare(shape(4, 4), 0, &by(rule)).contains("cannot keep 0"));
        assert!(prepare(shape((1 << 20) + 1, 4), 9, &by(rule)).contains("at most 1048576"));
        let wide = prepare(shape(1 << 20, 1 << 20), 9, &by(rule).vectors(1));
        assert_eq!(wide, "1 vectors of a spectral embedding: choose 2 to 32");
        assert!(Coverage::prepare(device, shape(10, 4), 3, &by(rule).vectors(32)).is_ok());

        let mut coverage = Coverage::prepare(device, shape(10, 4), 3, &by(rule)).unwrap();
        let features = upload(device, &gpu().queue, &[0.5; 40]);
        let mut record = |count, already: &[u32]| {
            let refused = coverage.record(Features::new(&features), count, already);
            refused.unwrap_err().to_string()
        };
        assert_eq!(record(0, &[]), "cannot keep 0 of 10 rows: keep at least 1");
        assert!(record(1, &[10]).ends_with("rows are numbered 0 to 9: leave it out"));
        assert!(record(1, &[7, 7]).starts_with("row 7 is listed twice"));
        let chosen = record(2, &[1, 2]);
        assert!(chosen.starts_with("4 rows to choose"), "{chosen}");
        assert!(
            chosen.ends_with("prepared for 3: prepare it for 4, or choose fewer"),
            "{chosen}"
        );
        let all = record(1, &Vec::from_iter(0..10));
        assert!(all.starts_with("all 10 rows are listed"), "{all}");
        let mut of_rows = |rows| {
            let view = Features::new(&features).rows(rows);
            coverage.record(view, 1, &[]).unwrap_err()
        };
        assert!(matches!(
            of_rows(0),
            Error::EmptyShape {
                rows: 0,
                features: 4
            }
        ));
        let beyond = of_rows(11);
        assert!(
            matches!(
                beyond,
                Error::RowsBeyondShape {
                    rows: 11,
                    prepared: 10
                }
            ),
            "{beyond}"
        );
        assert!(Coverage::prepare(device, shape(10, 4), 4, &by(rule)).is_ok());
    }
    // A matrix of features that no binding holds is in several chunks; one row is not.
    let long = prepare(shape(8, 1 << 30), 2, &by(CoverageRule::KCenter));
    assert!(long.contains("chosen row needs 4294967296 bytes"), "{long}");
}
