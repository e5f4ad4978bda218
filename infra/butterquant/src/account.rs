//! The account of a run for people.

use crate::out::{line, or_dash, percent, table};
use crate::report::{Summary, TrackAccount};
use store::views::Ranked;

/// Every report of results says this.
pub const SURVIVORS: &str = "The universe was chosen with knowledge of the period: it holds survivors only, so only comparisons on the same events are evidence.";

/// Prints it.
pub fn print(summary: &Summary) {
    let opened = &summary.opened;
    line(format!(
        "\n{} of {}: {} to {}, scanning from {}, in {:.1} s",
        opened.kind,
        opened.source,
        opened.first_day,
        or_dash(summary.through, |day| day.to_string()),
        opened.scan_from,
        summary.seconds
    ));
    line(format!("scored by {}: {}", summary.provider, summary.provider_reason));
    if let Some(history) = &summary.history {
        line(format!("history: {history}"));
    }
    for said in &summary.first_model {
        line(format!("first model: {said}"));
    }
    line("\nEvents");
    let topics = summary.topics.iter().map(|(topic, digest)| {
        vec![
            topic.clone(),
            digest.events.to_string(),
            digest.markers.to_string(),
            digest.sha256[..16].to_owned(),
        ]
    });
    line(table(&["topic", "events>", "day markers>", "digest"], topics));
    if let Some(day) = summary.ranked_day {
        line(format!("\nRankings of {day}, the first {}", summary.top.len()));
        line(rankings(&summary.top));
    }
    if !summary.models.is_empty() {
        line("\nModels");
        summary.models.iter().for_each(|model| line(format!("  {model}")));
    }
    let [loss, minor, good, excellent] = summary.outcomes;
    line(format!("\nOutcomes: {loss} loss, {minor} minor, {good} good, {excellent} excellent"));
    tracks(summary);
    line("\nFiles");
    summary.files.iter().for_each(|(what, place)| line(format!("  {what:<9} {place}")));
    next_steps(&summary.run);
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

fn tracks(summary: &Summary) {
    line("\nTracks (same events, separate books, the same capital)");
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
    line(table(&header, rows));
    summary.tracks.iter().for_each(notes);
    match (&summary.comparison, &summary.comparison_refused) {
        (Some(found), _) => line(format!(
            "ButterAI − ButterBaseline: {:+.4} % of capital a day, 95 % interval {:+.4} to {:+.4} %, p {:.2}; a difference of {:.4} % could have been seen",
            found.mean_daily_difference * 100.0,
            found.interval.0 * 100.0,
            found.interval.1 * 100.0,
            found.p_value,
            found.detectable_difference * 100.0
        )),
        (None, Some(why)) => line(format!("the tracks are not compared: {why}")),
        (None, None) => {}
    }
    line(SURVIVORS);
}

fn notes(one: &TrackAccount) {
    if one.over_threshold == 0 {
        let highest = or_dash(one.highest, |value| format!("{value:.3}"));
        line(format!(
            "{}: no candidate over {}; the highest seen was {highest}",
            one.track, one.threshold
        ));
    }
    for (note, days) in &one.notes {
        line(format!("{}: on {days} days {note}", one.track));
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
        line(format!(
            "{}: closed trades at volatility {}",
            one.track,
            scales.collect::<Vec<_>>().join(", ")
        ));
    }
}

fn next_steps(run: &str) {
    line("\nTry next");
    for step in [
        "rankings",
        "journal",
        "lag",
        "topics list",
        "topics consume orders -n 5",
        "model list",
        "replay --verify",
        "rebuild --all",
    ] {
        line(format!("  butterquant {step} --run {run}"));
    }
}
