//! What a graph of similar rows says of their labels: the loss of every row's label under the vote
//! of its neighbours, and the nearest rows of every row with how alike they are. Nothing is trained.
//!
//! Rows are compared by the cosine of their centred features; the neighbours are found on the
//! device, see [`gstds::Neighbours`]. Near-copies do not vote on each other: they share their
//! labels, wrong ones too. Method `guided` stands on this, see [`crate::guided`].

mod vote;

use std::collections::HashMap;

use gstds::adapter::Gpu;
use gstds::{Features, NeighbourLists, NeighbourOptions, Neighbours, Shape};
use gstds_data::Progress;

use crate::bank::upload_all;
use crate::error::{Error, Result};
use crate::neighbour_search;
use crate::pool::Pool;
use crate::solve::{go_on, upload};
use vote::Vote;

/// Neighbours that are looked for; those that vote are among them.
const FOUND: usize = 40;
/// Neighbours whose likeness is kept.
pub const NEAREST: usize = 10;
/// Share of the rows whose tenth neighbour is less similar than where copies begin.
const ORDINARY: f64 = 0.9;

/// Labels, and what the graph says of them.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelGraph {
    /// The labels, one a row.
    pub labels: Vec<u16>,
    /// Classes of the data set.
    pub classes: usize,
    /// −ln of the chance that the vote gives a row's label, in nats, one a row.
    pub losses: Vec<f32>,
    /// Share of the rows whose label has the largest chance. No row votes on itself.
    pub accuracy: f64,
    /// The [`NEAREST`] most similar rows of every row, a line a row; the row itself where there are
    /// fewer.
    pub nearest: Vec<i32>,
    /// How alike these are, from 0 for what is ordinarily similar to 1 for copies; 0 where there is
    /// no such row.
    pub likeness: Vec<f32>,
}

/// Operations of finding the neighbours of so many rows: a multiply-add counts 2.
#[must_use]
pub fn search_flops(shape: Shape) -> u64 {
    let rows = shape.rows as u64;
    2 * rows * rows * shape.features as u64
}

impl LabelGraph {
    /// Builds the graph of the rows of `features` (`[rows, width]`, row after row) with their
    /// labels. Waits for the device. Costs rows² · width multiply-adds there, and on the host some
    /// thousand operations a row.
    ///
    /// # Errors
    /// [`Error::Labels`] where labels are not one a row or one is beyond `classes`;
    /// [`Error::Selection`] for features without a column, and where the device cannot hold the
    /// features or fails.
    pub fn build(
        gpu: &Gpu,
        features: &[f32],
        width: usize,
        labels: &[u16],
        classes: usize,
    ) -> Result<Self> {
        let rows = features.len().checked_div(width).unwrap_or(0);
        check(rows, labels, classes)?;
        let lists = Self::neighbours(gpu, features, width)?;
        Self::of_neighbours(&lists, labels, classes)
    }

    /// The neighbours that the graph of these rows is built of, whatever their labels. Costs what
    /// [`LabelGraph::build`] costs on the device.
    ///
    /// # Errors
    /// [`Error::Selection`] as [`LabelGraph::build`].
    pub fn neighbours(gpu: &Gpu, features: &[f32], width: usize) -> Result<NeighbourLists> {
        let bank = gpu.upload("features", features)?;
        let shape = Shape {
            rows: features.len().checked_div(width).unwrap_or(0),
            features: width,
        };
        neighbours(gpu, Features::new(&bank), shape, &mut |_| Ok(()))
    }

    /// The graph of neighbours that [`LabelGraph::neighbours`] found, on the host alone.
    ///
    /// # Errors
    /// [`Error::Labels`] as [`LabelGraph::build`].
    pub fn of_neighbours(lists: &NeighbourLists, labels: &[u16], classes: usize) -> Result<Self> {
        let rows = lists.rows.len().checked_div(lists.neighbours).unwrap_or(0);
        check(rows, labels, classes)?;
        Ok(Self::of_lists(lists, labels, classes))
    }

    /// The same of the rows of a pool, which are read some MiB at a time, and the rows that are zero,
    /// NaN or infinite: they have no neighbours, and are nobody's.
    ///
    /// # Errors
    /// As [`LabelGraph::build`]; [`Error::Data`] for rows that cannot be read, [`Error::Stopped`].
    pub fn of_pool(
        gpu: &Gpu,
        pool: &mut Pool,
        labels: &[u16],
        classes: usize,
        progress: &mut dyn Progress,
    ) -> Result<(Self, Vec<u32>)> {
        let (rows, features) = (pool.layout().rows, pool.layout().features);
        check(rows, labels, classes)?;
        let (bank, invalid) = upload_all(gpu, pool, progress)?;
        let dtype = upload::dtype(pool.layout().element());
        let rows_on_device = Features::new(&bank).dtype(dtype);
        let shape = Shape { rows, features };
        let mut compared = 0;
        let mut done = |count| {
            compared += count;
            progress.job("rows compared", compared, rows);
            go_on(progress)
        };
        let lists = neighbours(gpu, rows_on_device, shape, &mut done)?;
        Ok((Self::of_lists(&lists, labels, classes), invalid))
    }

    /// The graph of these neighbours.
    fn of_lists(lists: &NeighbourLists, labels: &[u16], classes: usize) -> Self {
        let scale = Likeness::of(lists);
        let vote = Vote::new(labels, classes, scale.lowest);
        let mut graph = Self {
            labels: labels.to_vec(),
            classes,
            losses: Vec::with_capacity(labels.len()),
            accuracy: 0.0,
            nearest: Vec::with_capacity(labels.len() * NEAREST),
            likeness: Vec::with_capacity(labels.len() * NEAREST),
        };
        let mut right = 0usize;
        for (row, label) in labels.iter().enumerate() {
            let chances = vote.chances(lists.of(row));
            let label = usize::from(*label);
            right += usize::from(likeliest(&chances) == label);
            graph.losses.push(-chances[label].ln() as f32);
            let mut nearest = lists.of(row).take(NEAREST);
            for _ in 0..NEAREST {
                let (other, similarity) = nearest.next().unwrap_or((row as u32, -1.0));
                graph.nearest.push(other as i32);
                graph.likeness.push(scale.at(similarity));
            }
        }
        graph.accuracy = right as f64 / labels.len().max(1) as f64;
        graph
    }

    /// The losses less the mean loss of their class.
    #[must_use]
    pub fn losses_within_class(&self) -> Vec<f32> {
        let means = self.class_means();
        let labels = self.labels.iter().map(|label| usize::from(*label));
        let within = labels.zip(&self.losses);
        within
            .map(|(class, loss)| (f64::from(*loss) - means[class]) as f32)
            .collect()
    }

    /// The mean loss of each class, 0 of one without rows.
    #[must_use]
    pub fn class_losses(&self) -> Vec<f32> {
        self.class_means().iter().map(|mean| *mean as f32).collect()
    }

    fn class_means(&self) -> Vec<f64> {
        let mut sums = vec![(0.0f64, 0.0f64); self.classes];
        for (label, loss) in self.labels.iter().zip(&self.losses) {
            let (sum, rows) = &mut sums[usize::from(*label)];
            *sum += f64::from(*loss);
            *rows += 1.0;
        }
        sums.iter()
            .map(|(sum, rows)| sum / f64::max(*rows, 1.0))
            .collect()
    }
}

/// Share of the most frequent label, which answers without knowledge reach; 0 of none.
#[must_use]
pub fn chance(labels: &[u16]) -> f64 {
    let mut counts = HashMap::new();
    for label in labels {
        *counts.entry(label).or_insert(0usize) += 1;
    }
    let most = counts.into_values().max().unwrap_or(0);
    most as f64 / labels.len().max(1) as f64
}

/// The class with the largest chance, of equal ones the first.
fn likeliest(chances: &[f64]) -> usize {
    let larger = |best: usize, class: usize| match chances[class] > chances[best] {
        true => class,
        false => best,
    };
    (0..chances.len()).fold(0, larger)
}

/// Those of all rows of a bank. `done` takes the number of rows that a part stands for, and may end
/// the search.
fn neighbours(
    gpu: &Gpu,
    bank: Features<'_>,
    shape: Shape,
    done: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<NeighbourLists> {
    let options = NeighbourOptions::default()
        .neighbours(FOUND as u32)
        .centred(true);
    let search = Neighbours::prepare(&gpu.device, shape, &options)?;
    neighbour_search::search(gpu, &search, bank, shape.rows, done)
}

/// Whether there is a label a row, of a class that there is.
fn check(rows: usize, labels: &[u16], classes: usize) -> Result<()> {
    if labels.len() != rows {
        let reason = format!("{} for {rows} rows; give one a row", labels.len());
        return Err(Error::Labels { reason });
    }
    match labels.iter().find(|label| usize::from(**label) >= classes) {
        Some(label) => {
            let reason = format!("class {label} is beyond the {classes} classes");
            Err(Error::Labels { reason })
        }
        None => Ok(()),
    }
}

/// From similarity to likeness: 0 up to what nine in ten rows have of their tenth neighbour, 1 from
/// two thirds of the way on to a similarity of 1.
struct Likeness {
    lowest: f32,
    highest: f32,
}

impl Likeness {
    fn of(lists: &NeighbourLists) -> Self {
        let rows = lists.rows.len() / lists.neighbours;
        let tenth = |row: usize| Some(lists.of(row).nth(NEAREST - 1)?.1);
        let mut tenths: Vec<f32> = (0..rows).filter_map(tenth).collect();
        tenths.sort_by(f32::total_cmp);
        let last = tenths.len().saturating_sub(1);
        // Where no row has ten neighbours nothing is known to be ordinary.
        let lowest = tenths.get((last as f64 * ORDINARY) as usize);
        let lowest = lowest.copied().unwrap_or(1.0).min(1.0);
        Self {
            lowest,
            highest: lowest + (1.0 - lowest) * (2.0 / 3.0),
        }
    }

    fn at(&self, similarity: f32) -> f32 {
        if similarity <= self.lowest {
            return 0.0;
        }
        ((similarity - self.lowest) / (self.highest - self.lowest).max(1e-6)).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::adapter::{self, AdapterRequest};
    use gstds::twin;

    /// Rows around as many centres as classes, some with the label of another class.
    fn rows(count: usize, width: usize, classes: usize) -> (Vec<f32>, Vec<u16>) {
        let hash = |a: usize, b: usize| {
            let mixed = (a as u32).wrapping_mul(0x9e37_79b9) ^ (b as u32).wrapping_mul(0x85eb_ca6b);
            let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d);
            (mixed ^ (mixed >> 13)) as f32 / u32::MAX as f32
        };
        let value = |i: usize| {
            let (row, column) = (i / width, i % width);
            hash(row % classes + 7_000, column) + 0.8 * hash(row, column)
        };
        let features = (0..count * width).map(value).collect();
        let label = |row: usize| if row.is_multiple_of(9) { row + 1 } else { row };
        let labels = (0..count).map(|row| (label(row) % classes) as u16);
        (features, labels.collect())
    }

    #[test]
    fn the_graph_is_that_of_float64() {
        let gpu = adapter::open(&AdapterRequest::default()).expect("the tests need an adapter");
        let (width, classes) = (24, 4);
        let (features, labels) = rows(240, width, classes);
        let graph = LabelGraph::build(&gpu, &features, width, &labels, classes).unwrap();
        let nearest = twin::nearest_rows(&features, width, FOUND, true);
        let mut lists = NeighbourLists {
            neighbours: FOUND,
            rows: Vec::new(),
            similarities: Vec::new(),
        };
        for (row, similarity) in nearest.into_iter().flatten() {
            lists.rows.push(row);
            lists.similarities.push(similarity as f32);
        }
        let expected = LabelGraph::of_lists(&lists, &labels, classes);
        assert_eq!(graph.nearest, expected.nearest);
        let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(close(&graph.losses, &expected.losses));
        assert!(close(&graph.likeness, &expected.likeness));
        let found = LabelGraph::neighbours(&gpu, &features, width).unwrap();
        let again = LabelGraph::of_neighbours(&found, &labels, classes).unwrap();
        assert_eq!(again, graph);
        let error = LabelGraph::of_neighbours(&found, &labels[1..], classes).unwrap_err();
        assert!(error.to_string().contains("239 for 240 rows"), "{error}");
        let shape = Shape {
            rows: 240,
            features: width,
        };
        assert_eq!(search_flops(shape), 2 * 240 * 240 * 24);
        // Wrong labels are found: their losses are larger than all others.
        let of = |wrong: bool| {
            let rows = (0..240).filter(move |row| row % 9 == 0 && wrong || row % 9 != 0 && !wrong);
            rows.map(|row| graph.losses[row])
        };
        let (lowest, highest) = (of(true).fold(9.0, f32::min), of(false).fold(0.0, f32::max));
        assert!(lowest > highest, "{lowest} {highest}");
        assert!(
            (graph.accuracy - 8.0 / 9.0).abs() < 0.01,
            "{}",
            graph.accuracy
        );
        let within = graph.losses_within_class();
        let sum: f32 = within.iter().sum();
        assert!(sum.abs() < 1e-3, "{sum}");
    }

    #[test]
    fn chance_is_the_share_of_the_most_frequent_class() {
        assert_eq!(chance(&[3, 1, 3, 3, 2, 0, 1, 3]), 0.5);
        assert_eq!(chance(&[]), 0.0);
    }

    /// Where there are no votes all classes are equally likely, and one of them is taken.
    #[test]
    fn a_tie_is_right_about_one_class() {
        let lists = NeighbourLists {
            neighbours: 1,
            rows: (0..40).collect(),
            similarities: vec![f32::NAN; 40],
        };
        let labels: Vec<u16> = (0..40).map(|row| row % 4).collect();
        let graph = LabelGraph::of_lists(&lists, &labels, 4);
        assert_eq!(graph.accuracy, 0.25);
        assert_eq!(chance(&graph.labels), 0.25);
        assert_eq!(likeliest(&[0.2, 0.4, 0.4]), 1);
    }

    #[test]
    fn copies_are_alike_and_do_not_vote_on_each_other() {
        let gpu = adapter::open(&AdapterRequest::default()).expect("the tests need an adapter");
        let (width, classes) = (24, 4);
        let (mut features, mut labels) = rows(240, width, classes);
        // Rows 0 to 4 are copies of row 0 and share its wrong label.
        for copy in 1..5 {
            features.copy_within(0..width, copy * width);
            labels[copy] = labels[0];
        }
        let graph = LabelGraph::build(&gpu, &features, width, &labels, classes).unwrap();
        assert_eq!(graph.nearest[..4], [1, 2, 3, 4]);
        assert_eq!(graph.likeness[..4], [1.0; 4]);
        assert!(graph.likeness[4..10].iter().all(|likeness| *likeness < 0.5));
        assert!(graph.losses[0] > 1.5, "{}", graph.losses[0]);
    }

    #[test]
    fn rows_without_neighbours_have_the_loss_of_their_classes_frequency() {
        let lists = NeighbourLists {
            neighbours: FOUND,
            rows: vec![gstds::NO_NEIGHBOUR; 4 * FOUND],
            similarities: vec![0.0; 4 * FOUND],
        };
        let graph = LabelGraph::of_lists(&lists, &[0, 1, 1, 1], 2);
        assert_eq!(graph.nearest[..NEAREST], [0; NEAREST]);
        assert!(graph.likeness.iter().all(|likeness| *likeness == 0.0));
        assert!((graph.losses[0] - 4f32.ln()).abs() < 1e-6);
        assert_eq!(graph.accuracy, 0.75);
    }
}
