//! Which of many rows are drawn.

/// Places of at most `most` rows, ascending, of the rows whose `kept` says whether they were kept:
/// all where there are no more. Else kept rows and the others are each evenly spaced, so that no
/// rhythm of a rule is mistaken for all of it, and shown in proportion, though either has a quarter
/// of the places where it has the rows for that.
#[must_use]
pub fn thinned(kept: &[bool], most: usize) -> Vec<usize> {
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

/// So many of `places`, from the middles of even stretches.
fn spaced(places: &[usize], count: usize) -> Vec<usize> {
    let middle = |number: usize| places[(2 * number + 1) * places.len() / (2 * count)];
    (0..count).map(middle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rule_with_the_rhythm_of_the_drawing_still_shows_both_kinds() {
        let kept: Vec<bool> = (0..960).map(|place| place % 4 == 2).collect();
        let places = thinned(&kept, 240);
        assert_eq!(places.iter().filter(|&&place| kept[place]).count(), 60);
        let rare: Vec<bool> = (0..960).map(|place| place == 700 || place == 3).collect();
        let places = thinned(&rare, 100);
        assert!(places.contains(&700) && places.contains(&3));
        assert_eq!(thinned(&rare[..9], 9), Vec::from_iter(0..9));
    }

    proptest! {
        #[test]
        fn as_many_as_asked_each_once(
            kept in prop::collection::vec(any::<bool>(), 0..300),
            most in 0_usize..300,
        ) {
            let places = thinned(&kept, most);
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
