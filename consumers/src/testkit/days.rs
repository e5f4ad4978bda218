//! Days for the machines' tests: weekdays from Monday 2015-01-05, tickers that close at 100 and
//! 101 in turn, an index at 20.

use schemas::events::{
    Alias, Bar, Bars, CorporateAction, DayClosed, FeatureVector, Features, Predictions, Scan,
    Scans, Score, ScoreRefused, Structure,
};
use schemas::{Day, Event, EventId, Topic};

/// The `n`th weekday; 0 is Monday 2015-01-05.
pub(crate) fn day(n: i32) -> Day {
    Day(16_440 + n / 5 * 7 + n % 5)
}

/// The close of every ticker on day `n`.
pub(crate) fn price(n: i32) -> f64 {
    if n % 2 == 0 { 100.0 } else { 101.0 }
}

pub(crate) fn bar(n: i32, ticker: &str, open: f64, close: f64) -> Event {
    let (high, low) = (open.max(close), open.min(close));
    let bar = Bar { bar_day: day(n), open, high, low, close, volume: 1e6 };
    Event::new(day(n), ticker, &[ticker, &day(n).to_string()], Bars::BarClosed(bar))
}

pub(crate) fn corrected(n: i32, ticker: &str, of: i32, close: f64) -> Event {
    let bar = Bar { bar_day: day(of), open: close, high: close, low: close, close, volume: 1e6 };
    let about = [ticker, &day(of).to_string()];
    Event::revised(day(n), ticker, &about, 1, Bars::BarCorrected(bar))
}

pub(crate) fn split(n: i32, ticker: &str, ratio: f64) -> Event {
    late_split(n, ticker, n, ratio)
}

/// A split of day `of` that becomes known on day `n`.
pub(crate) fn late_split(n: i32, ticker: &str, of: i32, ratio: f64) -> Event {
    let (effective_day, split_ratio) = (day(of), Some(ratio));
    let split = CorporateAction { effective_day, split_ratio, dividend: None };
    Event::new(day(n), ticker, &[ticker], Bars::CorporateAction(split))
}

/// The marker of day `n` on partition 0 of `topic`.
pub(crate) fn closed(topic: Topic, n: i32) -> Event {
    marker(topic, n, DayClosed::default())
}

/// The bars marker of day `n` with the index's close.
pub(crate) fn bars_closed(n: i32, vix: Option<f64>) -> Event {
    marker(Topic::Bars, n, DayClosed { vix, ..DayClosed::default() })
}

pub(crate) fn marker(topic: Topic, n: i32, marker: DayClosed) -> Event {
    let marker = DayClosed { previous_day: day(n - 1), ..marker };
    Event::marker(topic, day(n), marker).unwrap()
}

/// The bars of `tickers` on day `n` and its marker.
pub(crate) fn market(n: i32, tickers: &[&str]) -> Vec<Event> {
    let bars = tickers.iter().map(|ticker| bar(n, ticker, price(n), price(n)));
    bars.chain([bars_closed(n, Some(20.0))]).collect()
}

/// [`market`] of the days before `n`.
pub(crate) fn history(n: i32, tickers: &[&str]) -> Vec<Event> {
    (0..n).flat_map(|n| market(n, tickers)).collect()
}

/// A butterfly at 100 ± 10 that is evaluated on `evaluation` and expires a week later.
pub(crate) fn structure(n: i32, evaluation: Day) -> Structure {
    let (centre, wing, expiry) = (100.0, 10.0, evaluation + 7);
    let (evaluation_day, dte) = (evaluation, expiry - day(n));
    Structure { centre, wing, expiry, evaluation_day, dte, ..Structure::default() }
}

/// A candidate of day `n` with 25 days to its evaluation.
pub(crate) fn scanned(n: i32, ticker: &str, score: f64) -> Event {
    scanned_until(n, ticker, score, day(n) + 25)
}

pub(crate) fn scanned_until(n: i32, ticker: &str, score: f64, evaluation: Day) -> Event {
    let structure = structure(n, evaluation);
    let scan =
        Scan { spot: price(n), current_iv: 0.16, structure, risk: 6.5, score, ..Scan::default() };
    let about = [ticker, &day(n).to_string()];
    let event = Event::new(day(n), ticker, &about, Scans::CandidateScanned(scan));
    let id = event.id;
    event.about_candidate(id)
}

pub(crate) fn features(n: i32, ticker: &str, candidate: EventId, values: Vec<f64>) -> Event {
    let vector = FeatureVector { candidate, contract_version: 1, values, score: None };
    let about = [ticker, &day(n).to_string()];
    Event::new(day(n), ticker, &about, Features::FeaturesExtracted(vector))
        .about_candidate(candidate)
}

pub(crate) fn scored(scan: &Event, alias: Alias, expected_roi: f64) -> Event {
    let score =
        Score { candidate: scan.id, alias, model_version: 1, expected_roi, ..Score::default() };
    predicted(scan, Predictions::CandidateScored(score), alias)
}

pub(crate) fn unscored(scan: &Event, alias: Alias, reason: &str) -> Event {
    let refused = ScoreRefused { candidate: scan.id, alias, reason: reason.to_owned() };
    predicted(scan, Predictions::ScoringRefused(refused), alias)
}

fn predicted(scan: &Event, prediction: Predictions, alias: Alias) -> Event {
    let about = [scan.id.to_string(), format!("{alias:?}")];
    Event::new(scan.day, &scan.ticker, &[&about[0], &about[1]], prediction).about_candidate(scan.id)
}
