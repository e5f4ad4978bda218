//! ButterAI against ButterBaseline: two tracks that decided on the same events, each with a book of its own. Figures of
//! trades come from closed trades, the difference from the daily returns by the one block bootstrap.

use crate::figure_text::figure_table;
use crate::round_trips::round_trips;
use crate::run_report::track_book::{TrackBook, track_books};
use crate::run_report::{TracksCompared, Values, compared_with_errors, values};
use crate::summary::{LONGEST_HOLDING, unfinished_until};
use crate::sweep::Answer;
use crate::tables::{or_dash, percent, table};
use crate::two_tracks::compare_tracks;
use crate::volatility_sensitivity::{COSTS, SensitivityGrid, VOLATILITIES, grid};
use anyhow::Result;
use run::run_reader::RunReader;
use schemas::Day;
use schemas::events::Track;
use serde::Serialize;
use statistics::{SharpeInference, daily_returns, sharpe_inference};

/// Both tracks of a run.
#[derive(Clone, Debug, Serialize)]
pub struct AbReport {
    /// The run.
    pub run: String,
    /// Its first and last day with a mark.
    pub period: Option<(Day, Day)>,
    /// Whether it has not reached the day that it was asked for.
    pub unfinished: bool,
    /// Both tracks.
    pub tracks: Vec<AbTrack>,
    /// ButterAI − ButterBaseline by day.
    pub comparison: Answer<TracksCompared>,
    /// Factors on volatility: the rows of each grid.
    pub volatility: [f64; 3],
    /// Factors on costs: its columns.
    pub costs: [f64; 3],
    /// Closed trades at other volatilities and costs.
    pub sensitivity: Vec<SensitivityGrid>,
}

/// A track.
#[derive(Clone, Debug, Serialize)]
pub struct AbTrack {
    /// The track.
    pub track: Track,
    /// Its figures by key.
    pub figures: Values,
    /// Its Sharpe ratio as an estimate.
    pub sharpe: Answer<SharpeInference>,
}

/// The report of `reader`'s run.
///
/// # Errors
/// The log or the views cannot be read.
pub fn ab_report(reader: &RunReader) -> Result<AbReport> {
    let books = track_books(reader)?;
    let seed = reader.opened.settings.seed as u64;
    let returns = |book: &TrackBook| daily_returns(&book.changes, book.capital);
    let (mut tracks, mut daily) = (Vec::new(), Vec::new());
    for book in &books {
        let own = returns(book)?;
        tracks.push(AbTrack {
            track: book.track,
            figures: values(book, None)?,
            sharpe: Answer::of(sharpe_inference(&own, LONGEST_HOLDING, seed)),
        });
        daily.push(own);
    }
    let compared = compare_tracks(&reader.opened.settings, [&daily[0], &daily[1]], LONGEST_HOLDING);
    let trips = round_trips(reader)?;
    let days = books.first().map(|book| &book.changes);
    let ends = days.and_then(|days| days.first().zip(days.last()));
    Ok(AbReport {
        run: reader.run.id.clone(),
        period: ends.map(|(first, last)| (first.0, last.0)),
        unfinished: unfinished_until(reader)?.is_some(),
        tracks,
        comparison: Answer::of(compared.map(|found| compared_with_errors(&found))),
        volatility: VOLATILITIES,
        costs: COSTS,
        sensitivity: Track::ALL.map(|track| grid(&trips, track)).into(),
    })
}

/// The report as text.
pub fn text(of: &AbReport) -> String {
    let mut lines = Vec::new();
    if of.unfinished {
        lines
            .push("NOT FINISHED: the run has not reached the day that it was asked for".to_owned());
    }
    let period = of.period.map_or_else(String::new, |(from, to)| format!(", {from} to {to}"));
    lines.push(format!("Run {}{period}", of.run));
    let columns: Vec<_> =
        of.tracks.iter().map(|one| (one.track.name().to_owned(), &one.figures)).collect();
    lines.push(figure_table(&columns));
    for one in &of.tracks {
        lines.push(match &one.sharpe {
            Answer::Found(found) => format!(
                "{}: the true Sharpe ratio is above 0 with probability {} ({} days are worth {:.0} independent ones)",
                one.track.name(),
                percent(found.probabilistic),
                found.days,
                found.effective_days
            ),
            Answer::Refused { refused } => format!("{}: {refused}", one.track.name()),
        });
    }
    match &of.comparison {
        Answer::Found(found) => {
            lines.push(format!("\n{}", found.text));
            lines.push(match found.days_needed {
                Some(days) if days > found.days as u64 => format!(
                    "A true difference of this size would be seen after {days} days (5 % significance, 80 % power): {} more than these",
                    days - found.days as u64
                ),
                Some(days) => format!("A true difference of this size is seen after {days} days"),
                None => "There is no difference to be seen on more days".to_owned(),
            });
            lines.extend(found.false_alarm_rate.map(|rate| {
                format!(
                    "Where holdings overlap as much as they can, {} of comparisons without a true difference have a p-value below 0.05",
                    percent(rate)
                )
            }));
        }
        Answer::Refused { refused } => lines.push(format!("\nNot compared: {refused}")),
    }
    for grid in &of.sensitivity {
        lines.push(format!(
            "\n{}: mean ROI (and profit, dollars) of closed trades by volatility and costs",
            grid.track
        ));
        lines.push(grid_table(grid));
    }
    lines.push("Volatility and spreads are assumed: a result that changes its sign within these tables is no evidence.".to_owned());
    lines.join("\n")
}

fn grid_table(grid: &SensitivityGrid) -> String {
    let header: Vec<String> = ["volatility>".to_owned()]
        .into_iter()
        .chain(COSTS.map(|times| format!("costs × {times}>")))
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = VOLATILITIES.iter().enumerate().map(|(at, scale)| {
        let cells = (0..COSTS.len()).map(|column| {
            let roi = or_dash(grid.mean_roi[at][column], percent);
            format!("{roi} ({:.0})", grid.profit[at][column])
        });
        [format!("× {scale}")].into_iter().chain(cells).collect()
    });
    table(&header, rows)
}
