//! `lag`: shows how far each role has read and what it waits for. Exit code 1 when something is wrong with the log or
//! with a group's offsets.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::lag::{LagReport, OffsetState, PartitionLag, lag};
use api::processes;
use report::tables;
use run::config::Config;

/// Prints the lag.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let report = lag(&config.this_run()?)?;
    printer::show(config.output()?, &report, |report| print(config, report))?;
    Ok(if report.faults.is_sound() { Found::Nothing } else { Found::Something })
}

fn print(config: &Config, report: &LagReport) {
    let at = processes::in_words(&report.processes, &report.unasked);
    let newest = tables::or_dash(report.newest_day, |day| day.to_string());
    printer::line(format!("run {}, {at}; newest published day {newest}", report.run));
    if let Some(waits) = &report.source {
        printer::line(format!("the source waits: {}", waits.waits_for));
    }
    report.trading.sentences().iter().for_each(printer::line);
    report.held_back.iter().for_each(|held| printer::line(held.to_string()));
    report.problems.iter().for_each(printer::line);
    let rows = grouped(&report.partitions);
    printer::line(tables::table(
        &["group", "topic/partition", "committed>", "end>", "lag>", "verdict"],
        rows,
    ));
    for unit in &report.units {
        let of = unit.progress.counts;
        let counts = [
            (of.late, "late"),
            (of.duplicates, "duplicate"),
            (of.conflicts, "conflicting"),
            (of.undecodable, "undecodable"),
            (of.unknown, "of an unknown kind"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if !counts.is_empty() {
            printer::line(format!("{}: {}", unit.progress.unit, counts.join(", ")));
        }
    }
    printer::faults(config, &report.faults);
    if !report.dead_letters.is_empty() {
        let open = report.dead_letters.iter().map(|(reason, count)| format!("{count} {reason}"));
        let open: Vec<String> = open.collect();
        printer::line(format!(
            "open dead letters: {}; see `{}`",
            open.join(", "),
            config.command_line("dlq list", &report.run)
        ));
    }
}

/// Adjacent partitions without lag and with the same verdict share one row, with their offsets summed.
fn grouped(lines: &[PartitionLag]) -> Vec<Vec<String>> {
    let quiet = |line: &PartitionLag| {
        line.offset.lag == 0 && line.offset.offset_state == OffsetState::InRange
    };
    let same = |a: &PartitionLag, b: &PartitionLag| {
        let of = |line: &PartitionLag| (line.offset.group, line.offset.topic);
        quiet(a) && quiet(b) && (of(a), &a.verdict) == (of(b), &b.verdict)
    };
    let row = |lines: &[PartitionLag]| {
        let (first, last) = (&lines.first()?.offset, &lines.last()?.offset);
        let to = if lines.len() > 1 { format!("–{}", last.partition) } else { String::new() };
        let committed: Option<u64> = lines.iter().map(|line| line.offset.committed).sum();
        Some(vec![
            first.group.to_owned(),
            format!("{}/{}{to}", first.topic, first.partition),
            committed.map_or_else(|| "never".to_owned(), |offset| offset.to_string()),
            lines.iter().map(|line| line.offset.end).sum::<u64>().to_string(),
            lines.iter().map(|line| line.offset.lag).sum::<u64>().to_string(),
            lines.first()?.verdict.clone(),
        ])
    };
    lines.chunk_by(same).filter_map(row).collect()
}
