//! `bench pipeline`: the hops of the loop, on the log that is configured.

mod day;
mod hop;
mod scale;
mod stage;

pub use stage::{Draw, model as made_up_model};

use super::super::Found;
use super::machine::Machine;
use super::measure::Latency;
use crate::cli::{BenchPipelineArgs, LogHome, Output};
use crate::config::Config;
use crate::out;
use crate::progress::Steps;
use anyhow::Result;
use serde::Serialize;
use shell::instance::Policy;
use stage::Stage;

#[derive(Serialize)]
struct Report {
    log: String,
    partitions: u32,
    provider: String,
    machine: Machine,
    settings: Settings,
    hop: hop::Hop,
    steady: Option<hop::Steady>,
    day: Option<day::Orderly>,
    scale: Option<scale::Scale>,
}

/// What the loop paces itself with.
#[derive(Serialize)]
struct Settings {
    max_records: usize,
    save_every: u32,
    backlog: usize,
    kafka: Vec<String>,
}

/// Measures one part after another, each in a run of its own.
pub fn pipeline(config: &Config, args: &BenchPipelineArgs) -> Result<Found> {
    let steps = Steps::new(config.output()? == Output::Human);
    let part = |name: &str| {
        let bar = steps.bar(name, 1);
        Stage::new(config, name).map(|stage| (stage, bar))
    };
    let home = config.log()?;
    let (stage, bar) = part("hop")?;
    let hop = hop::full_speed(&stage, args.events)?;
    bar.done("");
    let mut report = Report {
        log: match home {
            LogHome::Kafka => format!("kafka at {}", config.brokers()),
            LogHome::Embedded => "embedded".to_owned(),
        },
        partitions: stage.partitions,
        provider: crate::engine::engine(config)?.provider().to_owned(),
        machine: Machine::here(),
        settings: Settings {
            max_records: Policy::default().max_records,
            save_every: Policy::default().save_every,
            backlog: args.events,
            kafka: config.kafka().into_keys().collect(),
        },
        hop,
        steady: None,
        day: None,
        scale: None,
    };
    drop(stage);
    if args.rate > 0 && args.seconds > 0 {
        let (stage, bar) = part("steady")?;
        report.steady = Some(hop::steady(&stage, args.rate, args.seconds)?);
        bar.done("");
    }
    if args.days > 0 {
        let (stage, bar) = part("day")?;
        report.day = Some(day::orderly(&stage, args.days as usize)?);
        bar.done("");
    }
    if !args.scorers.is_empty() {
        let (stage, bar) = part("scale")?;
        report.scale = Some(scale::scale(&stage, &args.scorers, args.scorer_rate)?);
        bar.done("");
    }
    let exact = report.scale.as_ref().is_none_or(|scale| scale.twice + scale.missing == 0);
    out::show(config.output()?, &report, print)?;
    Ok(if exact { Found::Nothing } else { Found::Something })
}

fn print(report: &Report) {
    out::line(report.machine.to_string());
    out::line(format!(
        "log: {}, {} partitions; scored by {}; at most {} records a transaction",
        report.log, report.partitions, report.provider, report.settings.max_records
    ));
    out::line("");
    out::line(out::table(&["what", "measured>", "how"], rows(report)));
}

fn rows(report: &Report) -> Vec<Vec<String>> {
    let row = |what: &str, measured: String, how: String| vec![what.to_owned(), measured, how];
    let hop = &report.hop;
    let mut rows = vec![
        row(
            "features to predictions",
            format!("{:.0} events/s", hop.events_per_second),
            format!("one scorer, {} events of a backlog", hop.events),
        ),
        row(
            "",
            format!("{:.0} events/CPU-s", hop.events_per_cpu_second),
            format!("{:.1} CPU-seconds of this process", hop.cpu_seconds),
        ),
    ];
    if let (Some(plain), Some(share)) = (hop.plain_events_per_second, hop.share_of_plain) {
        let how = format!("plain librdkafka, {plain:.0} events/s, no transactions");
        rows.push(row("of a plain copy", format!("{:.0} %", share * 100.0), how));
    }
    let mut times = |what: &str, latency: &Latency, how: String| {
        let measured = format!("{:.1} / {:.1} ms", latency.median_ms, latency.p99_ms);
        let how = format!("{how}; median / 99th percentile of {}", latency.count);
        rows.push(row(what, measured, how));
    };
    if let Some(steady) = &report.steady {
        let how = format!(
            "{} scans/s after {} s of warming up, from when each was due",
            steady.rate, steady.warm_up_seconds
        );
        times("scan to prediction", &steady.due_to_prediction, how);
        let how = "from when its publish was acknowledged".to_owned();
        times("", &steady.published_to_prediction, how);
    }
    if let Some(day) = &report.day {
        let how = format!("all roles, 100 stocks, {} orders", day.orders);
        times("last prediction to last order", &day.last_prediction_to_last_order, how);
    }
    if let Some(scale) = &report.scale {
        for phase in &scale.phases {
            rows.push(row(
                &format!("{} scorer processes", phase.scorers),
                format!("{:.0} events/s", phase.events_per_second),
                format!("{:.0} % of {} each", phase.share * 100.0, phase.rate_each),
            ));
        }
        rows.push(row(
            "exactly once",
            format!("{} of {}", scale.events - scale.missing - scale.twice, scale.events),
            format!("{} twice, {} missing", scale.twice, scale.missing),
        ));
    }
    rows
}
