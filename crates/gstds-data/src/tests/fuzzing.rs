//! What the fuzz tests of the parsers share: damaged files, and a count of what parsing allocates.

use proptest::{collection::vec, prelude::*};

/// Cases of every parser.
pub(crate) fn config() -> ProptestConfig {
    gstds_testing::config(150)
}

/// One way to damage a file; places are shares of its length, in 1/65536.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    Set(u16, u8),
    /// Near the start, where headers are.
    SetEarly(u8, u8),
    Cut(u16),
    Repeat(u16, u16),
    Remove(u16, u16),
    Insert(u16, Vec<u8>),
}

pub(crate) fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let place = any::<u16>;
    let damage = prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(at, byte)| Damage::SetEarly(at, byte)),
        1 => place().prop_map(Damage::Cut),
        1 => (place(), place()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        1 => (place(), place()).prop_map(|(from, to)| Damage::Remove(from, to)),
        1 => (place(), vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ];
    vec(damage, 1..5)
}

/// Random bytes.
pub(crate) fn noise() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..600)
}

pub(crate) fn damaged(sound: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut file = sound.to_vec();
    for damage in damages {
        let at = |share: u16| (usize::from(share) * file.len()) >> 16;
        let span = |from, to| at(from).min(at(to))..at(from).max(at(to));
        match *damage {
            Damage::Set(share, byte) => {
                let at = at(share);
                file.get_mut(at).into_iter().for_each(|old| *old = byte);
            }
            Damage::SetEarly(at, byte) => {
                let old = file.get_mut(usize::from(at));
                old.into_iter().for_each(|old| *old = byte);
            }
            Damage::Cut(share) => file.truncate(at(share)),
            Damage::Repeat(from, to) => {
                let span = span(from, to);
                let again = file[span.clone()].to_vec();
                file.splice(span.end..span.end, again);
            }
            Damage::Remove(from, to) => {
                let span = span(from, to);
                file.drain(span);
            }
            Damage::Insert(share, ref bytes) => {
                let at = at(share);
                file.splice(at..at, bytes.iter().copied());
            }
        }
    }
    file
}

/// Calls `parse` and fails when it has had more than `most` bytes at once.
pub(crate) fn within<T>(most: usize, parse: impl FnOnce() -> T) -> T {
    let mut parsed = None;
    let used = allocation_counter::measure(|| parsed = Some(parse())).bytes_max;
    assert!(
        used <= most as u64,
        "{used} bytes allocated, {most} allowed"
    );
    parsed.expect("measure calls it")
}
