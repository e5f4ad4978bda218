//! The summary of a run as text.

use crate::relative_changes::Deposit;
use crate::summary::{Summary, TrackSummary};
use crate::tables::{or_dash, percent, table};
use schemas::Money;
use shell::open::WHAT_IF;
use statistics::{Comparison, p_text};
use store::views::{CorrectedBars, Ranked, RankingsFile};

/// The caveat in every report of results.
pub const SURVIVORS: &str = "The universe was chosen with knowledge of the period: it holds survivors only, so only comparisons on the same events are evidence.";

/// The summary as text. `again` completes a verb to a command line for the same run.
pub fn text(summary: &Summary, again: &dyn Fn(&str) -> String) -> String {
    let mut lines = opening(summary);
    lines.push("\nEvents".to_owned());
    let topics = summary.topics.iter().map(|(topic, digest)| {
        vec![
            topic.clone(),
            digest.events.to_string(),
            digest.markers.to_string(),
            digest.sha256[..16].to_owned(),
        ]
    });
    lines.push(table(&["topic", "events>", "day markers>", "digest"], topics));
    if let Some(day) = summary.ranked_day {
        lines.push(format!("\nRankings of {day}, the first {}", summary.top.len()));
        lines.push(rankings(&summary.top));
    }
    if !summary.models.is_empty() {
        lines.push("\nModels".to_owned());
        lines.extend(summary.models.iter().map(|model| format!("  {model}")));
    }
    if !summary.refused_scans.is_empty() {
        let codes = summary.refused_scans.iter().map(|(code, count)| format!("{count} {code}"));
        lines.push(format!("\nRefused scans: {}", codes.collect::<Vec<_>>().join(", ")));
    }
    let [loss, minor, good, excellent] = summary.outcomes;
    lines.push(format!(
        "\nOutcomes: {loss} loss, {minor} minor, {good} good, {excellent} excellent"
    ));
    tracks(summary, &mut lines);
    lines.push("\nFiles".to_owned());
    lines.extend(summary.files.iter().map(|(what, place)| format!("  {what:<9} {place}")));
    lines.push("\nTry next".to_owned());
    lines.extend(NEXT.iter().map(|verb| format!("  {}", again(verb))));
    lines.join("\n")
}

/// Verbs that show more of a run.
const NEXT: [&str; 10] = [
    "report",
    "ab report",
    "rankings",
    "journal",
    "lag",
    "topics list",
    "topics consume orders -n 5",
    "model list",
    "replay --verify",
    "rebuild --all",
];

fn opening(summary: &Summary) -> Vec<String> {
    let opened = &summary.opened;
    let mut first = format!(
        "\n{} of {}: {} to {}, scanning from {}",
        opened.kind,
        opened.source,
        opened.first_day,
        or_dash(summary.through, |day| day.to_string()),
        opened.scan_from,
    );
    if let Some(execution) = &summary.execution {
        first.push_str(&format!(", in {:.1} s", execution.seconds));
    }
    warnings(summary).iter().for_each(|said| first.push_str(&format!("\n{said}")));
    let Some(execution) = &summary.execution else { return vec![first] };
    let scored_by = format!("scored by {}: {}", execution.provider, execution.provider_reason);
    let mut lines = vec![first, scored_by];
    lines.extend(execution.history.iter().map(|history| format!("history: {history}")));
    lines.extend(execution.first_model.iter().map(|verdict| format!("first model: {verdict}")));
    lines
}

/// What a reader must know before any figure: the run is not whole, or not all of its log is there.
pub fn warnings(summary: &Summary) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(last) = summary.unfinished_until {
        said.push(format!(
            "NOT FINISHED: it was asked for the days up to {last}; the command that began it goes on with it"
        ));
    }
    if summary.unfinished_until.is_none() && summary.through < Some(summary.published) {
        said.push(format!(
            "BEHIND: days are published up to {}, and this is the run as of {}; topics hold events of later days",
            summary.published,
            or_dash(summary.through, |day| day.to_string())
        ));
    }
    if let [gone, more @ ..] = &summary.gone[..] {
        let mut first = format!(
            "RECORDS ARE GONE from its log, so digests and counts are of what is left: {gone}"
        );
        if !more.is_empty() {
            first.push_str(&format!("; {} more, which `topics list` shows", more.len()));
        }
        said.push(first);
    }
    said
}

/// The columns of a table of ranked candidates.
const RANKED: [&str; 12] = [
    "#>",
    "ticker",
    "score>",
    "strategy",
    "advice",
    "confidence>",
    "success>",
    "exp. ROI>",
    "strikes",
    "expiry",
    "debit>",
    "max gain>",
];

/// Ranked candidates as a table.
pub fn rankings(ranked: &[Ranked]) -> String {
    let rows = ranked.iter().map(|one| {
        vec![
            one.rank.to_string(),
            one.ticker.clone(),
            format!("{:.1}", one.score),
            one.strategy.name().to_owned(),
            format!("{:?}", one.recommendation).to_lowercase(),
            or_dash(one.confidence, percent),
            percent(one.success_probability),
            or_dash(one.expected_roi, percent),
            format!("{}/{}/{}", one.lower, one.centre, one.upper),
            one.expiry.to_string(),
            format!("{:.2}", one.debit),
            format!("{:.2}", one.max_profit),
        ]
    });
    table(&RANKED, rows)
}

/// What is not among the ranked candidates of a day, and what has changed of their bars since; empty if nothing is.
pub fn beside_rankings(of: &RankingsFile) -> String {
    let mut lines = Vec::new();
    if !of.refused.is_empty() {
        let rows = of
            .refused
            .iter()
            .map(|one| vec![one.ticker.clone(), one.code.clone(), one.reason.clone()]);
        lines.push(table(&["refused", "code", "reason"], rows));
    }
    if !of.corrected_since.is_empty() {
        lines.push(format!(
            "The scans of {} were made from bars that have since been corrected:",
            of.date
        ));
        lines.extend(of.corrected_since.iter().map(corrected));
    }
    lines.join("\n")
}

fn corrected(of: &CorrectedBars) -> String {
    let days = match of.first {
        None => format!("all bars up to {}", of.last),
        Some(first) if first == of.last => format!("the bar of {first}"),
        Some(first) => format!("bars from {first} to {}", of.last),
    };
    format!("  {}: {days}, on {}", of.ticker, of.corrected_on)
}

fn paid(of: &Deposit) -> String {
    let (amount, what) = match of.amount < Money::ZERO {
        true => (Money::ZERO - of.amount, "taken out"),
        false => (of.amount, "paid in"),
    };
    format!("; {amount} {what} on {}, which is no return", of.day)
}

fn tracks(summary: &Summary, lines: &mut Vec<String>) {
    lines.push(format!(
        "\nTracks (same events, separate books, the same capital: {} dollars each{})",
        summary.opened.settings.capital,
        summary.deposits.iter().map(paid).collect::<String>()
    ));
    let ratio = |value: Option<f64>| or_dash(value, |value| format!("{value:.2}"));
    let rows = summary.tracks.iter().map(|one| {
        let figures = &one.performance;
        vec![
            one.track.to_owned(),
            figures.profit.to_string(),
            percent(figures.total_return),
            ratio(figures.sharpe),
            ratio(figures.sortino),
            percent(figures.max_drawdown),
            format!("{}/{}", one.winners, one.closed_trades),
            one.open_positions.to_string(),
        ]
    });
    let header = [
        "track",
        "profit $>",
        "return>",
        "Sharpe>",
        "Sortino>",
        "drawdown>",
        "won/closed>",
        "open>",
    ];
    lines.push(table(&header, rows));
    if summary.opened.kind == WHAT_IF {
        lines.push("This is a what-if run: it was halted when it was opened, cannot trade, and trains no model.".to_owned());
    }
    summary.tracks.iter().for_each(|one| notes(one, lines));
    match (&summary.comparison, &summary.comparison_refused) {
        (Some(found), _) => lines.push(compared(found)),
        (None, Some(why)) => lines.push(format!("the tracks are not compared: {why}")),
        (None, None) => {}
    }
    lines.push(SURVIVORS.to_owned());
}

/// A refusal's code and what it means.
fn in_words(code: &str) -> String {
    let words = match code {
        "HALTED" => "while trading was halted",
        "UNSETTLED" => "while an order was unknown at the broker",
        "COMPANY_HELD" => "of companies held already",
        "DAILY_LIMIT" => "over the day's limit",
        "POSITION_LIMIT" => "over the limit of positions",
        "TOO_LARGE" => "whose single contract risks too much",
        "NO_CASH" => "that the track's cash did not pay for",
        _ => return code.to_owned(),
    };
    format!("{words} ({code})")
}

/// A difference with a p-value from here on may be chance.
const SIGNIFICANT: f64 = 0.05;

/// The comparison of the tracks: which one is better, by how much, and how surely.
pub(crate) fn compared(found: &Comparison) -> String {
    let difference = found.mean_daily_difference * 100.0;
    let which = match difference {
        _ if found.p_value >= SIGNIFICANT => {
            "These days do not tell ButterAI and ButterBaseline apart".to_owned()
        }
        0.0 => "ButterAI and ButterBaseline are equal".to_owned(),
        more if more > 0.0 => {
            format!("ButterAI is better than ButterBaseline by {more:.4} % of capital a day")
        }
        less => {
            format!("ButterAI is worse than ButterBaseline by {:.4} % of capital a day", less.abs())
        }
    };
    format!(
        "{which}: ButterAI − ButterBaseline {difference:+.4} %, 95 % interval {:+.4} to {:+.4} %, {} (two-sided, {} resamples); the smallest difference that these days would show is {:.4} % (at 5 % significance and 80 % power)",
        found.interval.0 * 100.0,
        found.interval.1 * 100.0,
        p_text(found.p_value),
        found.draws,
        found.detectable_difference * 100.0
    )
}

fn notes(one: &TrackSummary, lines: &mut Vec<String>) {
    match one.highest {
        _ if one.over_threshold > 0 => {}
        // The track was left out, which a note says.
        Some(highest) if highest > one.threshold => {}
        Some(highest) => lines.push(format!(
            "{}: no candidate over {}; the highest seen was {highest:.3}",
            one.track, one.threshold
        )),
        None => lines
            .push(format!("{}: it had no candidate to compare with {}", one.track, one.threshold)),
    }
    if !one.not_traded.is_empty() {
        let codes =
            one.not_traded.iter().map(|(code, count)| format!("{count} {}", in_words(code)));
        lines.push(format!(
            "{}: candidates over the threshold that were not traded: {}",
            one.track,
            codes.collect::<Vec<_>>().join(", ")
        ));
    }
    for (note, days) in &one.notes {
        lines.push(format!("{}: on {days} days {note}", one.track));
    }
    if one.closed_trades > 0 {
        let scales = one.at_volatility.iter().map(|at| {
            format!(
                "× {} → {:.2} $ (mean ROI {})",
                at.scale,
                at.profit,
                or_dash(at.mean_roi, percent)
            )
        });
        lines.push(format!(
            "{}: closed trades at volatility {}",
            one.track,
            scales.collect::<Vec<_>>().join(", ")
        ));
    }
}
