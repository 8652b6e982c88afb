//! Choosing which of many rows are drawn.

/// Chooses at most `most` rows to draw; `kept` says for each row whether it was kept. Returns their
/// indices, ascending.
///
/// Kept rows and others are chosen separately, each evenly spaced, so that the result does not
/// alias with a periodic selection. They are in proportion, but either gets at least a quarter of
/// the places if it has the rows.
#[must_use]
pub fn decimate(kept: &[bool], most: usize) -> Vec<usize> {
    if kept.len() <= most {
        return (0..kept.len()).collect();
    }
    let (of_kept, others): (Vec<usize>, Vec<usize>) =
        (0..kept.len()).partition(|&place| kept[place]);
    let quarter = most / 4;
    let share = (most as f64 * of_kept.len() as f64 / kept.len() as f64).round() as usize;
    let wanted = share.clamp(quarter, most - quarter);
    let shown = wanted
        .min(of_kept.len())
        .max(most.saturating_sub(others.len()));
    let mut places = spaced(&of_kept, shown);
    places.extend(spaced(&others, most - shown));
    places.sort_unstable();
    places
}

/// `count` of `places`, from the middles of equal intervals.
fn spaced(places: &[usize], count: usize) -> Vec<usize> {
    let middle = |number: usize| places[(2 * number + 1) * places.len() / (2 * count)];
    (0..count).map(middle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_periodic_selection_still_shows_both_kinds() {
        let kept: Vec<bool> = (0..960).map(|place| place % 4 == 2).collect();
        let places = decimate(&kept, 240);
        assert_eq!(places.iter().filter(|&&place| kept[place]).count(), 60);
        let rare: Vec<bool> = (0..960).map(|place| place == 700 || place == 3).collect();
        let places = decimate(&rare, 100);
        assert!(places.contains(&700) && places.contains(&3));
        assert_eq!(decimate(&rare[..9], 9), Vec::from_iter(0..9));
    }

    proptest! {
        #[test]
        fn as_many_as_asked_each_once(
            kept in prop::collection::vec(any::<bool>(), 0..300),
            most in 0_usize..300,
        ) {
            let places = decimate(&kept, most);
            prop_assert_eq!(places.len(), most.min(kept.len()));
            prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(places.iter().all(|&place| place < kept.len()));
            for kind in [true, false] {
                let of = |places: &[usize]| places.iter().filter(|&&at| kept[at] == kind).count();
                let all = kept.iter().filter(|&&one| one == kind).count();
                prop_assert!(of(&places) >= all.min(places.len() / 4));
            }
        }
    }
}
