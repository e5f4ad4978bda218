//! A track's figures from its closed trades. They count what was realised; the daily marks, which [`crate::performance`]
//! reads, hold what is still open as well, so no ratio of gains to losses is made from days.

use crate::days::mean;
use crate::normal::Z_975;
use serde::{Deserialize, Serialize};

/// What a closed trade came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TradeResult {
    /// Gain or loss, dollars.
    pub profit: f64,
    /// Gain or loss ÷ capital at risk.
    pub roi: f64,
    /// Calendar days from entry to exit.
    pub held: f64,
}

/// Figures of closed trades. A ratio without anything to divide by is none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TradeFigures {
    /// Trades.
    pub trades: usize,
    /// Of these, with a gain.
    pub winners: usize,
    /// Winners ÷ trades.
    pub win_rate: Option<f64>,
    /// Its 95 % interval, as of trades that are independent of each other ([`wilson`]).
    pub win_interval: Option<(f64, f64)>,
    /// Mean gain of the winners ÷ mean loss of the losers.
    pub payoff: Option<f64>,
    /// The sum of all gains ÷ the sum of all losses.
    pub profit_factor: Option<f64>,
    /// Mean return on the capital at risk, each trade counting the same.
    pub mean_roi: Option<f64>,
    /// Median of the calendar days held.
    pub median_held: Option<f64>,
}

/// The figures of `trades`.
pub fn trade_figures(trades: &[TradeResult]) -> TradeFigures {
    let profits = || trades.iter().map(|trade| trade.profit);
    let gains: Vec<f64> = profits().filter(|profit| *profit > 0.0).collect();
    let losses: Vec<f64> = profits().filter(|profit| *profit < 0.0).map(f64::abs).collect();
    let (count, winners) = (trades.len(), gains.len());
    let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under.filter(|it| *it > 0.0)?);
    let sum = |of: &[f64]| (!of.is_empty()).then(|| of.iter().sum());
    let rois: Vec<f64> = trades.iter().map(|trade| trade.roi).collect();
    TradeFigures {
        trades: count,
        winners,
        win_rate: (count > 0).then(|| winners as f64 / count as f64),
        win_interval: wilson(winners, count),
        payoff: ratio(mean(&gains), mean(&losses)),
        profit_factor: ratio(Some(gains.iter().sum()), sum(&losses)),
        mean_roi: mean(&rois),
        median_held: median(trades.iter().map(|trade| trade.held).collect()),
    }
}

/// The 95 % interval of a share, of which `hits` of `trials` were seen (Wilson 1927): it stays within 0 and 1, and has a
/// width where all or none were hits. None without trials.
pub fn wilson(hits: usize, trials: usize) -> Option<(f64, f64)> {
    let n = trials as f64;
    let (share, z2) = (hits as f64 / n, Z_975 * Z_975);
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_975 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    (trials > 0).then(|| ((centre - half).max(0.0), (centre + half).min(1.0)))
}

/// The middle value, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(profit: f64, roi: f64, held: f64) -> TradeResult {
        TradeResult { profit, roi, held }
    }

    #[test]
    fn given_five_trades_when_figured_then_each_number_is_that_of_its_formula() {
        // By hand: gains 300 and 100, losses 50 and 150, one trade without either.
        let found = trade_figures(&[
            trade(300.0, 0.6, 20.0),
            trade(-50.0, -0.1, 3.0),
            trade(100.0, 0.2, 9.0),
            trade(-150.0, -0.3, 30.0),
            trade(0.0, 0.0, 11.0),
        ]);
        assert_eq!((found.trades, found.winners, found.win_rate), (5, 2, Some(0.4)));
        assert_eq!((found.payoff, found.profit_factor), (Some(2.0), Some(2.0)));
        assert!((found.mean_roi.unwrap() - 0.08).abs() < 1e-12);
        assert_eq!(found.median_held, Some(11.0));
        let two = trade_figures(&[trade(-1.0, -1.0, 4.0), trade(-2.0, -1.0, 7.0)]);
        assert_eq!((two.median_held, two.profit_factor, two.payoff), (Some(5.5), Some(0.0), None));
    }

    #[test]
    fn given_no_loss_or_no_trade_when_figured_then_no_ratio_is_made_up() {
        let won = trade_figures(&[trade(5.0, 0.1, 1.0)]);
        assert_eq!((won.win_rate, won.payoff, won.profit_factor), (Some(1.0), None, None));
        assert_eq!(trade_figures(&[]), TradeFigures::default());
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // Agresti and Coull 1998: 15 hits in 100 give 0.093 to 0.233; 0 in 20 give 0 to 0.161.
        let near = |found: Option<(f64, f64)>, low: f64, high: f64| {
            let (from, to) = found.unwrap();
            assert!((from - low).abs() < 5e-4 && (to - high).abs() < 5e-4, "{from} {to}");
        };
        near(wilson(15, 100), 0.0931, 0.2328);
        near(wilson(0, 20), 0.0, 0.1611);
        near(wilson(20, 20), 0.8389, 1.0);
        assert_eq!(wilson(0, 0), None);
    }
}
