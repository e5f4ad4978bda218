//! `alerts list`: what holds, what was told, and what is silenced. Exit code 1 when an alert holds that is not silenced.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::monitor::now_ms;
use report::tables::table;
use run::config::{Choice, Config};
use run::data_dir;
use serde::Serialize;
use server::alerts::{Deliveries, Silence, Silences, book_in, folder_of};
use shell::operator_word::rfc3339;
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

#[derive(Serialize)]
struct Shown {
    /// The process that wrote this last; none before there was one.
    process: Option<u32>,
    alerts: Vec<Row>,
    silences: Vec<Silence>,
    /// Deliveries of that process, by channel.
    channels: BTreeMap<String, Deliveries>,
}

#[derive(Serialize)]
struct Row {
    key: String,
    severity: &'static str,
    summary: String,
    detail: String,
    remedy: String,
    since: String,
    /// When it was told last.
    told: Option<String>,
    silenced: bool,
    /// It is gone, and will be told to have recovered if it stays so.
    gone: bool,
}

fn time(ms: i64) -> String {
    rfc3339(UNIX_EPOCH + Duration::from_millis(ms.unsigned_abs()))
}

/// Lists them.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let run = config.this_run()?;
    if !run.path.is_dir() {
        return Err(data_dir::no_run(&run));
    }
    let (folder, now) = (folder_of(&run), now_ms());
    let silences = Silences::of(&folder).now(now)?;
    let book = book_in(&folder);
    let process = book.as_ref().map(|book| book.process);
    let book = book.unwrap_or_default();
    let rows = book.ledger.0.into_values().map(|held| Row {
        silenced: silences.iter().any(|silence| silence.covers(&held.condition.key, now)),
        severity: held.condition.severity.name(),
        since: time(held.since_ms),
        told: held.told.map(|(at, _)| time(at)),
        gone: held.gone_ms.is_some(),
        key: held.condition.key,
        summary: held.condition.summary,
        detail: held.condition.detail,
        remedy: held.condition.remedy,
    });
    let alerts: Vec<Row> = rows.collect();
    let shown = Shown { process, alerts, silences, channels: book.channels };
    printer::show(config.output()?, &shown, |shown| print(config, shown))?;
    let holds = shown.alerts.iter().any(|row| !row.silenced && !row.gone);
    Ok(if holds { Found::Something } else { Found::Nothing })
}

fn print(config: &Config, shown: &Shown) {
    if shown.alerts.is_empty() {
        printer::line("no alert holds");
    } else {
        let rows = shown.alerts.iter().map(|row| {
            let told = match (&row.told, row.silenced) {
                _ if row.gone => "gone".to_owned(),
                (_, true) => "silenced".to_owned(),
                (Some(told), _) => told.clone(),
                (None, _) => "not yet".to_owned(),
            };
            vec![
                row.key.clone(),
                row.severity.to_owned(),
                row.summary.clone(),
                row.since.clone(),
                told,
            ]
        });
        printer::line(table(&["key", "severity", "what", "since", "sent"], rows));
        for row in &shown.alerts {
            let remedy = config.in_message(&row.remedy, config.run());
            printer::line(format!("{}: {}. {remedy}", row.key, row.detail));
        }
    }
    for silence in &shown.silences {
        let Silence { key, until_ms, why, by } = silence;
        let why = if why.is_empty() { "no reason given" } else { why };
        printer::line(format!("silenced until {}: {key}, by {by}: {why}", time(*until_ms)));
    }
    for (channel, counts) in &shown.channels {
        let problem = counts.problem.as_ref().map(|why| format!("; the last failed: {why}"));
        let Deliveries { delivered, lost, .. } = counts;
        printer::line(format!(
            "{channel}: {delivered} arrived, {lost} lost{}",
            problem.unwrap_or_default()
        ));
    }
    if let Some(process) = shown.process.filter(|pid| !is_alive(*pid)) {
        printer::line(format!(
            "process {process}, which looked last, has ended: this is what it saw then"
        ));
    }
    if shown.process.is_none() {
        printer::line("no process of this run has looked for alerts here yet; `up` and `run` do");
    }
}

fn is_alive(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}
