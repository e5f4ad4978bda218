//! Which closed trades are wanted, and what those come to.

use super::journal::TradeRow;
use schemas::events::{Strategy, Track};
use schemas::{Day, Money};
use serde::Serialize;

/// The trades that are wanted; those that fit every part.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TradeFilter {
    /// Of this track.
    pub track: Option<Track>,
    /// Of one of these stocks, whatever the case; of all if it names none.
    pub tickers: Vec<String>,
    /// Closed on this day or later.
    pub from: Option<Day>,
    /// Closed on this day or before.
    pub to: Option<Day>,
    /// Of this strategy.
    pub strategy: Option<Strategy>,
    /// Those that gained (`true`) or lost (`false`).
    pub won: Option<bool>,
    /// Closed for a reason with these words, whatever the case.
    pub reason: Option<String>,
}

impl TradeFilter {
    /// Whether it leaves out nothing.
    pub fn takes_all(&self) -> bool {
        *self == TradeFilter::default()
    }

    /// Whether `trade` is wanted.
    pub fn takes(&self, trade: &TradeRow) -> bool {
        let reason = || trade.reason.to_lowercase();
        self.track.is_none_or(|track| track == trade.track)
            && (self.tickers.is_empty()
                || self.tickers.iter().any(|one| one.trim().eq_ignore_ascii_case(&trade.ticker)))
            && self.from.is_none_or(|from| from <= trade.exit_day)
            && self.to.is_none_or(|to| trade.exit_day <= to)
            && self.strategy.is_none_or(|strategy| strategy == trade.structure.strategy)
            && self.won.is_none_or(|won| gain(trade) * if won { 1.0 } else { -1.0 } > 0.0)
            && self.reason.as_ref().is_none_or(|words| reason().contains(&words.to_lowercase()))
    }
}

/// Gain or loss in dollars.
fn gain(trade: &TradeRow) -> f64 {
    trade.pnl.dollars()
}

/// What some trades come to.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct TradeTotals {
    /// Trades.
    pub trades: usize,
    /// Those that gained.
    pub winners: usize,
    /// Gains and losses together, dollars.
    pub profit: f64,
    /// The mean of their returns on capital at risk, a fraction; none without trades.
    pub mean_roi: Option<f64>,
    /// Gains ÷ losses; none without a loss.
    pub profit_factor: Option<f64>,
}

impl TradeTotals {
    /// Of `trades`.
    pub fn of(trades: &[TradeRow]) -> TradeTotals {
        let sum = |sign: f64| -> f64 {
            trades.iter().map(|trade| (sign * gain(trade)).max(0.0)).sum::<f64>()
        };
        let (gains, losses) = (sum(1.0), sum(-1.0));
        let roi: f64 = trades.iter().map(|trade| trade.roi).sum();
        TradeTotals {
            trades: trades.len(),
            winners: trades.iter().filter(|trade| gain(trade) > 0.0).count(),
            profit: trades.iter().fold(Money::ZERO, |sum, trade| sum + trade.pnl).dollars(),
            mean_roi: (!trades.is_empty()).then(|| roi / trades.len() as f64),
            profit_factor: (losses > 0.0).then(|| gains / losses),
        }
    }
}
