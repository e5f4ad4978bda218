//! What Prometheus reads: the units of this process as text, a line a figure.

use shell::board::UnitStatus;
use shell::settle::Tally;
use std::fmt::Write;

/// The board in Prometheus' text format.
pub fn text(units: &[UnitStatus]) -> String {
    let mut text = String::new();
    family(
        &mut text,
        units,
        "butterquant_unit_closed_day",
        "gauge",
        "Last trading day closed, in days since 1970-01-01.",
        |unit| vec![(String::new(), i64::from(unit.closed.0).to_string())],
    );
    family(
        &mut text,
        units,
        "butterquant_unit_next_offset",
        "gauge",
        "The next offset the unit reads of the partition it is at.",
        |unit| {
            let (topic, partition) =
                unit.waits_for.rsplit_once('/').unwrap_or((&unit.waits_for, ""));
            vec![(
                format!(",topic=\"{}\",partition=\"{}\"", plain(topic), plain(partition)),
                unit.next_offset.to_string(),
            )]
        },
    );
    family(
        &mut text,
        units,
        "butterquant_unit_events_total",
        "counter",
        "Events met, by what they were to the unit.",
        |unit| {
            let counts = unit.counts;
            [
                ("applied", counts.applied),
                ("duplicate", counts.duplicates),
                ("conflict", counts.conflicts),
                ("late", counts.late),
                ("unknown", counts.unknown),
                ("undecodable", counts.undecodable),
            ]
            .map(|(met, count)| (format!(",met=\"{met}\""), count.to_string()))
            .into()
        },
    );
    text
}

/// Dead letters by topic, reason and what became of them.
pub fn letters(tally: &Tally) -> String {
    const NAME: &str = "butterquant_dead_letters";
    let mut text =
        format!("# HELP {NAME} Dead letters, by topic, reason and state.\n# TYPE {NAME} gauge\n");
    for ((topic, reason), count) in &tally.counts {
        for (state, count) in
            [("open", count.open), ("redriven", count.redriven), ("dropped", count.dropped)]
        {
            let labels = format!(
                "topic=\"{}\",reason=\"{}\",state=\"{state}\"",
                plain(topic),
                plain(reason)
            );
            let _ = writeln!(text, "{NAME}{{{labels}}} {count}"); // to a String: it cannot fail
        }
    }
    text
}

/// One metric with its head; `lines` gives more labels and the figure.
fn family(
    text: &mut String,
    units: &[UnitStatus],
    name: &str,
    kind: &str,
    help: &str,
    lines: impl Fn(&UnitStatus) -> Vec<(String, String)>,
) {
    let mut line = |written: std::fmt::Arguments<'_>| {
        let _ = text.write_fmt(written); // writing to a String cannot fail
        text.push('\n');
    };
    line(format_args!("# HELP {name} {help}"));
    line(format_args!("# TYPE {name} {kind}"));
    for unit in units {
        for (labels, figure) in lines(unit) {
            line(format_args!(
                "{name}{{role=\"{}\",unit=\"{}\"{labels}}} {figure}",
                plain(&unit.role),
                plain(&unit.unit)
            ));
        }
    }
}

/// A label's value; what would end it is escaped.
fn plain(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
