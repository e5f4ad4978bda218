//! `bench pipeline`: measures the hops of the loop on the configured log.

use crate::arg_ranges::{at_least_one, count};
use crate::bench::machine::Machine;
use crate::bench::pipeline::bench_run::BenchRun;
use crate::bench::pipeline::report::{PipelineReport, Settings};
use crate::bench::pipeline::{day, hop, scale, streams};
use crate::exit::Found;
use crate::printer;
use anyhow::{Result, ensure};
use eventlog::KafkaSettings;
use run::config::Config;
use run::config::LogHome;
use shell::instance::Policy;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `bench pipeline`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Events in the backlog
    #[arg(long, default_value_t = 100_000, value_parser = at_least_one(10_000_000))]
    pub events: usize,
    /// Events per second of the part at a fixed rate; 0 skips it
    #[arg(long, default_value_t = 1_000, value_parser = count::<u32>(0, 10_000_000))]
    pub rate: u32,
    /// Seconds of the part at a fixed rate, after an equal warm-up of at most 30
    #[arg(long, default_value_t = 20, value_parser = count::<u32>(1, 86_400))]
    pub seconds: u32,
    /// Days of the part that measures orders; 0 skips it
    #[arg(long, default_value_t = 120, value_parser = count::<u32>(0, 3_600))]
    pub days: u32,
    /// Scorer processes in each phase of the scaling part, separated by commas; 0 skips it
    #[arg(long, value_delimiter = ',', value_name = "N,N,...", default_values_t = [1, 2, 4],
        value_parser = count::<u32>(0, 64))]
    pub scorers: Vec<u32>,
    /// Most events per second of each of these scorers
    #[arg(long, default_value_t = 300, value_parser = count::<u32>(1, 10_000_000))]
    pub scorer_rate: u32,
    /// Seconds for which a phase is measured after its rebalance
    #[arg(long, default_value_t = 10, value_parser = count::<u32>(1, 86_400))]
    pub scorer_seconds: u32,
    /// Compare with Kafka Streams by this script, tests/streams/measure in the source tree (needs Java
    /// 17 and Maven)
    #[arg(long, value_name = "FILE")]
    pub streams: Option<PathBuf>,
}

/// Measures one part after another, each in a run of its own; exit 1 when a limit is missed.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let steps = printer::steps(config)?;
    let part = |name: &str| {
        let bar = steps.bar(name, 1);
        BenchRun::new(config, name).map(|bench| (bench, bar))
    };
    let home = config.log()?;
    ensure!(
        home == LogHome::Kafka || args.streams.is_none(),
        "Kafka Streams needs Kafka; add --log kafka --brokers HOST:PORT, or leave out --streams"
    );
    let (bench, bar) = part("hop")?;
    let hop = hop::full_speed(&bench, args.events)?;
    bar.done("");
    let mut report = PipelineReport {
        log: match home {
            LogHome::Kafka => format!("kafka at {}", config.brokers()),
            LogHome::Embedded => "embedded".to_owned(),
        },
        partitions: bench.partitions,
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
    drop(bench);
    if args.rate > 0 && args.seconds > 0 {
        let (bench, bar) = part("steady")?;
        report.steady = Some(hop::steady(&bench, args.rate, args.seconds)?);
        bar.done("");
    }
    if let Some(script) = &args.streams {
        let bar = steps.bar("Streams", 1);
        let workload =
            streams::Workload { events: args.events, rate: args.rate, seconds: args.seconds };
        let steady = report.steady.as_ref();
        report.streams = Some(streams::streams(config, script, &workload, &report.hop, steady)?);
        bar.done("");
    }
    if args.days > 0 {
        let (bench, bar) = part("day")?;
        report.day = Some(day::order_latency(&bench, args.days as usize)?);
        bar.done("");
    }
    let phases: Vec<u32> = args.scorers.iter().copied().filter(|count| *count > 0).collect();
    if !phases.is_empty() {
        let (bench, bar) = part("scale")?;
        let pace = scale::Pace { rate: args.scorer_rate, seconds: args.scorer_seconds };
        report.scale = Some(scale::scale(&bench, &phases, &pace)?);
        bar.done("");
    }
    report.judge(home);
    printer::show(config.output()?, &report, PipelineReport::print)?;
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
