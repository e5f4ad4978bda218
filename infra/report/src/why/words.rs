//! Phrases that the timeline, the headline and the page share.

use super::decision::{Threshold, Verdict};
use crate::tables::percent;
use schemas::Money;
use schemas::events::{Strategy, Structure, Track};

/// A butterfly: `iron butterfly 100 ± 5`.
pub(super) fn butterfly(of: &Structure) -> String {
    format!("{} {} ± {}", of.strategy.name(), price(of.centre), price(of.wing))
}

/// Several of them: `8 AAPL iron butterflies 100 ± 5`.
pub(super) fn butterflies(quantity: i64, ticker: &str, of: &Structure) -> String {
    let kind = match of.strategy {
        Strategy::CallButterfly => "call",
        Strategy::PutButterfly => "put",
        Strategy::IronButterfly => "iron",
    };
    let butterfly = if quantity == 1 { "butterfly" } else { "butterflies" };
    format!("{quantity} {ticker} {kind} {butterfly} {} ± {}", price(of.centre), price(of.wing))
}

/// Dollars per share, without needless digits.
pub(super) fn price(dollars: f64) -> String {
    ((dollars * 1e4).round() / 1e4).to_string()
}

/// An amount with its sign: `−412.30`.
pub(super) fn signed(money: Money) -> String {
    let shown = money.to_string();
    match shown.strip_prefix('-') {
        Some(amount) => format!("−{amount}"),
        None => shown,
    }
}

/// A return in whole percent with its sign: `−41 %`.
pub(super) fn roi(fraction: f64) -> String {
    let whole = (fraction * 100.0).round();
    if whole < 0.0 { format!("−{} %", -whole) } else { format!("{} %", whole.abs()) }
}

/// A value that a track compares, in its own unit.
pub(super) fn value(track: Track, value: f64) -> String {
    match track {
        Track::ButterAI => percent(value),
        Track::ButterBaseline => format!("{value:.1}"),
    }
}

/// What a track compares.
pub(super) fn compared(track: Track) -> &'static str {
    match track {
        Track::ButterAI => "expected ROI",
        Track::ButterBaseline => "score",
    }
}

/// A value beside its threshold: `its expected ROI of 21.3 % is over 15.0 %`.
pub(super) fn against(track: Track, threshold: &Threshold) -> String {
    let (what, limit) = (compared(track), value(track, threshold.limit));
    match threshold.value {
        Some(own) if own > threshold.limit => {
            format!("its {what} of {} is over {limit}", value(track, own))
        }
        Some(own) => format!("its {what} of {} is not over {limit}", value(track, own)),
        None => format!("it has no {what} to compare with {limit}"),
    }
}

/// What became of a candidate, in a few words.
pub(super) fn verdict(track: Track, of: &Verdict, limit: f64) -> String {
    match of {
        Verdict::Opened { order } => format!("opened, order {order}"),
        Verdict::Refused { code, reason } => format!("{code}: {reason}"),
        Verdict::Below => format!("not over {}", value(track, limit)),
        Verdict::NotScored { reason } => format!("not scored: {reason}"),
        Verdict::LeftOut => "the track opens nothing, `settings.tracks` leaves it out".to_owned(),
        Verdict::NotDecided => "not decided yet".to_owned(),
        Verdict::Missing => "no decision is on the log".to_owned(),
    }
}

/// A number and its noun, in the plural where it is not one.
pub(super) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
