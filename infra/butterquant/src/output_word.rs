//! What `-o` may name: a format of the results, or the file that a verb writes.

use crate::arg_ranges::file_to_write;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use run::config::{Choice, Output};
use std::ffi::OsStr;
use std::path::PathBuf;

/// What `-o` names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum OutputWord {
    /// A format.
    Format(Output),
    /// A file to write, in a folder that exists.
    File(PathBuf),
}

/// Parses what `-o` names: what has a dot is a file, because no format has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputWords;

impl TypedValueParser for OutputWords {
    type Value = OutputWord;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<OutputWord, Error> {
        if value.to_string_lossy().contains('.') {
            let file = StringValueParser::new().try_map(|name| file_to_write(&name));
            return file.parse_ref(command, arg, value).map(OutputWord::File);
        }
        choice::<Output>().parse_ref(command, arg, value).map(OutputWord::Format)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(known::<Output>()))
    }
}

fn known<T: Choice>() -> impl Iterator<Item = PossibleValue> {
    T::ALL.iter().map(|(_, name, help)| PossibleValue::new(*name).help(*help))
}

/// Parses the name of a choice; the help lists all of them.
pub(crate) fn choice<T: Choice>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(known::<T>())
        .try_map(|name| T::parse(&name).ok_or_else(|| format!("{name} is not one of the choices")))
}
