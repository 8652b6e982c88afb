//! Full training: every row, whatever the schedule.

use super::{BatchRows, Chosen, Method, MethodName};
use crate::error::Result;

pub(super) struct Full;

impl Method for Full {
    fn name(&self) -> MethodName {
        MethodName::Full
    }

    fn choose(&mut self, _batch: &BatchRows<'_>) -> Result<Chosen> {
        Ok(Chosen::all())
    }
}
