//! Progress of long work.

/// An observer of long work. Methods that are not implemented do nothing.
pub trait Progress {
    /// Information before the work starts, such as the memory it will take.
    fn note(&mut self, text: &str) {
        let _ = text;
    }

    /// Something unexpected that does not stop the work, such as a damaged cache.
    fn warn(&mut self, text: &str) {
        let _ = text;
    }

    /// `done` of `total` items are done; `items` names them, such as `images decoded`.
    fn job(&mut self, items: &'static str, done: usize, total: usize) {
        let _ = (items, done, total);
    }

    /// Asked between the pieces of work that can be stopped: true ends it with an error.
    fn stopped(&mut self) -> bool {
        false
    }
}

/// Reports nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
