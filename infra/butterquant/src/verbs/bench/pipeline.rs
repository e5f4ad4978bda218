//! `bench pipeline`: the hops of the loop, on the log that is configured.

mod day;
mod hop;
mod report;
mod scale;
mod stage;
mod streams;

pub(crate) use stage::{Draw, model as made_up_model};

use super::super::Found;
use super::machine::Machine;
use crate::cli::BenchPipelineArgs;
use crate::printer;
use anyhow::{Result, ensure};
use eventlog::KafkaSettings;
use report::{Report, Settings};
use run::config::Config;
use run::config::{LogHome, Output};
use shell::instance::Policy;
use stage::Stage;
use std::collections::BTreeMap;
use telemetry::Steps;

/// Measures one part after another, each in a run of its own; finds something where a limit is
/// missed.
pub(super) fn pipeline(config: &Config, args: &BenchPipelineArgs) -> Result<Found> {
    let steps = Steps::new(config.output()? == Output::Human);
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
        let steady = report.steady.as_ref();
        report.streams = Some(streams::streams(config, script, args, &report.hop, steady)?);
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

fn settings(config: &Config, args: &BenchPipelineArgs) -> Result<Settings> {
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
