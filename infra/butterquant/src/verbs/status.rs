//! `status`: shows a run on one screen, and the ids of the other runs. Exit code 1 when something is wrong with its log
//! or with a group's offsets.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::processes;
use api::run_status::{RunStatus, run_status};
use report::tables::{or_dash, table};
use run::config::Config;
use serde::Serialize;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    status: RunStatus,
    /// The ids of the other runs in the data folder.
    other_runs: Vec<String>,
}

/// Prints the status.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let this = config.this_run()?;
    let others = config.runs()?.into_iter().map(|run| run.id).filter(|id| *id != this.id);
    let shown = Shown { status: run_status(&this)?, other_runs: others.collect() };
    printer::show(config.output()?, &shown, |shown| {
        printer::line(text(config, shown));
        printer::faults(config, &shown.status.faults);
        if let Some(why) = &shown.status.views_missing {
            printer::line(config.in_message(why, config.run()));
        }
    })?;
    let well = shown.status.faults.is_sound() && shown.status.views_missing.is_none();
    Ok(if well { Found::Nothing } else { Found::Something })
}

fn text(config: &Config, shown: &Shown) -> String {
    let of = &shown.status;
    let day = |day: schemas::Day| day.to_string();
    let or_none = |text: Option<&String>| or_dash(text, Clone::clone);
    let model = |version: Option<i64>| or_dash(version, |version| format!("v{version}"));
    let halts = of.trading.sentences();
    let pairs = [
        ("run", format!("{} ({})", of.run, or_none(of.kind.as_ref()))),
        ("market", or_none(of.source.as_ref())),
        ("process", processes::in_words(&of.processes, &of.unasked)),
        (
            "days",
            format!(
                "scans from {}; newest published {}; views contain {}",
                or_dash(of.scan_from, day),
                or_dash(of.newest_day, day),
                or_dash(of.through, day)
            ),
        ),
        (
            "source",
            or_dash(of.source_waits.as_ref(), |waits| format!("waits: {}", waits.waits_for)),
        ),
        (
            "trading",
            match (&halts[..], of.trading.what_if) {
                ([], _) => of.trading.in_short(),
                (halts, true) => halts.join("; "),
                (halts, false) => format!("{}: {}", of.trading.in_short(), halts.join("; ")),
            },
        ),
        ("models", format!("champion {}, challenger {}", model(of.champion), model(of.challenger))),
        ("waiting", counted(config, &of.waiting, "none: every unit has closed the newest day")),
        ("dead letters", counted(config, &of.dead_letters, "none open")),
        (
            "other runs",
            if shown.other_runs.is_empty() {
                "–".to_owned()
            } else {
                shown.other_runs.join(", ")
            },
        ),
    ];
    let mut lines: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name:<13} {value}")).collect();
    if !of.tracks.is_empty() {
        let rows = of.tracks.iter().map(|one| {
            vec![
                one.track.clone(),
                one.positions.to_string(),
                format!("{:.2}", one.at_risk),
                one.pending.to_string(),
            ]
        });
        lines.push(table(&["track", "positions>", "at risk $>", "orders pending>"], rows));
    }
    lines.join("\n")
}

/// The first six reasons with their counts.
fn counted<N: std::fmt::Display>(
    config: &Config,
    reasons: &std::collections::BTreeMap<String, N>,
    none: &str,
) -> String {
    const SHOWN: usize = 6;
    if reasons.is_empty() {
        return none.to_owned();
    }
    let mut parts: Vec<String> =
        reasons.iter().take(SHOWN).map(|(reason, count)| format!("{count} × {reason}")).collect();
    if reasons.len() > SHOWN {
        parts.push(format!(
            "and {} more (`{}`)",
            reasons.len() - SHOWN,
            config.command_line("lag", config.run())
        ));
    }
    parts.join("; ")
}
