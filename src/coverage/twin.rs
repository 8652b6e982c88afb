//! The same choices in f64.

use crate::{
    graph::laplacian::Operator,
    hash::seeded_hash,
    params::fold_seed,
    twin::{lanczos, normalize, ritz_pairs, similarity},
};

/// Unit rows and which of them are valid, with the cosine similarity of every pair.
fn similarities(features: &[f32], columns: usize) -> (Vec<f64>, Vec<bool>) {
    let (unit, valid) = normalize(features, columns);
    (similarity(&unit, columns), valid)
}

/// What each row would add to Σ_j max_i max(0, s_ij) over the rows `chosen`; 0 for those, and for
/// rows that are not valid. Costs n²·d.
#[must_use]
pub fn gains(features: &[f32], columns: usize, chosen: &[u32]) -> Vec<f64> {
    let (similarity, valid) = similarities(features, columns);
    gains_of(&similarity, &valid, &covered(&similarity, &valid, chosen))
}

/// How well each row is covered by those chosen.
fn covered(similarity: &[f64], valid: &[bool], chosen: &[u32]) -> Vec<f64> {
    let rows = valid.len();
    let by = |j: usize| {
        let valid_ones = chosen.iter().filter(|&&i| valid[i as usize]);
        valid_ones.fold(0.0f64, |best, &i| {
            best.max(similarity[i as usize * rows + j])
        })
    };
    (0..rows).map(by).collect()
}

fn gains_of(similarity: &[f64], valid: &[bool], covered: &[f64]) -> Vec<f64> {
    let rows = valid.len();
    let gain = |i: usize| {
        let line = &similarity[i * rows..(i + 1) * rows];
        let others = line.iter().zip(covered).zip(valid);
        let added = others.map(|((s, c), valid)| if *valid { (s - c).max(0.0) } else { 0.0 });
        added.sum::<f64>()
    };
    (0..rows)
        .map(|i| if valid[i] { gain(i) } else { 0.0 })
        .collect()
}

/// Greedy facility location: the rows in the order of choice, and the objective with those given
/// beforehand. Invalid rows come last. Costs n²·d + k·n².
#[must_use]
pub fn facility_location(
    features: &[f32],
    columns: usize,
    count: usize,
    already: &[u32],
) -> (Vec<u32>, f64) {
    let (similarity, valid) = similarities(features, columns);
    let mut chosen = already.to_vec();
    while chosen.len() < already.len() + count {
        let gains = gains_of(&similarity, &valid, &covered(&similarity, &valid, &chosen));
        chosen.push(largest(&gains, &valid, &chosen));
    }
    let objective = covered(&similarity, &valid, &chosen);
    let objective = objective.iter().zip(&valid).filter(|(_, valid)| **valid);
    let objective = objective.map(|(covered, _)| covered).sum();
    (chosen.split_off(already.len()), objective)
}

/// The row of the largest value that is not chosen, valid ones first, ties to the lower row.
fn largest(values: &[f64], valid: &[bool], chosen: &[u32]) -> u32 {
    let free = (0..values.len()).filter(|row| !chosen.contains(&(*row as u32)));
    let better = |best: usize, row: usize| {
        let ahead = (valid[row], values[row]) > (valid[best], values[best]);
        if ahead { row } else { best }
    };
    free.reduce(better).expect("a row that is not chosen") as u32
}

/// Farthest first from the first valid row on, or from those given: the rows in the order of choice,
/// and the largest cosine distance of a valid row that is left. Costs n²·d.
#[must_use]
pub fn k_center(
    features: &[f32],
    columns: usize,
    count: usize,
    already: &[u32],
) -> (Vec<u32>, f64) {
    let (similarity, valid) = similarities(features, columns);
    let rows = valid.len();
    let distances = |chosen: &[u32]| -> Vec<f64> {
        let to = |j: usize| {
            let valid_ones = chosen.iter().filter(|&&i| valid[i as usize]);
            valid_ones.fold(2.0f64, |d, &i| {
                d.min(1.0 - similarity[i as usize * rows + j])
            })
        };
        (0..rows)
            .map(|j| if valid[j] { to(j) } else { 0.0 })
            .collect()
    };
    let mut chosen = already.to_vec();
    while chosen.len() < already.len() + count {
        chosen.push(largest(&distances(&chosen), &valid, &chosen));
    }
    let radius = distances(&chosen).into_iter().fold(0.0, f64::max);
    (chosen.split_off(already.len()), radius)
}

/// The spectral embedding of a graph by its eigenvectors 2 to `vectors` + 1: rows of unit length, or
/// zero.
#[must_use]
pub fn spectral_embedding(operator: &Operator, vectors: usize) -> Vec<f64> {
    let rows = operator.root.len();
    let valid = operator.root.iter().filter(|root| **root > 0.0).count();
    let relation = lanczos(operator, valid - 1, 0.0);
    let pairs = ritz_pairs(&relation, vectors);
    let mut embedding = vec![0.0; rows * vectors];
    for (column, (_, vector)) in pairs.iter().enumerate() {
        for row in 0..rows {
            embedding[row * vectors + column] = vector[row] * operator.root[row];
        }
    }
    for row in embedding.chunks_mut(vectors) {
        let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm > 0.0 {
            row.iter_mut().for_each(|x| *x /= norm);
        }
    }
    embedding
}

/// Clusters of the rows of an embedding.
#[derive(Clone, Debug)]
pub struct KMeans {
    /// Centres of `columns` entries, one after another.
    pub centres: Vec<f64>,
    /// The cluster of each row; the number of clusters for rows that are not valid.
    pub assigned: Vec<u32>,
    /// Sum of the squared distances of rows to their centres.
    pub inertia: f64,
}

/// k-means from centres drawn by k-means++ with the kernels' hash, for `iterations` at most.
#[must_use]
pub fn k_means(
    embedding: &[f64],
    columns: usize,
    valid: &[bool],
    clusters: usize,
    seed: u64,
    iterations: usize,
) -> KMeans {
    let rows: Vec<&[f64]> = embedding.chunks(columns).collect();
    let mut centres = draw(&rows, valid, clusters, seed);
    let mut assigned = vec![0; rows.len()];
    for _ in 0..iterations {
        let before = assigned.clone();
        assigned = assign(&rows, valid, &centres, columns);
        for cluster in 0..clusters {
            let members = (0..rows.len()).filter(|&row| assigned[row] == cluster as u32);
            let members: Vec<usize> = members.collect();
            if members.is_empty() {
                continue;
            }
            for column in 0..columns {
                let sum: f64 = members.iter().map(|&row| rows[row][column]).sum();
                centres[cluster * columns + column] = sum / members.len() as f64;
            }
        }
        if assigned == before {
            break;
        }
    }
    assigned = assign(&rows, valid, &centres, columns);
    let distances = distances(&rows, &assigned, &centres, columns);
    KMeans {
        centres,
        assigned,
        inertia: distances.iter().sum(),
    }
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

fn draw(rows: &[&[f64]], valid: &[bool], clusters: usize, seed: u64) -> Vec<f64> {
    let mut centres: Vec<f64> = Vec::new();
    let mut nearest = vec![1.0; rows.len()];
    for drawn in 0..clusters {
        let hash_seed = fold_seed(seed).wrapping_add(drawn as u32);
        let key = |row: usize| {
            let number = (seeded_hash(row as u32, hash_seed.into()) >> 8) + 1;
            nearest[row] / f64::from(number)
        };
        let candidates = (0..rows.len()).filter(|row| valid[*row]);
        let better = |best: usize, row: usize| if key(row) > key(best) { row } else { best };
        let Some(chosen) = candidates.reduce(better) else {
            break;
        };
        centres.extend(rows[chosen]);
        for (row, nearest) in nearest.iter_mut().enumerate() {
            let own = squared(rows[row], rows[chosen]);
            *nearest = if drawn == 0 { own } else { nearest.min(own) };
        }
    }
    let width = rows.first().map_or(0, |row| row.len());
    centres.resize(clusters * width, 0.0);
    centres
}

fn assign(rows: &[&[f64]], valid: &[bool], centres: &[f64], columns: usize) -> Vec<u32> {
    let of = |(row, valid): (&&[f64], &bool)| {
        let all = centres.chunks(columns).map(|centre| squared(row, centre));
        let nearest = all.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        match valid {
            true => nearest.map_or(0, |(cluster, _)| cluster as u32),
            false => (centres.len() / columns) as u32,
        }
    };
    rows.iter().zip(valid).map(of).collect()
}

fn distances(rows: &[&[f64]], assigned: &[u32], centres: &[f64], columns: usize) -> Vec<f64> {
    let centre = |cluster: u32| centres.chunks(columns).nth(cluster as usize);
    let own = |(row, cluster): (&&[f64], &u32)| centre(*cluster).map_or(0.0, |c| squared(row, c));
    rows.iter().zip(assigned).map(own).collect()
}

/// All rows in the order of choice: of each cluster without a row given beforehand the row nearest
/// its centre, larger clusters first; then the other rows, the farthest from their centres first;
/// then invalid ones, and those given.
#[must_use]
pub fn medoids(embedding: &[f64], columns: usize, found: &KMeans, already: &[u32]) -> Vec<u32> {
    let rows: Vec<&[f64]> = embedding.chunks(columns).collect();
    let clusters = (found.centres.len() / columns) as u32;
    let distances = distances(&rows, &found.assigned, &found.centres, columns);
    // Greater first: class, then size or distance.
    let mut keys: Vec<(u8, f64)> = (0..rows.len())
        .map(|row| match found.assigned[row] {
            _ if already.contains(&(row as u32)) => (0, 0.0),
            cluster if cluster == clusters => (1, 0.0),
            _ => (2, distances[row]),
        })
        .collect();
    for cluster in 0..clusters {
        let members = (0..rows.len()).filter(|&row| found.assigned[row] == cluster);
        let members: Vec<usize> = members.collect();
        let taken = members.iter().any(|row| already.contains(&(*row as u32)));
        let nearest = members
            .iter()
            .min_by(|a, b| distances[**a].total_cmp(&distances[**b]));
        if let Some(&nearest) = nearest.filter(|_| !taken) {
            keys[nearest] = (3, members.len() as f64);
        }
    }
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    let by_key = |a: &u32, b: &u32| {
        let (a, b) = (keys[*a as usize], keys[*b as usize]);
        b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
    };
    order.sort_by(by_key);
    order
}
