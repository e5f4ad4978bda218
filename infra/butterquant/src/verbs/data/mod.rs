//! `data`: checks training data.

mod validate;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `data`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Check whether labelled rows are fit for training; exit 1 when a check fails
    ///
    /// Checks their shape, missing and non-finite numbers, constant features, duplicates, classes,
    /// leakage (a feature that alone predicts the class too well; rows that reach into the test) and
    /// the drift of the last 20 scan days, and draws every feature by class. With --lake, every file of every
    /// topic is first compared with the lake's manifest: missing, extra, cut and changed ones are named.
    #[command(after_help = VALIDATE_EXAMPLE)]
    Validate(validate::Args),
}

const VALIDATE_EXAMPLE: &str = "\
Examples:
  butterquant data validate data/runs/live/history.parquet
  butterquant data validate --lake            # the run's own rows: features with their outcomes,
                                              # and what is on `samples`
  butterquant data validate rows.parquet --test-from 2018-06-29

A file has the columns that `history generate` writes; a folder is a lake or holds such files.
With -o json: rows, sound, open, early, scan_days, span, checks[] (name, grade, said, examples),
lake (files, through, closed, problem, faults[]: path, topic, of (day or month), wrong),
classes[], features[] (missing, moments, quantiles, alone: area under the curve with which the
feature alone predicts a class; drift: its distance and the limit), split, picture.";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Validate(args) => validate::run(config, args),
    }
}
