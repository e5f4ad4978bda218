//! The choice among a day's candidates: the threshold, then the limits, highest value first.
//!
//! A track buys only what its cash pays for in full. An order decided now trades at the next open, at a price nobody
//! knows yet; the broker trades up to the highest price that is tradable at all, so that much is kept back for it.

use super::book::{TrackBook, highest_price, per_contract};
use schemas::events::{Action, OrderIntent, OrderRefused, Scan, Settings};
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

/// How many contracts of `price` the `budget` pays for.
fn contracts(budget: Money, price: Money) -> i64 {
    if price <= Money::ZERO { 0 } else { (budget.0 / price.0).max(0) }
}

/// What decides about the next candidate.
struct Limits<'a> {
    settings: &'a Settings,
    held: &'a TrackBook,
    halted: Option<i64>,
    /// Companies held, on order or chosen today.
    companies: BTreeSet<String>,
    /// Positions that may be opened today.
    room: i64,
    /// Opened today.
    taken: i64,
    /// Capital at risk of one position.
    budget: Money,
    /// What is left to pay with, after the most that today's orders may cost.
    cash: Money,
}

impl<'a> Limits<'a> {
    fn new(held: &'a TrackBook, settings: &'a Settings, halted: Option<i64>) -> Limits<'a> {
        let equity = (settings.capital + held.worth()).max(Money::ZERO);
        let share = |share: f64| Money::from_dollars(equity.dollars() * share).unwrap_or_default();
        let busy = (held.positions.len() + held.pending.len()) as i64;
        Limits {
            settings,
            held,
            halted,
            companies: held.tickers().map(|ticker| company(ticker, settings).to_owned()).collect(),
            room: settings.max_open.saturating_sub(busy),
            taken: 0,
            budget: settings.risk_share.map_or(settings.risk_per_trade, share),
            cash: settings.capital + held.cash(),
        }
    }

    /// Contracts to buy, or the code and the reason for buying none.
    fn judge(&self, candidate: &TrackCandidate<'_>) -> Result<i64, (&'static str, String)> {
        let settings = self.settings;
        if let Some(offset) = self.halted {
            return Err(("HALTED", format!("the track was halted at controls offset {offset}")));
        }
        if let Some(order) = self.held.unsettled.first() {
            return Err((
                "UNSETTLED",
                format!("order {order} is unknown at the broker; settle it first"),
            ));
        }
        if self.companies.contains(company(candidate.ticker, settings)) {
            return Err(("COMPANY_HELD", "the track already holds the company".to_owned()));
        }
        if self.taken >= settings.max_new_per_day {
            let most = settings.max_new_per_day;
            return Err(("DAILY_LIMIT", format!("{most} positions are already opened today")));
        }
        if self.taken >= self.room {
            let most = settings.max_open;
            return Err(("POSITION_LIMIT", format!("at most {most} positions may be held")));
        }
        let wanted = contracts(self.budget, per_contract(candidate.scan.risk));
        if wanted < 1 {
            let reason = format!("one contract risks more than {} dollars", self.budget);
            return Err(("TOO_LARGE", reason));
        }
        if !settings.pays_in_full {
            return Ok(wanted);
        }
        let paid_for = contracts(self.cash, highest_price(candidate.scan.structure.wing));
        if paid_for < 1 {
            return Err((
                "NO_CASH",
                format!(
                    "the track's cash of {} dollars does not pay for a contract, which may cost up to {}",
                    self.cash,
                    highest_price(candidate.scan.structure.wing)
                ),
            ));
        }
        Ok(wanted.min(paid_for))
    }

    fn take(&mut self, candidate: &TrackCandidate<'_>, quantity: i64) {
        self.companies.insert(company(candidate.ticker, self.settings).to_owned());
        self.taken += 1;
        self.cash = self.cash - highest_price(candidate.scan.structure.wing) * quantity;
    }
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
    let mut limits = Limits::new(held, settings, halted);
    for candidate in candidates.iter().filter(|candidate| candidate.value > threshold) {
        chosen.over_threshold += 1;
        match limits.judge(candidate) {
            Ok(quantity) => {
                limits.take(candidate, quantity);
                chosen.trades.push((*candidate, quantity));
            }
            Err((code, reason)) => {
                let refused = OrderRefused {
                    candidate: candidate.id,
                    code: code.to_owned(),
                    reason,
                    track: Default::default(),
                };
                chosen.refusals.push((candidate.ticker.to_owned(), refused));
            }
        }
    }
    chosen
}
