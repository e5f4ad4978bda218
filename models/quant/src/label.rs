//! How a candidate ended. Entry, traded or not, is at the next bar's open with the σ of the
//! scan; the exit is marked at the close of the evaluation day with that day's σ. The cost is
//! counted once each way: the Python original counted it twice.

use crate::butterfly::{Butterfly, Mark, mark};
use crate::settings::PricingSettings;
use crate::vix::VixWindow;
use crate::volatility::current_iv;
use crate::window::PriceBar;
use schemas::Day;
use schemas::contract::Class;
use serde::{Deserialize, Serialize};

/// Range of risk/w; outside it nothing is traded or scanned.
pub const TRADABLE: std::ops::RangeInclusive<f64> = 0.05..=0.95;

/// A butterfly as it could be opened; dollars per share.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// The day of the open.
    pub day: Day,
    /// The open.
    pub spot: f64,
    /// D at that open.
    pub debit: f64,
    /// c at that open, one way.
    pub cost: f64,
    /// D + c: the capital at risk.
    pub risk: f64,
    /// risk/w.
    pub max_loss: f64,
    /// Whether risk/w lies within 0.05–0.95; otherwise there is no trade and no label.
    pub tradable: bool,
}

impl Entry {
    /// The price paid, per new share after a split (2 for two new shares for one).
    pub fn apply_split(&mut self, ratio: f64) {
        for dollars in [&mut self.spot, &mut self.debit, &mut self.cost, &mut self.risk] {
            *dollars /= ratio;
        }
    }
}

/// The entry at the next bar's open, with the σ of the scan day.
pub fn entry(
    butterfly: &Butterfly,
    next_bar_day: Day,
    open: f64,
    sigma_t: f64,
    settings: &PricingSettings,
) -> Entry {
    let Mark { debit, cost, .. } = mark(butterfly, open, sigma_t, next_bar_day, settings);
    let risk = debit + cost;
    let max_loss = risk / butterfly.wing;
    let tradable = TRADABLE.contains(&max_loss);
    Entry { day: next_bar_day, spot: open, debit, cost, risk, max_loss, tradable }
}

/// (max(0, D_out − c_out) − risk)/risk, a fraction, never below −1.
pub fn roi(entry: &Entry, exit: &Mark) -> f64 {
    ((exit.debit - exit.cost).max(0.0) - entry.risk) / entry.risk
}

/// A matured candidate.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Label {
    /// The entry at the bar after the scan.
    pub entry: Entry,
    /// The day marked: the last bar on or before the evaluation date.
    pub exit_day: Day,
    /// Its close.
    pub exit_spot: f64,
    /// Its proxy σ.
    pub exit_sigma: f64,
    /// The mark at that close.
    pub exit: Mark,
    /// Return on the capital at risk.
    pub roi: f64,
    /// Its class.
    pub class: Class,
}

/// Why a candidate has no label; each is counted.
#[derive(thiserror::Error, Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub enum NoLabel {
    /// No bar after the scan day on or before the evaluation date.
    #[error("there is no bar after the scan day on or before the evaluation date")]
    NoBarAfter,
    /// risk/w at the entry outside 0.05–0.95.
    #[error("the maximum loss at the next open is {max_loss} of the wing, outside 0.05 to 0.95")]
    NotTradable {
        /// risk/w at the next open.
        max_loss: f64,
    },
    /// No proxy σ on the day marked.
    #[error("the volatility index is missing where the exit's volatility needs it")]
    NoVixAtExit,
}

/// The label of a butterfly chosen on `scan_day` with the proxy at `sigma_t`. `bars` are the
/// ticker's bars up to the evaluation date or later, ascending, all in one share count, reaching
/// back at least 64 bars from the exit.
///
/// # Errors
/// [`NoLabel`] says why there is none.
pub fn label(
    butterfly: &Butterfly,
    scan_day: Day,
    sigma_t: f64,
    bars: &[PriceBar],
    vix: &VixWindow,
    settings: &PricingSettings,
) -> Result<Label, NoLabel> {
    let known = &bars[..bars.partition_point(|bar| bar.day <= butterfly.evaluation_day)];
    let after = &known[known.partition_point(|bar| bar.day <= scan_day)..];
    let (Some(first), Some(last)) = (after.first(), after.last()) else {
        return Err(NoLabel::NoBarAfter);
    };
    let entry = entry(butterfly, first.day, first.open, sigma_t, settings);
    if !entry.tradable {
        return Err(NoLabel::NotTradable { max_loss: entry.max_loss });
    }
    let exit_sigma = current_iv(known, vix).ok_or(NoLabel::NoVixAtExit)?;
    let exit = mark(butterfly, last.close, exit_sigma, last.day, settings);
    let roi = roi(&entry, &exit);
    let (exit_day, exit_spot) = (last.day, last.close);
    Ok(Label { entry, exit_day, exit_spot, exit_sigma, exit, roi, class: Class::of_roi(roi) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_counted_once_each_way_and_a_loss_ends_at_the_risk() {
        let entry = Entry {
            day: Day(0),
            spot: 100.0,
            debit: 1.9,
            cost: 0.1,
            risk: 2.0,
            max_loss: 0.4,
            tradable: true,
        };
        let worth = |debit| Mark {
            debit,
            cost: 0.1,
            value: debit,
            delta: 0.0,
            gamma: 0.0,
            vega: 0.0,
            theta: 0.0,
        };
        assert!((roi(&entry, &worth(2.6)) - 0.25).abs() < 1e-15);
        assert_eq!(roi(&entry, &worth(0.05)), -1.0);
        let mut split = entry;
        split.apply_split(2.0);
        assert_eq!((split.risk, split.max_loss), (1.0, 0.4));
    }
}
