//! `bench pipeline`: the hops of the loop, on the log that is configured.

use crate::bench::machine::Machine;
use crate::bench::pipeline::report::{Report, Settings};
use crate::bench::pipeline::stage::Stage;
use crate::bench::pipeline::{day, hop, scale, streams};
use crate::count_arg::at_least_one;
use crate::exit::Found;
use crate::printer;
use anyhow::{Result, ensure};
use eventlog::KafkaSettings;
use run::config::Config;
use run::config::LogHome;
use shell::instance::Policy;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Measuring the loop.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Events of the backlog
    #[arg(long, default_value_t = 100_000, value_parser = at_least_one(10_000_000))]
    pub events: usize,
    /// Events a second of the steady part; 0 leaves it out
    #[arg(long, default_value_t = 1_000)]
    pub rate: u32,
    /// Seconds of the steady part, after as many (30 at most) of warming up
    #[arg(long, default_value_t = 20)]
    pub seconds: u32,
    /// Days of the order part; 0 leaves it out
    #[arg(long, default_value_t = 120)]
    pub days: u32,
    /// Scorer processes of each phase of scaling out, separated by commas; 0 leaves it out
    #[arg(long, value_delimiter = ',', value_name = "N,N,...", default_values_t = [1, 2, 4])]
    pub scorers: Vec<u32>,
    /// Events a second each of these scorers is held to
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub scorer_rate: u32,
    /// Seconds a phase is measured, once its partitions have changed hands
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub scorer_seconds: u32,
    /// Measure Kafka Streams beside it by this script, tests/streams/measure of the sources (Java 17
    /// and Maven)
    #[arg(long, value_name = "FILE")]
    pub streams: Option<PathBuf>,
}

/// Measures one part after another, each in a run of its own; finds something where a limit is
/// missed.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let steps = printer::steps(config)?;
    let part = |name: &str| {
        let bar = steps.bar(name, 1);
        Stage::new(config, name).map(|stage| (stage, bar))
    };
    let home = config.log()?;
    ensure!(
        home == LogHome::Kafka || args.streams.is_none(),
        "Kafka Streams works on Kafka alone; add --log kafka --brokers HOST:PORT, or leave --streams out"
    );
    let (stage, bar) = part("hop")?;
    let hop = hop::full_speed(&stage, args.events)?;
    bar.done("");
    let mut report = Report {
        log: match home {
            LogHome::Kafka => format!("kafka at {}", config.brokers()),
            LogHome::Embedded => "embedded".to_owned(),
        },
        partitions: stage.partitions,
        provider: config.scoring()?.engine()?.provider().to_owned(),
        machine: Machine::here(),
        settings: settings(config, args)?,
        hop,
        steady: None,
        streams: None,
        day: None,
        scale: None,
        limits: Vec::new(),
    };
    drop(stage);
    if args.rate > 0 && args.seconds > 0 {
        let (stage, bar) = part("steady")?;
        report.steady = Some(hop::steady(&stage, args.rate, args.seconds)?);
        bar.done("");
    }
    if let Some(script) = &args.streams {
        let bar = steps.bar("Streams", 1);
        let asked = streams::Asked { events: args.events, rate: args.rate, seconds: args.seconds };
        let steady = report.steady.as_ref();
        report.streams = Some(streams::streams(config, script, &asked, &report.hop, steady)?);
        bar.done("");
    }
    if args.days > 0 {
        let (stage, bar) = part("day")?;
        report.day = Some(day::orderly(&stage, args.days as usize)?);
        bar.done("");
    }
    let phases: Vec<u32> = args.scorers.iter().copied().filter(|count| *count > 0).collect();
    if !phases.is_empty() {
        let (stage, bar) = part("scale")?;
        let pace = scale::Pace { rate: args.scorer_rate, seconds: args.scorer_seconds };
        report.scale = Some(scale::scale(&stage, &phases, &pace)?);
        bar.done("");
    }
    report.judge(home);
    printer::show(config.output()?, &report, Report::print)?;
    let met = report.limits.iter().all(|limit| limit.met);
    Ok(if met { Found::Nothing } else { Found::Something })
}

fn settings(config: &Config, args: &Args) -> Result<Settings> {
    let mut kafka = BTreeMap::new();
    if config.log()? == LogHome::Kafka {
        kafka = KafkaSettings::new("").own_properties();
        kafka.retain(|_, value| !value.is_empty());
        let passed = config.shown().into_iter();
        kafka.extend(passed.filter_map(|(key, origin)| {
            Some((key.strip_prefix("kafka.")?.to_owned(), origin.value))
        }));
    }
    Ok(Settings {
        max_records: Policy::default().max_records,
        save_every: Policy::default().save_every,
        backlog: args.events,
        replication: config.replication()?,
        kafka,
    })
}
