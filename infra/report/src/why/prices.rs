//! The bars of a ticker as the log has them, and the window that a scan of a day saw.

use super::place::{At, Place};
use quant::WINDOW;
use schemas::events::Bars;
use schemas::{Body, Day, Event};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a `bars` event says of a ticker; of its bars only what an explanation shows.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum PriceFact {
    /// The close of a day.
    Closed(Day, f64),
    /// The same, put right later.
    Corrected(Day, f64),
    /// All closes from before the event's day.
    Loaded(Vec<(Day, f64)>),
    /// New shares per old share; closes before the day are brought to the new count.
    Split(Day, f64),
}

impl PriceFact {
    /// What `event` says, if it says something of a ticker's prices.
    pub(super) fn of(place: Place, event: &Event) -> Option<At<PriceFact>> {
        let Body::Bars(bars) = &event.body else { return None };
        let fact = match bars {
            Bars::BarClosed(bar) => PriceFact::Closed(bar.bar_day, bar.close),
            Bars::BarCorrected(bar) => PriceFact::Corrected(bar.bar_day, bar.close),
            Bars::HistoryLoaded(past) => {
                let closes = past.bars.iter().map(|bar| (bar.bar_day, bar.close));
                PriceFact::Loaded(closes.collect())
            }
            Bars::CorporateAction(action) => {
                PriceFact::Split(action.effective_day, action.split()?)
            }
            _ => return None,
        };
        Some(At::new(place, event, fact))
    }
}

/// The bars that an analysis read.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PriceSpan {
    /// Day of the first bar.
    pub first_day: Day,
    /// Day of the last bar.
    pub last_day: Day,
    /// Number of closes.
    pub closes: usize,
    /// The last close, dollars, as the scan knew it.
    pub last_close: f64,
    /// Bars of these days that were corrected or loaded anew after the scan.
    pub corrected_since: usize,
    /// Splits since, by which today's closes of these days differ from those seen.
    pub splits_since: usize,
}

/// The window that a scan on `day` saw; `facts` are the ticker's, in the order of the log. Its place is that of the
/// last bar.
pub(super) fn window(facts: &[At<PriceFact>], day: Day) -> Option<At<PriceSpan>> {
    let known = facts.partition_point(|fact| fact.day <= day);
    let (mut closes, mut last) = (BTreeMap::new(), None);
    for fact in &facts[..known] {
        match &fact.what {
            PriceFact::Closed(of, close) | PriceFact::Corrected(of, close) => {
                closes.insert(*of, *close);
            }
            PriceFact::Loaded(past) => closes = past.iter().copied().collect(),
            PriceFact::Split(before, ratio) => {
                closes.range_mut(..before).for_each(|(_, close)| *close /= ratio);
                continue;
            }
        }
        let is_last = closes.last_key_value().is_some_and(|(last, _)| fact.what.touches(*last));
        last = if is_last { Some(fact) } else { last };
    }
    let seen: Vec<(&Day, &f64)> = closes.range(..=day).rev().take(WINDOW).collect();
    let ((last_day, last_close), (first_day, _)) = (*seen.first()?, *seen.last()?);
    let later = |wanted: fn(&PriceFact) -> bool| {
        let since = facts[known..].iter().filter(move |fact| wanted(&fact.what));
        since.filter(|fact| seen.iter().any(|(seen, _)| fact.what.touches(**seen))).count()
    };
    let span = PriceSpan {
        first_day: *first_day,
        last_day: *last_day,
        closes: seen.len(),
        last_close: *last_close,
        corrected_since: later(|fact| !matches!(fact, PriceFact::Split(..))),
        splits_since: later(|fact| matches!(fact, PriceFact::Split(..))),
    };
    last.map(|last| last.with(span))
}

impl PriceFact {
    /// Whether it sets or changes the close of `day`.
    fn touches(&self, day: Day) -> bool {
        match self {
            PriceFact::Closed(of, _) | PriceFact::Corrected(of, _) => *of == day,
            PriceFact::Loaded(past) => past.binary_search_by_key(&day, |(day, _)| *day).is_ok(),
            PriceFact::Split(before, _) => day < *before,
        }
    }
}
