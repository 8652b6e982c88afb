//! Largest values and their positions, on the device and without a sort: Burn sorts on the host.
//!
//! Every row is compared with every other, n² comparisons for n rows, in blocks of bounded size.
//! Whole numbers are counted, so that the answer does not depend on the order of the work.

use burn::tensor::{Bool, Int, Tensor, kind::Basic};

/// Comparisons of one block: 16 MiB of 32-bit words.
const BLOCK: usize = 1 << 22;

/// How many values come before each: the larger ones, and of equal ones those at lower positions.
/// None comes before or after a NaN, so that its rank is 0.
pub(super) fn ranks(values: &Tensor<1>) -> Tensor<1, Int> {
    sum(values.dims()[0], |columns| columns.ahead(values).int())
}

/// The value before which `rank` others come, as a list of one.
pub(super) fn at_rank(values: &Tensor<1>, ranks: Tensor<1, Int>, rank: usize) -> Tensor<1> {
    let others = ranks.not_equal_elem(rank as i32);
    values.clone().mask_fill(others, 0.0).sum()
}

/// The rank of each row among those of its stratum, by descending values, ties by position.
pub(super) fn ranks_within(values: &Tensor<1>, strata: &Tensor<1, Int>) -> Tensor<1, Int> {
    sum(values.dims()[0], |columns| {
        let same = all_rows(strata).equal(columns.of(strata));
        columns.ahead(values).bool_and(same).int()
    })
}

/// Marks the largest value of each stratum, ties to the lower position.
pub(super) fn largest_of_each(values: &Tensor<1>, strata: &Tensor<1, Int>) -> Tensor<1, Bool> {
    ranks_within(values, strata).equal_elem(0)
}

/// Positions (i32, ascending) of the first `keep` marked rows, of which there must be as many.
pub(super) fn positions(marked: Tensor<1, Bool>, keep: usize) -> Tensor<1, Int> {
    let rows = marked.dims()[0];
    let so_far = marked.int().cumsum(0).unsqueeze_dim::<2>(0);
    let width = (BLOCK / rows).clamp(1, keep);
    let found = (0..keep).step_by(width).map(|from| {
        let to = keep.min(from + width);
        let places = Tensor::<1, Int>::arange(from as i64..to as i64, &so_far.device());
        // Marked row number p comes behind all rows up to which at most p are marked.
        let before = so_far.clone().lower_equal(all_rows(&places));
        before.int().sum_dim(1).squeeze_dim::<1>(1)
    });
    // Positions left by a failed selection must not index beyond the batch.
    Tensor::cat(found.collect(), 0).clamp_max(rows as i32 - 1)
}

/// The rank of each row, where `order` has the row of each rank.
pub(super) fn inverse(order: &Tensor<1, Int>) -> Tensor<1, Int> {
    let rows = order.dims()[0];
    let numbers = Tensor::<1, Int>::arange(0..rows as i64, &order.device());
    sum(rows, |columns| {
        let own = all_rows(&numbers).equal(columns.of(order));
        own.int().mul(columns.of(&numbers))
    })
}

/// A list as one column, to be compared with some columns.
fn all_rows<K: Basic>(list: &Tensor<1, K>) -> Tensor<2, K> {
    list.clone().unsqueeze_dim(1)
}

/// Some of the columns of the n x n comparisons.
struct Columns {
    from: usize,
    to: usize,
}

impl Columns {
    /// Their part of a list, as one row.
    fn of<K: Basic>(&self, list: &Tensor<1, K>) -> Tensor<2, K> {
        let part = list.clone().slice_dim(0, self.from..self.to);
        part.unsqueeze_dim(0)
    }

    /// Whether the column's value comes before the row's.
    fn ahead(&self, values: &Tensor<1>) -> Tensor<2, Bool> {
        let (own, other) = (all_rows(values), self.of(values));
        let rows = values.dims()[0] as i64;
        let numbers = Tensor::<1, Int>::arange(0..rows, &values.device());
        let lower = self.of(&numbers).lower(all_rows(&numbers));
        let tied = other.clone().equal(own.clone()).bool_and(lower);
        other.greater(own).bool_or(tied)
    }
}

/// The sum of each row over all columns.
fn sum(rows: usize, part: impl Fn(&Columns) -> Tensor<2, Int>) -> Tensor<1, Int> {
    let width = (BLOCK / rows).clamp(1, rows);
    let parts = (0..rows).step_by(width).map(|from| {
        let to = rows.min(from + width);
        part(&Columns { from, to }).sum_dim(1).squeeze_dim::<1>(1)
    });
    let sum = parts.reduce(|sum, part| sum + part);
    sum.expect("a batch has rows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};
    use gstds::adapter::AdapterRequest;
    use gstds_burn::GpuDevice;

    fn values(rows: usize) -> Vec<f32> {
        // Few different ones, so that many tie.
        (0..rows).map(|i| ((i * i + 7 * i) % 23) as f32).collect()
    }

    fn floats(values: &[f32], device: &Device) -> Tensor<1> {
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
    }

    fn ints(values: &[i32], device: &Device) -> Tensor<1, Int> {
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
    }

    /// Rows by value, descending, ties by position.
    fn ranked(values: &[f32], rows: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut rows: Vec<usize> = rows.collect();
        rows.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
        rows
    }

    fn ascending(mut rows: Vec<usize>) -> Vec<i32> {
        rows.sort_unstable();
        rows.into_iter().map(|row| row as i32).collect()
    }

    fn check(rows: usize, keep: usize, device: &Device) {
        let values = values(rows);
        let on_device = floats(&values, device);
        let found = positions(ranks(&on_device).lower_elem(keep as i32), keep);
        let expected = ascending(ranked(&values, 0..rows)[..keep].to_vec());
        assert_eq!(found.try_into_vec_as::<i32>().unwrap(), expected);

        let strata: Vec<i32> = (0..rows).map(|i| ((i * 5 + 3) % keep) as i32).collect();
        let marked = largest_of_each(&on_device, &ints(&strata, device));
        let found = positions(marked, keep);
        let best = |stratum: usize| {
            let members = (0..rows).filter(|&row| strata[row] == stratum as i32);
            ranked(&values, members)[0]
        };
        let expected = ascending((0..keep).map(best).collect());
        assert_eq!(found.try_into_vec_as::<i32>().unwrap(), expected);
    }

    #[test]
    fn the_largest_of_all_and_of_each_stratum_are_found_with_ties_to_the_lower_position() {
        let gpu = GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter");
        for device in [gpu.burn, Device::flex()] {
            for (rows, keep) in [(1, 1), (7, 3), (64, 16), (257, 64)] {
                check(rows, keep, &device);
            }
        }
    }

    #[test]
    fn more_rows_than_a_block_holds_are_compared_in_several() {
        check(2100, 6, &Device::flex());
    }

    #[test]
    fn ranks_are_the_inverse_of_an_order() {
        let device = Device::flex();
        let ranks = inverse(&ints(&[2, 0, 3, 1], &device));
        assert_eq!(ranks.try_into_vec_as::<i32>().unwrap(), [1, 3, 0, 2]);
    }

    #[test]
    fn values_that_are_no_numbers_and_orders_that_are_none_stay_within_the_batch() {
        let device = Device::flex();
        let ranks = ranks(&floats(&[f32::NAN, 1.0, f32::NAN, 2.0], &device));
        let marked = ranks.lower_elem(3);
        let found = positions(marked, 3).try_into_vec_as::<i32>().unwrap();
        assert!(found.is_sorted() && found[2] < 4, "{found:?}");
        let none = Tensor::<1, Bool>::empty([4], &device).bool_and(ints(&[0; 4], &device).bool());
        let found = positions(none, 2).try_into_vec_as::<i32>().unwrap();
        assert_eq!(found, [3, 3]);
    }
}
