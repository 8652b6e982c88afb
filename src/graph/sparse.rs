//! The f64 twins of the graph of nearest neighbours.

use crate::kernel::constants::ROUNDING;

/// The `neighbours` most similar valid rows of each row, ties by row number, in ascending order.
pub fn neighbours(similarity: &[f64], valid: &[bool], neighbours: usize) -> Vec<Vec<u32>> {
    let rows = valid.len();
    let of = |i: usize| {
        let line = &similarity[i * rows..(i + 1) * rows];
        let mut others: Vec<usize> = (0..rows)
            .filter(|&j| j != i && valid[i] && valid[j])
            .collect();
        // Stable, so that ties stay in the order of row numbers.
        others.sort_by(|&a, &b| line[b].total_cmp(&line[a]));
        let mut nearest: Vec<u32> = others.iter().take(neighbours).map(|j| *j as u32).collect();
        nearest.sort_unstable();
        nearest
    };
    (0..rows).map(of).collect()
}

/// Rows that share an edge with each row, in ascending order: where either chose the other.
pub fn edges(chosen: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut edges = chosen.to_vec();
    for (i, nearest) in (0u32..).zip(chosen) {
        nearest.iter().for_each(|j| edges[*j as usize].push(i));
    }
    for line in &mut edges {
        line.sort_unstable();
        line.dedup();
    }
    edges
}

/// Sums of all earlier rows' counts, and after the last row the sum of all.
pub fn offsets(edges: &[Vec<u32>]) -> Vec<u32> {
    let mut starts = vec![0];
    for line in edges {
        starts.push(starts[starts.len() - 1] + line.len() as u32);
    }
    starts
}

/// W as a full matrix in f64: max(s, 0) on edges, rounding aside, and a self-loop of weight 1 on
/// valid rows without any. Beside it the sum of each row's edges.
pub fn entries(similarity: &[f64], valid: &[bool], edges: &[Vec<u32>]) -> (Vec<f64>, Vec<f64>) {
    let rows = valid.len();
    let mut affinity = vec![0.0; rows * rows];
    let mut sums = vec![0.0; rows];
    for (i, line) in edges.iter().enumerate() {
        for j in line.iter().map(|j| *j as usize) {
            let similar = similarity[i * rows + j];
            let weight = if similar > ROUNDING { similar } else { 0.0 };
            affinity[i * rows + j] = weight;
            sums[i] += weight;
        }
        if sums[i] <= 0.0 && valid[i] {
            affinity[i * rows + i] = 1.0;
        }
    }
    (affinity, sums)
}
