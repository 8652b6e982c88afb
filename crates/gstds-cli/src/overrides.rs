//! Flags over a configuration, from its defaults or a file.

use std::any::Any;
use std::marker::PhantomData;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error, FromArgMatches};

/// The flags of a configuration `T`, of which only those that were given change a value.
#[derive(Clone)]
pub(crate) struct Overrides<T> {
    given: ArgMatches,
    of: PhantomData<T>,
}

impl<T: clap::Args> Overrides<T> {
    /// Applies the given flags over the values.
    pub(crate) fn apply(mut self, config: &mut T) {
        let updated = config.update_from_arg_matches_mut(&mut self.given);
        updated.unwrap_or_else(|error| error.exit());
    }

    /// The value of a flag, where it was given.
    pub(crate) fn get<V: Any + Clone + Send + Sync>(&self, id: &str) -> Option<&V> {
        self.given.get_one(id)
    }

    /// Takes a flag out, so that [`Overrides::apply`] leaves its value alone.
    pub(crate) fn take<V: Any + Clone + Send + Sync>(&mut self, id: &str) -> Option<V> {
        self.given.remove_one(id)
    }
}

impl<T: clap::Args> clap::Args for Overrides<T> {
    fn augment_args(command: Command) -> Command {
        T::augment_args_for_update(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        T::augment_args_for_update(command)
    }
}

impl<T> FromArgMatches for Overrides<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut given = matches.clone();
        // A switch that was not given is false, which would override a file's true.
        for id in matches.ids() {
            if matches.value_source(id.as_str()) != Some(ValueSource::CommandLine) {
                let _ = given.try_clear_id(id.as_str());
            }
        }
        let of = PhantomData;
        Ok(Self { given, of })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
