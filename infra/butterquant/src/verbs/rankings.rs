//! `rankings`: lists the candidates of a day, best score first.

use crate::arg_ranges::{MOST_LINES, at_least_one, date};
use crate::exit::Found;
use crate::printer::{line, show_view};
use anyhow::Result;
use api::answers::{NoRankings, RankingsQuery, RankingsView, ask};
use report::summary_text;
use run::config::Config;
use schemas::Day;
use store::views::RankingsFile;

/// Arguments of `rankings`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Day to list [default: the last ranked one]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub day: Option<Day>,
    /// Candidates to show
    #[arg(long, default_value_t = 20, value_parser = at_least_one(MOST_LINES))]
    pub top: usize,
}

/// Prints a day's candidates.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let mut found = ask(&config.this_run()?, &RankingsQuery { day: args.day })?;
    if let RankingsView::OfDay(rankings) = &mut found {
        rankings.rankings.truncate(args.top);
    }
    show_view(config.output()?, &found, |found| match found {
        RankingsView::OfDay(rankings) => ranked(rankings),
        RankingsView::None(none) => no_rankings(config, args, none),
    })?;
    Ok(Found::Nothing)
}

fn ranked(of: &RankingsFile) {
    line(format!("Rankings of {}, {} of {}", of.date, of.rankings.len(), of.count));
    line(summary_text::rankings(&of.rankings));
    let beside = summary_text::beside_rankings(of);
    if !beside.is_empty() {
        line(beside);
    }
}

fn no_rankings(config: &Config, args: &Args, found: &NoRankings) {
    let days = &found.ranked_days;
    match (args.day, days.first().zip(days.last())) {
        (Some(day), Some((first, last))) => line(format!(
            "nothing was ranked on {day}; there are {} ranked days from {first} to {last}",
            days.len()
        )),
        _ => line(format!(
            "nothing is ranked yet: no day's scan is complete; scan a day with `{}`, or see `{}`",
            config.command_line("scan", config.run()),
            config.command_line("lag", config.run())
        )),
    }
}
