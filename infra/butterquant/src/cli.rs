//! The command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser};
use run::config::{Choice, Flags, LogHome, Output, Provider};
use std::path::PathBuf;

/// Event-sourced scanning, scoring and trading of option butterflies.
///
/// Begin with `butterquant demo`. Then scan real prices: `butterquant scan --source csv:DIR`,
/// where DIR holds one Yahoo-style CSV a ticker and ^VIX.csv.
#[derive(Parser, Debug)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What everything below shares.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub verb: crate::verbs::Verb,
}

/// Flags of every verb; each may also stand in the configuration file or the environment.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct Common {
    /// Folder of everything kept: logs, state, views, lake, models
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file (default: butterquant.toml in the data folder, if there)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How results are written
    #[arg(short, long, global = true, value_parser = choice::<Output>())]
    pub output: Option<Output>,
    /// Which run (see `butterquant runs`)
    #[arg(long, global = true, value_name = "ID")]
    pub run: Option<String>,
    /// Where the log lives
    #[arg(long, global = true, value_parser = choice::<LogHome>())]
    pub log: Option<LogHome>,
    /// Kafka's addresses, with --log kafka
    #[arg(long, global = true, value_name = "HOST:PORT,…")]
    pub brokers: Option<String>,
    /// What computes scores
    #[arg(long, global = true, value_parser = choice::<Provider>())]
    pub provider: Option<Provider>,
    /// Schema registry to register the schemas with: at the start of a run, or by `schemas register`
    #[arg(long, global = true, value_name = "URL")]
    pub schema_registry: Option<String>,
}

impl Common {
    /// What the command line says of the configuration.
    pub(crate) fn flags(&self) -> Flags {
        let path = |path: &PathBuf| path.display().to_string();
        let values = [
            ("data_dir", self.data_dir.as_ref().map(path)),
            ("output", self.output.map(|value| value.name().to_owned())),
            ("run", self.run.clone()),
            ("log", self.log.map(|value| value.name().to_owned())),
            ("brokers", self.brokers.clone()),
            ("provider", self.provider.map(|value| value.name().to_owned())),
            ("schema_registry", self.schema_registry.clone()),
        ];
        let given = values.into_iter().filter_map(|(key, value)| Some((key, value?)));
        Flags { file: self.config.clone(), values: given.collect() }
    }
}

/// Parses one of a choice's names, and lists them in the help.
fn choice<T: Choice>() -> impl TypedValueParser<Value = T> {
    let known = T::ALL.iter().map(|(_, name, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(known)
        .try_map(|name| T::parse(&name).ok_or_else(|| format!("{name} is not a choice")))
}
