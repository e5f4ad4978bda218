//! The scanner: at the end of a day it analyses every ticker of its partition and writes a candidate
//! with its 23 features, or a refusal with its reason.
//!
//! Invariants:
//! 1. A ticker is scanned at most once a day, and only if the day's marker names it.
//! 2. A scan uses bars of its day and before, never later ones.
//! 3. A candidate and its features are written together, or neither is.
//! 4. A window with a move that looks like a split gives no candidate before a person has said what
//!    the move was.
//! 5. An analysis that was kept is a cache of its inputs, which name it: events have the same bytes without it.

mod doubt;
mod events;
#[cfg(test)]
mod tests;

use crate::analyses::{Analyst, Keeper};
use quant::{PriceHistory, PriceWindow, PricingSettings, Refusal};
use schemas::events::{Bars, DayClosed, ScanRefused, Scans};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use doubt::SUSPECTED_SPLIT;
use events::candidate;

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct ScannerState {
    book: PriceHistory,
    /// The open day's marker: tickers to scan and tickers missing.
    marker: Option<DayClosed>,
    /// Why tickers have no bar on the open day, in the source's words.
    missing: BTreeMap<String, String>,
}

/// The refusal of a ticker without a bar, with the source's own reason if it gave one.
pub fn no_bar(day: Day, why: Option<&str>) -> String {
    let said = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("there is no valid bar on {day}{said}")
}

/// The scanner's machine for one partition.
#[derive(Default)]
pub struct Scanner {
    state: ScannerState,
    keeper: Keeper,
}

impl Scanner {
    /// A scanner that asks `keeper` before it makes an analysis.
    pub fn with_kept(keeper: Keeper) -> Scanner {
        Scanner { state: ScannerState::default(), keeper }
    }

    fn scan(
        &self,
        ticker: &str,
        day: Day,
        context: &Context<'_>,
        analyst: &mut Analyst<'_>,
    ) -> Vec<Event> {
        let settings = &context.controls.settings;
        let refused = |code: &str, reason: String| {
            let refusal = ScanRefused { code: code.to_owned(), reason };
            vec![Event::new(
                day,
                ticker,
                &[ticker, &day.to_string()],
                Scans::CandidateRefused(refusal),
            )]
        };
        let empty = PriceWindow::new();
        let window = self.state.book.window(ticker).unwrap_or(&empty);
        if let Some(seen) = window.analysed(day)
            && let Some(reason) = doubt::of(ticker, seen, &context.controls.confirmed)
        {
            return refused(SUSPECTED_SPLIT, reason);
        }
        match analyst.analyze(window) {
            Ok(analysis) => candidate(ticker, &analysis, settings.pricing).into(),
            Err(Refusal::NoBar) => {
                let why = self.state.missing.get(ticker).map(String::as_str);
                refused(Refusal::NoBar.code(), no_bar(day, why))
            }
            Err(refusal) => refused(refusal.code(), refusal.to_string()),
        }
    }
}

impl Machine for Scanner {
    fn evolve(&mut self, event: &Event) {
        self.state.book.apply(event);
        match &event.body {
            Body::Bars(Bars::DayClosed(marker)) => self.state.marker = Some(marker.clone()),
            Body::Bars(Bars::TickerMissing(missing)) => {
                self.state.missing.insert(event.ticker.clone(), missing.reason.clone());
            }
            _ => {}
        }
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let (Cause::DayClosed { day, .. }, Some(marker)) = (cause, &self.state.marker) else {
            return Decision::default();
        };
        let scanning = context.controls.opened.as_ref().is_some_and(|run| day >= run.scan_from);
        let missing: &[String] = if scanning { &marker.missing } else { &[] };
        let mut tickers: Vec<&String> = marker.scan.iter().chain(missing).collect();
        tickers.sort();
        let settings = &context.controls.settings;
        let pricing = PricingSettings::from(&settings.pricing);
        let vix = self.state.book.vix();
        let mut analyst = Analyst::new(&self.keeper, vix, day, settings.calendar, &pricing);
        tickers
            .into_iter()
            .flat_map(|ticker| self.scan(ticker, day, context, &mut analyst))
            .collect::<Vec<_>>()
            .into()
    }

    fn close_day(&mut self, _: Day) {
        self.state.marker = None;
        self.state.missing.clear();
    }

    fn save(&self) -> Vec<u8> {
        save_state(&self.state)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.state = restore_state(Role::Scanner, saved)?;
        Ok(())
    }
}
