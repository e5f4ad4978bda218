//! The events of a day on one line, for people who watch a run.

use schemas::events::{Bars, Fills, Models, Orders, Predictions, Scans, Track, TrainingDeferred};
use schemas::{Body, Day, Event, Money};
use std::collections::BTreeMap;
use std::fmt;

/// The events of a day, counted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DayFigures {
    /// The day; `None` before any event.
    pub day: Option<Day>,
    /// Bars published.
    pub bars: usize,
    /// Tickers without a bar, each with its reason.
    pub missing: Vec<String>,
    /// Candidates scanned.
    pub scanned: usize,
    /// Tickers refused by the scanner.
    pub refused: usize,
    /// Candidates that a model scored.
    pub scored: usize,
    /// Orders intended, by track.
    pub orders: BTreeMap<Track, usize>,
    /// Orders executed.
    pub fills: usize,
    /// Equity at the day's close, by track.
    pub equity: BTreeMap<Track, Money>,
    /// Verdicts on models.
    pub models: Vec<String>,
}

impl DayFigures {
    /// Counts the events of `day`.
    pub fn of(day: Day, events: &[Event]) -> DayFigures {
        let mut figures = DayFigures { day: Some(day), ..DayFigures::default() };
        events.iter().for_each(|event| figures.count(event));
        figures
    }

    fn count(&mut self, event: &Event) {
        match &event.body {
            Body::Bars(Bars::BarClosed(_)) => self.bars += 1,
            Body::Bars(Bars::TickerMissing(why)) => {
                self.missing.push(format!("{}: {}", event.ticker, why.reason));
            }
            Body::Scans(Scans::CandidateScanned(_)) => self.scanned += 1,
            Body::Scans(Scans::CandidateRefused(_)) => self.refused += 1,
            Body::Predictions(Predictions::CandidateScored(_)) => self.scored += 1,
            Body::Orders(Orders::OrderIntended(order)) => {
                *self.orders.entry(order.track).or_default() += 1;
            }
            Body::Orders(Orders::TrackMarked(mark)) => {
                self.equity.insert(mark.track, mark.equity);
            }
            Body::Fills(Fills::OrderExecuted(_)) => self.fills += 1,
            Body::Models(Models::ModelRefused(refused)) => {
                let reasons = refused.reasons.join("; ");
                self.models.push(format!("model {} refused: {reasons}", refused.version));
            }
            Body::Models(Models::TrainingDeferred(deferred)) => {
                let TrainingDeferred { rule, reason, until, .. } = deferred;
                let until = until.map(|day| format!(", by {day}")).unwrap_or_default();
                self.models.push(format!("no training yet for rule {rule}: {reason}{until}"));
            }
            Body::Models(Models::ModelPromoted(promoted)) => {
                let alias = format!("{:?}", promoted.alias).to_lowercase();
                self.models.push(format!("model {} is {alias} now", promoted.version));
            }
            _ => {}
        }
    }
}

/// One line, then one for each verdict and one for the missing tickers.
impl fmt::Display for DayFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        let day = self.day.map(|day| day.to_string()).unwrap_or_default();
        let by_track = |track: Track| {
            let orders = self.orders.get(&track).copied().unwrap_or_default();
            let equity = self.equity.get(&track).map_or("–".to_owned(), Money::to_string);
            format!("{} {}, equity {equity}", track.name(), counted(orders, "order"))
        };
        write!(
            f,
            "{day}: {}, {} scanned, {} refused, {} scored, {}; {}; {}",
            counted(self.bars, "bar"),
            self.scanned,
            self.refused,
            self.scored,
            counted(self.fills, "fill"),
            by_track(Track::ButterAI),
            by_track(Track::ButterBaseline)
        )?;
        for verdict in &self.models {
            write!(f, "\n{day}: {verdict}")?;
        }
        if !self.missing.is_empty() {
            let some = self.missing.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
            let more = self.missing.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            write!(f, "\n{day}: {} without a bar: {some}{more}", self.missing.len())?;
        }
        Ok(())
    }
}

/// A count with its noun.
fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::events::{Bar, ModelRefused, TickerMissing, TrackMarked};

    #[test]
    fn a_day_is_a_line_and_names_what_is_missing_and_judged() {
        let day = Day(17_711);
        let event = |ticker: &str, body: Body| Event::new(day, ticker, &[ticker], body);
        let equity = Money::from_dollars(100_250.5).unwrap();
        let mark = TrackMarked { track: Track::ButterAI, equity, ..TrackMarked::default() };
        let missing = TickerMissing { reason: "no row".to_owned() };
        let refused = ModelRefused { version: 4, reasons: vec!["not proven".to_owned()] };
        let events = [
            event("A", Bars::BarClosed(Bar::default()).into()),
            event("B", Bars::TickerMissing(missing).into()),
            event("", Orders::TrackMarked(mark).into()),
            event("", Models::ModelRefused(refused).into()),
        ];
        let text = DayFigures::of(day, &events).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("2018-06-29: 1 bar, 0 scanned"), "{text}");
        assert!(lines[0].contains("ButterAI 0 orders, equity 100250.50"), "{text}");
        assert_eq!(lines[1], "2018-06-29: model 4 refused: not proven");
        assert_eq!(lines[2], "2018-06-29: 1 without a bar: B: no row");
    }
}
