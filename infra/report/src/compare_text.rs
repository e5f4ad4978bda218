//! Runs side by side as text.

use crate::compare::ComparedRuns;
use crate::figure_text::figure_table;
use crate::sweep::Answer;
use schemas::events::Track;
use statistics::{Comparison, p_text};

/// The comparison as text.
pub fn text(of: &ComparedRuns) -> String {
    let mut lines = Vec::new();
    if let Some((first, last)) = of.period {
        lines.push(format!(
            "{} days from {first} to {last} are in all {} runs; every figure is of these days",
            of.days,
            of.runs.len()
        ));
    }
    for (number, run) in of.runs.iter().enumerate() {
        let lacks = match run.days_lacking {
            0 => String::new(),
            days => format!("; it lacks {days} days that another has"),
        };
        let otherwise = match (number, run.asked_otherwise.as_slice()) {
            (0, _) => "the first, with which the others are compared".to_owned(),
            (_, []) => "asked the same".to_owned(),
            (_, other) => other.join("; "),
        };
        let unfinished = if run.unfinished { " (NOT FINISHED)" } else { "" };
        lines.push(format!("  {}  {}{unfinished}: {otherwise}{lacks}", number + 1, run.run));
    }
    for (at, track) in Track::ALL.into_iter().enumerate() {
        lines.push(format!("\n{}", track.name()));
        let columns = of.runs.iter().enumerate();
        let columns =
            columns.map(|(number, run)| ((number + 1).to_string(), &run.tracks[at].figures));
        lines.push(figure_table(&columns.collect::<Vec<_>>()));
        for (number, run) in of.runs.iter().enumerate() {
            let Some(difference) = &run.tracks[at].difference else { continue };
            let said = match difference {
                Answer::Found(found) => difference_text(found),
                Answer::Refused { refused } => format!("no difference is given: {refused}"),
            };
            lines.push(format!("  {} − 1: {said}", number + 1));
        }
    }
    lines.join("\n")
}

fn difference_text(of: &Comparison) -> String {
    format!(
        "{:+.4} % of capital a day, 95 % interval {:+.4} to {:+.4} %, {} (blocks of {} days); the smallest difference that these days would show is {:.4} %",
        of.mean_daily_difference * 100.0,
        of.interval.0 * 100.0,
        of.interval.1 * 100.0,
        p_text(of.p_value),
        of.block,
        of.detectable_difference * 100.0
    )
}
