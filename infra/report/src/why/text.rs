//! The explanation as text for a terminal of 100 columns: the headline, what is wrong, the timeline, the candidates
//! next to this one, the features.

use super::decision::TrackDecision;
use super::explanation::{Explanation, FeatureValue, Step};
use super::find::Asked;
use super::words::{compared, value, verdict};
use crate::tables::{or_dash, table, wrapped};

/// Columns of the terminal.
const WIDTH: u16 = 100;

/// The explanation, as an answer to what was `asked`.
pub fn text(of: &Explanation, asked: &Asked) -> String {
    let mut lines = vec![fold(&of.headline(asked))];
    lines.extend(of.faults.iter().map(|fault| fold(&format!("FAULT: {fault}"))));
    let steps: Vec<Vec<String>> = of.steps_of(asked.track()).map(row).collect();
    lines.push(wrapped(&["day", "age", "step", "where", "what"], steps, WIDTH));
    lines.push("age: calendar days (trading days) from the input to the decision".to_owned());
    for decision in &of.decisions {
        if asked.track().is_none_or(|track| track == decision.track) && !decision.others.is_empty()
        {
            lines.push(String::new());
            lines.push(others(of, decision));
        }
    }
    if let Some(features) = &of.features {
        lines.push(
            "\nFeatures, and the tenths of the model's training rows among which each lies"
                .to_owned(),
        );
        lines.push(features_table(&features.what.values));
    }
    lines.join("\n")
}

fn row(step: &Step) -> Vec<String> {
    let age = match (step.age_days, step.age_trading_days) {
        (Some(0), _) => "0".to_owned(),
        (Some(days), Some(trading)) => format!("{days} ({trading})"),
        _ => "–".to_owned(),
    };
    let place = or_dash(step.place, |place| place.to_string());
    vec![step.day.to_string(), age, step.name.to_owned(), place, step.text.clone()]
}

/// The candidates next to this one on a track, with itself in its place.
fn others(of: &Explanation, decision: &TrackDecision) -> String {
    let (track, limit) = (decision.track, decision.threshold.limit);
    let own = (decision.rank, &of.ticker, decision.threshold.value, &decision.verdict);
    let others = decision.others.iter();
    let mut rows: Vec<_> = others
        .map(|other| (Some(other.rank), &other.ticker, Some(other.value), &other.verdict))
        .chain(decision.rank.map(|_| own))
        .collect();
    rows.sort_by_key(|row| row.0);
    let rows = rows.into_iter().map(|(rank, ticker, own, said)| {
        let here = if rank == decision.rank { " ←" } else { "" };
        vec![
            or_dash(rank, |rank| rank.to_string()),
            format!("{ticker}{here}"),
            or_dash(own, |own| value(track, own)),
            verdict(track, said, limit),
        ]
    });
    format!(
        "{} on {}: {} candidates compared by {}, {} over {}\n{}",
        track.name(),
        of.day,
        decision.compared,
        compared(track),
        decision.over,
        value(track, limit),
        wrapped(&["rank", "ticker", compared(track), "what"], rows, WIDTH)
    )
}

/// Two features a line.
fn features_table(values: &[FeatureValue]) -> String {
    let half = values.len().div_ceil(2);
    let (left, right) = values.split_at(half);
    let rows = left.iter().enumerate().map(|(line, feature)| {
        let second = right.get(line).map_or_else(|| vec![String::new(); 3], cells);
        [cells(feature), second].concat()
    });
    let header = ["feature", "value>", "training>", "feature", "value>", "training>"];
    table(&header, rows)
}

fn cells(of: &FeatureValue) -> Vec<String> {
    let percent = |share: f64| (share * 100.0).round();
    let share = match (of.share_below, of.share_up_to) {
        (Some(below), Some(up_to)) => format!("{}–{} %", percent(below), percent(up_to)),
        _ => "–".to_owned(),
    };
    vec![of.name.to_owned(), format!("{:.4}", of.value), share]
}

/// Breaks a sentence into lines between words.
fn fold(sentence: &str) -> String {
    let (mut folded, mut column) = (String::new(), 0);
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > usize::from(WIDTH) {
            folded.push_str("\n  ");
            column = 2;
        } else if column > 0 {
            folded.push(' ');
            column += 1;
        }
        folded.push_str(word);
        column += length;
    }
    folded
}
