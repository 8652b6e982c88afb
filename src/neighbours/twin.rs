//! The same search in f64.

/// A row's neighbours with their similarities, most similar first.
pub type NeighbourList = Vec<(u32, f64)>;

/// The `neighbours` most similar rows of each of the rows of `columns` features, of which those that
/// are zero or not finite are left out; with `centred` after the mean of the others is taken off.
/// Costs n²·d.
#[must_use]
pub fn nearest_rows(
    features: &[f32],
    columns: usize,
    neighbours: usize,
    centred: bool,
) -> Vec<NeighbourList> {
    let rows: Vec<Option<Vec<f64>>> = features.chunks(columns).map(usable).collect();
    let mean = mean(&rows, columns);
    let unit: Vec<Option<Vec<f64>>> = rows
        .into_iter()
        .map(|row| {
            let mut row = row?;
            if centred {
                row.iter_mut().zip(&mean).for_each(|(x, m)| *x -= m);
            }
            let norm = dot(&row, &row).sqrt();
            row.iter_mut().for_each(|x| *x /= norm);
            (norm > 0.0).then_some(row)
        })
        .collect();
    let of = |row: usize| {
        let Some(own) = &unit[row] else {
            return NeighbourList::new();
        };
        let others = unit.iter().enumerate().filter(|(other, _)| *other != row);
        let similar = |(other, unit): (usize, &Option<Vec<f64>>)| {
            Some((other as u32, dot(own, unit.as_ref()?)))
        };
        let mut list: NeighbourList = others.filter_map(similar).collect();
        list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        list.truncate(neighbours);
        list
    };
    (0..unit.len()).map(of).collect()
}

fn usable(row: &[f32]) -> Option<Vec<f64>> {
    let finite = row.iter().all(|x| x.is_finite());
    let present = row.iter().any(|x| *x != 0.0);
    (finite && present).then(|| row.iter().map(|x| f64::from(*x)).collect())
}

fn mean(rows: &[Option<Vec<f64>>], columns: usize) -> Vec<f64> {
    let count = rows.iter().flatten().count() as f64;
    let sum = |column: usize| rows.iter().flatten().map(|row| row[column]).sum::<f64>();
    (0..columns).map(|column| sum(column) / count).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
