//! What long work reports while it goes on.

/// An observer of long work. Every method may be left out.
pub trait Progress {
    /// Something good to know before the work starts: the memory it will take.
    fn note(&mut self, text: &str) {
        let _ = text;
    }

    /// Something that may not be what was meant: a damaged cache, images that were left out.
    fn warn(&mut self, text: &str) {
        let _ = text;
    }

    /// `done` of `total` items of a job; `items` names them, such as `images decoded`.
    fn job(&mut self, items: &'static str, done: usize, total: usize) {
        let _ = (items, done, total);
    }
}

/// Reports nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
