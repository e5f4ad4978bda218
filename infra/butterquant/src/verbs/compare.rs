//! `compare`: runs side by side on the days that all of them have.

use crate::arg_ranges::file_to_write;
use crate::exit::Found;
use crate::printer;
use crate::read_run::read_run;
use anyhow::{Result, ensure};
use report::charts::{self, RunLine, RunLines};
use report::compare::{ComparedRuns, compare};
use report::compare_text;
use run::config::Config;
use schemas::events::Track;
use std::path::PathBuf;

/// Arguments of `compare`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Runs, the first of which the others are compared with
    #[arg(required = true, num_args = 2..=6, value_name = "RUN")]
    pub runs: Vec<String>,
    /// Draw the equity of all runs into this file (.png or .svg)
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub picture: Option<PathBuf>,
}

pub(crate) const ABOUT: &str = "\
All figures are of the days that every run has. A day that a run lacks breaks its line in the picture. The difference of
two runs is given where they count alike; where prices, costs, capital, calendar or program differ, it is left out and
the reason is printed.

Example: butterquant compare backtest-2016-02-01-2017-12-29-1f0c9d2e backtest-2016-02-01-2017-12-29-77ab01c4 --picture both.png";

/// Prints the comparison.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    for (at, run) in args.runs.iter().enumerate() {
        ensure!(!args.runs[..at].contains(run), "run {run} is named twice; leave it out once");
    }
    let steps = printer::steps(config)?;
    let found = steps.during("runs", || {
        let readers = args.runs.iter().map(|id| read_run(config, id));
        compare(&readers.collect::<Result<Vec<_>>>()?)
    })?;
    if let Some(file) = &args.picture {
        charts::draw(file, &picture(&found))?;
    }
    printer::show(config.output()?, &found, |found| {
        printer::line(compare_text::text(found));
        args.picture
            .iter()
            .for_each(|file| printer::line(format!("\npicture: {}", file.display())));
    })?;
    Ok(Found::Nothing)
}

fn picture(found: &ComparedRuns) -> RunLines {
    let days: Vec<i32> = found.all_days.iter().map(|day| day.0).collect();
    let panels = Track::ALL.into_iter().enumerate().map(|(at, track)| {
        let lines = found.runs.iter().enumerate().map(|(number, run)| RunLine {
            name: format!("{}  {}", number + 1, run.run),
            equity: run.tracks[at].equity.clone(),
        });
        (track.name(), lines.collect())
    });
    RunLines { days, panels: panels.collect() }
}
