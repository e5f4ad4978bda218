//! The command line.

use crate::exit::Found;
use crate::output_word::{OutputWord, OutputWords, choice};
use crate::verbs;
use crate::version::VERSION;
use anyhow::{Result, bail};
use clap::{Args, CommandFactory, Parser};
use run::config::{Choice, Config, Flags, LogHome, Output, Provider};
use std::path::{Path, PathBuf};
use telemetry::Verbosity;

/// Event-sourced scanning, scoring and trading of option butterflies.
///
/// Start with `butterquant demo`. Then scan real prices: `butterquant scan --source csv:DIR`,
/// where DIR holds one Yahoo-style CSV file per ticker and ^VIX.csv.
#[derive(Parser, Debug)]
#[command(version = VERSION, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Options of every verb.
    #[command(flatten)]
    pub common: Common,
    /// The verb.
    #[command(subcommand)]
    pub verb: verbs::Verb,
}

impl Cli {
    /// The file that `-o` names, which only a verb that writes one takes.
    fn file(&self) -> Result<Option<&Path>> {
        let Some(OutputWord::File(file)) = &self.common.output else { return Ok(None) };
        if !self.verb.writes_a_file() {
            bail!(
                "-o {}: `butterquant report` alone writes such a file; name human or json",
                file.display()
            );
        }
        Ok(Some(file))
    }

    /// Carries out the verb.
    pub(crate) fn run(&self) -> Result<Found> {
        match Config::load(&self.common.flags()) {
            Ok(config) => verbs::run(&config, &self.verb, self.file()?, Cli::command),
            Err(problem) => match &self.verb {
                verb if verb.checks_configuration() => {
                    verbs::report_invalid(self.common.format(), &problem)
                }
                verbs::Verb::Doctor(_) => verbs::doctor_invalid(self.common.format(), &problem),
                _ => Err(problem),
            },
        }
    }
}

/// Options of every verb; most may also be set in the configuration file or the environment.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Options of every verb")]
pub(crate) struct Common {
    /// Folder of all logs, state, views, lakes and models [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file [default: butterquant.toml in the data folder, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Format of the results; `report` also takes the file to write
    #[arg(short, long, global = true, value_parser = OutputWords)]
    pub output: Option<OutputWord>,
    /// Run to work on; `butterquant runs` lists them [default: live]
    #[arg(long, global = true, value_name = "ID")]
    pub run: Option<String>,
    /// Where the log lives
    #[arg(long, global = true, value_parser = choice::<LogHome>())]
    pub log: Option<LogHome>,
    /// Addresses of Kafka's brokers, with --log kafka
    #[arg(long, global = true, value_name = "HOST:PORT,…")]
    pub brokers: Option<String>,
    /// Where models run
    #[arg(long, global = true, value_parser = choice::<Provider>())]
    pub provider: Option<Provider>,
    /// Schema registry to register schemas with, at the start of a run and by `schemas register`
    #[arg(long, global = true, value_name = "URL")]
    pub schema_registry: Option<String>,
    /// Log more to standard error: -v for events, -vv for debugging
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Log only errors, and show no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

impl Common {
    /// How much is logged.
    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Debug,
        }
    }

    /// The format that `-o` names.
    pub(crate) fn format(&self) -> Option<Output> {
        match &self.output {
            Some(OutputWord::Format(format)) => Some(*format),
            _ => None,
        }
    }

    /// The part of the configuration given on the command line.
    pub(crate) fn flags(&self) -> Flags {
        let path = |path: &PathBuf| path.display().to_string();
        let values = [
            ("data_dir", self.data_dir.as_ref().map(path)),
            ("output", self.format().map(|value| value.name().to_owned())),
            ("run", self.run.clone()),
            ("log", self.log.map(|value| value.name().to_owned())),
            ("brokers", self.brokers.clone()),
            ("provider", self.provider.map(|value| value.name().to_owned())),
            ("schema_registry", self.schema_registry.clone()),
        ];
        let given = values.into_iter().filter_map(|(key, value)| Some((key, value?)));
        Flags { file: self.config.clone(), values: given.collect(), quiet: self.quiet }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// clap finds out only when it parses that a range has another type of number than its argument.
    #[test]
    fn every_number_has_the_type_of_its_argument() {
        Cli::command().debug_assert();
        for words in [
            "demo --seed 1 --days 1 --history 0 --stocks 1",
            "up --from 2018-06-29 --until 2018-06-29 --history 1",
            "run source --from 2018-06-29 --history 1 --instances 2 --rate 1",
            "backtest --from 2018-06-29 --to 2018-06-29 --history 1 --costs 2 --seed 1 --no-training",
            "backtest verify-causality --from 2018-06-28 --to 2018-06-29 --history 1 --days 2 --poison-seed 1",
            "backtest verify-causality --from 2018-06-28 --to 2018-06-29 --poison 2018-06-28 --plant-leak",
            "scan --as-of 2018-06-29 --top 1 --out x",
            "analyze A --as-of 2018-06-29 --out x.png",
            "history generate --low 0 --normal 0 --high 1 --before 2018-06-29 --seed 1 --threads 1",
            "train --rows 1",
            "rankings --top 1",
            "journal --last 1",
            "journal --track ButterAI --type put --winners --sort roi:desc --from 2018-06-29 --export x.csv",
            "dlq list -n 1",
            "report backtest-1 -o x.html --live live --replay --period A=2016-06-20..2016-07-15",
            "topics consume bars --from earliest --until 2018-06-29 -n 1",
            "model explain 1 --repeats 1 --out x.png",
            "model bench --budget-us 0.5 --share 0.5",
            "market close 2018-06-29",
            "market confirm A 2018-06-29 split --ratio 2:1",
            "close-day bars 0 2018-06-29 --reason x",
            "bench scan --tickers 1 --days 1 --threads 1",
            "bench pipeline --events 1 --rate 1 --seconds 1 --days 1 --scorers 1,2 --scorer-rate 1 --scorer-seconds 1",
        ] {
            let parsed = Cli::try_parse_from(["butterquant"].into_iter().chain(words.split(' ')));
            assert!(parsed.is_ok(), "{words}: {}", parsed.unwrap_err());
        }
    }
}
