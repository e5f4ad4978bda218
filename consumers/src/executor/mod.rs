//! The executor: decides all orders of a day at its last prediction marker, exits first, under one
//! `controls` offset, for two tracks side by side on the same events.
//!
//! Invariants:
//! 1. A track opens at most one position per company, over all its share classes, and never exceeds
//!    its limits or its cash; a candidate over the threshold that is not traded is refused with the reason.
//! 2. ButterAI trades only predictions of the champion, never a shadow's or an unscored candidate.
//! 3. An order id is used once, over both tracks and for ever.
//! 4. A book changes by fills alone; an intent changes only what is pending.

mod book;
mod choose;
#[cfg(test)]
mod tests;

use book::TrackBook;
use choose::{Choice, TrackCandidate};
use quant::MarkHistory;
use schemas::events::{
    Action, Alias, Bars, Fills, OrderIntent, Orders, Predictions, Scan, Scans, Score, Track,
    TrackMarked,
};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct ExecutorState {
    market: MarkHistory,
    tracks: BTreeMap<Track, TrackBook>,
    last_order_id: i64,
    /// Today's candidates, by ticker.
    scans: BTreeMap<String, (EventId, Scan)>,
    /// Today's predictions of the champion, by candidate.
    scores: BTreeMap<EventId, Score>,
    /// Today's candidates that the champion refused, by ticker, and why.
    unscored: BTreeMap<String, String>,
}

/// The format of the saved state. Before 2 a book held the equity of its last mark in the place of its worth; before 3 it
/// did not know what its pending orders may cost.
const FORMAT: u8 = 3;

/// The executor's machine.
#[derive(Default)]
pub struct Executor(ExecutorState);

impl Executor {
    /// The day's decisions for one track: orders to close, orders to open, refusals, the mark.
    fn decide_track(
        &self,
        track: Track,
        day: Day,
        next_id: &mut i64,
        context: &Context<'_>,
    ) -> Vec<Event> {
        let settings = &context.controls.settings;
        let empty = TrackBook::default();
        let held = self.0.tracks.get(&track).unwrap_or(&empty);
        let mut events = Vec::new();
        let mut submit = |ticker: &str, mut intent: OrderIntent| {
            *next_id += 1;
            intent.track = track;
            intent.broker_order_id = *next_id;
            let about = [track.name(), &next_id.to_string()];
            let candidate = intent.candidate;
            events.push(
                Event::new(day, ticker, &about, Orders::OrderIntended(intent))
                    .about_candidate(candidate),
            );
        };
        let exits = held.exits(day, settings);
        for (ticker, intent) in &exits {
            submit(ticker, intent.clone());
        }
        let candidates = self.candidates(track);
        let threshold = match track {
            Track::ButterAI => settings.expected_roi_over,
            Track::ButterBaseline => settings.score_over,
        };
        let halted = context.controls.halted.get(&track).copied();
        let chosen = if settings.trades(track) {
            choose::choose(&candidates, threshold, held, settings, halted)
        } else {
            Choice::default()
        };
        for (candidate, quantity) in &chosen.trades {
            submit(candidate.ticker, candidate.intent(*quantity, threshold));
        }
        let refused = chosen.refusals.into_iter().map(|(ticker, mut refusal)| {
            refusal.track = track;
            let (about, id) = (refusal.candidate.to_string(), refusal.candidate);
            Event::new(day, &ticker, &[track.name(), &about], Orders::OrderRefused(refusal))
                .about_candidate(id)
        });
        let nothing_scored = track == Track::ButterAI && candidates.is_empty();
        let note = if !settings.trades(track) {
            Some("the track opens no positions: `settings.tracks` leaves it out".to_owned())
        } else {
            nothing_scored.then(|| self.0.unscored.values().next().cloned()).flatten()
        };
        let equity = settings.capital + held.worth();
        let mark = TrackMarked {
            track,
            equity,
            // Between two marks capital may have been paid in or taken out.
            change: held.worth() - held.marked_worth,
            open_positions: held.positions.len() as i64,
            candidates: candidates.len() as i64,
            over_threshold: chosen.over_threshold,
            highest: candidates.first().map(|candidate| candidate.value),
            opened: chosen.trades.len() as i64,
            closed: exits.len() as i64,
            note,
        };
        let mark =
            Event::new(day, "", &[track.name(), &day.to_string()], Orders::TrackMarked(mark));
        events.extend(refused);
        events.push(mark);
        events
    }

    /// The candidates that a track can compare, highest value first, then by ticker.
    fn candidates(&self, track: Track) -> Vec<TrackCandidate<'_>> {
        let value = |id: &EventId, scan: &Scan| match track {
            Track::ButterAI => self.0.scores.get(id).map(|score| score.expected_roi),
            Track::ButterBaseline => Some(scan.score),
        };
        let scans = self.0.scans.iter();
        let mut candidates: Vec<TrackCandidate<'_>> = scans
            .filter_map(|(ticker, (id, scan))| {
                Some(TrackCandidate { ticker, id: *id, scan, value: value(id, scan)? })
            })
            .collect();
        candidates.sort_by(|a, b| b.value.total_cmp(&a.value).then_with(|| a.ticker.cmp(b.ticker)));
        candidates
    }

    fn take_fill(&mut self, event: &Event, fill: &Fills) {
        let tracks = &mut self.0.tracks;
        match fill {
            Fills::OrderExecuted(done) => {
                let book = tracks.entry(done.track).or_default();
                match done.action {
                    Action::Open => book.opened(&event.ticker, event.day, done),
                    Action::Close => book.closed(done),
                }
            }
            Fills::OrderCancelled(ended) | Fills::OrderRejected(ended) => {
                tracks.entry(ended.track).or_default().ended(ended);
            }
            Fills::OrderUnknown(ended) => {
                tracks.entry(ended.track).or_default().unsettled.insert(ended.broker_order_id);
            }
            Fills::OrderAcknowledged(order) => {
                if let Some(book) = tracks.get_mut(&order.track) {
                    book.unsettled.remove(&order.broker_order_id);
                }
            }
            Fills::DayClosed(_) | Fills::Unknown => {}
        }
    }
}

impl Machine for Executor {
    fn evolve(&mut self, event: &Event) {
        self.0.market.apply(event);
        match &event.body {
            Body::Fills(fill) => self.take_fill(event, fill),
            Body::Bars(Bars::CorporateAction(action)) => {
                if let Some(ratio) = action.split() {
                    let day = action.effective_day;
                    let books = self.0.tracks.values_mut();
                    books.for_each(|book| book.split_before(day, &event.ticker, ratio));
                }
            }
            Body::Scans(Scans::CandidateScanned(scan)) => {
                self.0.scans.insert(event.ticker.clone(), (event.id, scan.clone()));
            }
            Body::Predictions(Predictions::CandidateScored(score))
                if score.alias == Alias::Champion =>
            {
                self.0.scores.insert(score.candidate, score.clone());
            }
            Body::Predictions(Predictions::ScoringRefused(refused))
                if refused.alias == Alias::Champion =>
            {
                self.0.unscored.insert(event.ticker.clone(), refused.reason.clone());
            }
            Body::Orders(Orders::OrderIntended(intent)) => {
                self.0.last_order_id = self.0.last_order_id.max(intent.broker_order_id);
                self.0.tracks.entry(intent.track).or_default().intended(&event.ticker, intent);
            }
            Body::Orders(Orders::TrackMarked(mark)) => {
                let book = self.0.tracks.entry(mark.track).or_default();
                book.marked_worth = book.worth();
            }
            Body::Predictions(Predictions::DayClosed(_)) => {
                let (day, market) = (event.day, &self.0.market);
                self.0.tracks.values_mut().for_each(|book| book.mark(day, market));
            }
            _ => {}
        }
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else { return Decision::default() };
        let mut next_id = self.0.last_order_id;
        let events = Track::ALL
            .into_iter()
            .flat_map(|track| self.decide_track(track, day, &mut next_id, context));
        events.collect::<Vec<_>>().into()
    }

    fn close_day(&mut self, _: Day) {
        self.0.scans.clear();
        self.0.scores.clear();
        self.0.unscored.clear();
    }

    fn save(&self) -> Vec<u8> {
        save_state(&(FORMAT, &self.0))
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        let (format, state): (u8, ExecutorState) = restore_state(Role::Executor, saved)?;
        if format != FORMAT {
            let cause = format!("its format is {format}, not {FORMAT}");
            return Err(BadState { role: Role::Executor, cause });
        }
        self.0 = state;
        Ok(())
    }
}
