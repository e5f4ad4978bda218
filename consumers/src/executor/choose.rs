//! The choice among a day's candidates: the threshold, then the limits, highest value first.

use super::book::TrackBook;
use schemas::events::{Action, OrderIntent, OrderRefused, SHARES_PER_CONTRACT, Scan, Settings};
use schemas::{EventId, Money};
use std::collections::BTreeSet;

/// A candidate and the value its track compares.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrackCandidate<'a> {
    pub(super) ticker: &'a str,
    pub(super) id: EventId,
    pub(super) scan: &'a Scan,
    pub(super) value: f64,
}

impl TrackCandidate<'_> {
    pub(super) fn intent(&self, quantity: i64, threshold: f64) -> OrderIntent {
        OrderIntent {
            action: Action::Open,
            candidate: self.id,
            structure: self.scan.structure.clone(),
            quantity,
            sigma: self.scan.current_iv,
            pricing: self.scan.pricing,
            reason: format!("{:.4} is over {threshold}", self.value),
            value: self.value,
            ..OrderIntent::default()
        }
    }
}

/// The choice among the candidates over the threshold.
#[derive(Default)]
pub(super) struct Choice<'a> {
    pub(super) trades: Vec<(TrackCandidate<'a>, i64)>,
    pub(super) refusals: Vec<(String, OrderRefused)>,
    pub(super) over_threshold: i64,
}

/// The company of a ticker: the first of its share classes.
fn company<'a>(ticker: &'a str, settings: &'a Settings) -> &'a str {
    settings
        .share_classes
        .iter()
        .find(|classes| classes.split('=').any(|class| class == ticker))
        .and_then(|classes| classes.split('=').next())
        .unwrap_or(ticker)
}

/// Contracts for the capital at risk per trade.
fn quantity(scan: &Scan, settings: &Settings) -> i64 {
    let per_contract = Money::from_dollars(scan.risk).unwrap_or_default() * SHARES_PER_CONTRACT;
    if per_contract <= Money::ZERO { 0 } else { settings.risk_per_trade.0 / per_contract.0 }
}

/// Chooses among `candidates`, which descend by value.
pub(super) fn choose<'a>(
    candidates: &[TrackCandidate<'a>],
    threshold: f64,
    held: &TrackBook,
    settings: &Settings,
    halted: Option<i64>,
) -> Choice<'a> {
    let mut chosen = Choice::default();
    let mut companies: BTreeSet<String> =
        held.tickers().map(|ticker| company(ticker, settings).to_owned()).collect();
    let room = settings.max_open.saturating_sub((held.positions.len() + held.pending.len()) as i64);
    for candidate in candidates.iter().filter(|candidate| candidate.value > threshold) {
        chosen.over_threshold += 1;
        let taken = chosen.trades.len() as i64;
        let quantity = quantity(candidate.scan, settings);
        let refusal = if let Some(offset) = halted {
            Some(("HALTED", format!("the track was halted at controls offset {offset}")))
        } else if let Some(order) = held.unsettled.first() {
            Some(("UNSETTLED", format!("order {order} is unknown at the broker; settle it first")))
        } else if companies.contains(company(candidate.ticker, settings)) {
            Some(("COMPANY_HELD", "the track already holds the company".to_owned()))
        } else if taken >= settings.max_new_per_day {
            Some((
                "DAILY_LIMIT",
                format!("{} positions are already opened today", settings.max_new_per_day),
            ))
        } else if taken >= room {
            Some(("POSITION_LIMIT", format!("at most {} positions may be held", settings.max_open)))
        } else if quantity < 1 {
            Some((
                "TOO_LARGE",
                format!("one contract risks more than {} dollars", settings.risk_per_trade),
            ))
        } else {
            None
        };
        match refusal {
            Some((code, reason)) => {
                let refused = OrderRefused {
                    candidate: candidate.id,
                    code: code.to_owned(),
                    reason,
                    track: Default::default(),
                };
                chosen.refusals.push((candidate.ticker.to_owned(), refused));
            }
            None => {
                companies.insert(company(candidate.ticker, settings).to_owned());
                chosen.trades.push((*candidate, quantity));
            }
        }
    }
    chosen
}
