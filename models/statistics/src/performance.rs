//! One track's figures from its daily changes.

use crate::days::{mean, sd};
use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};

/// Trading days a year.
pub(crate) const YEAR: f64 = 252.0;

/// An amount of money: added up exactly in its own type, divided as `f64`.
pub trait Amount:
    Copy + PartialOrd + Default + Add<Output = Self> + Sub<Output = Self> + Into<f64>
{
}

impl<T> Amount for T where
    T: Copy + PartialOrd + Default + Add<Output = T> + Sub<Output = T> + Into<f64>
{
}

/// Returns are relative to capital, and there is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the capital is not above 0; set `capital` in the settings")]
pub struct NoCapital;

/// A track's figures. Returns are fractions of the (fixed) capital; a figure that needs more days,
/// or a spread to divide by, is none.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Performance<D, M> {
    /// Trading days.
    pub days: usize,
    /// The first and the last of them.
    pub period: Option<(D, D)>,
    /// The sum of all changes.
    pub profit: M,
    /// Profit ÷ capital; not compounded, as the capital is fixed.
    pub total_return: f64,
    /// Mean daily return.
    pub mean_daily: Option<f64>,
    /// Its standard deviation (divisor days − 1).
    pub sd_daily: Option<f64>,
    /// Mean ÷ standard deviation × √252.
    pub sharpe: Option<f64>,
    /// Mean ÷ root mean square of the negative returns over all days × √252.
    pub sortino: Option<f64>,
    /// Skewness of the daily returns (moments with divisor days).
    pub skewness: Option<f64>,
    /// Kurtosis likewise; 3 for a normal distribution.
    pub kurtosis: Option<f64>,
    /// The deepest fall of the equity below its highest point so far, ÷ that point.
    pub max_drawdown: f64,
    /// The day of the highest point and the day of the deepest fall below it.
    pub drawdown_days: Option<(D, D)>,
    /// The lowest daily return and its day.
    pub worst_day: Option<(D, f64)>,
    /// The highest daily return and its day.
    pub best_day: Option<(D, f64)>,
    /// Share of days with a gain.
    pub winning_days: Option<f64>,
}

/// Each day's change ÷ capital.
///
/// # Errors
/// [`NoCapital`].
pub fn daily_returns<D, M: Amount>(changes: &[(D, M)], capital: M) -> Result<Vec<f64>, NoCapital> {
    if capital <= M::default() {
        return Err(NoCapital);
    }
    Ok(changes.iter().map(|(_, change)| ratio(*change, capital)).collect())
}

/// The figures of a track whose mark-to-market changed by `changes`, a day each, ascending.
///
/// # Errors
/// [`NoCapital`].
pub fn performance<D: Copy, M: Amount>(
    changes: &[(D, M)],
    capital: M,
) -> Result<Performance<D, M>, NoCapital> {
    let returns = daily_returns(changes, capital)?;
    let mean = mean(&returns);
    let sd = sd(&returns);
    let over = |spread: Option<f64>| match (mean, spread.filter(|spread| *spread > 0.0)) {
        (Some(mean), Some(spread)) => Some(mean / spread * YEAR.sqrt()),
        _ => None,
    };
    let profit = changes.iter().fold(M::default(), |sum, (_, change)| sum + *change);
    let (max_drawdown, drawdown_days) = drawdown(changes, capital);
    let dated = || changes.iter().map(|(day, _)| *day).zip(returns.iter().copied());
    Ok(Performance {
        days: changes.len(),
        period: changes.first().zip(changes.last()).map(|(first, last)| (first.0, last.0)),
        profit,
        total_return: ratio(profit, capital),
        mean_daily: mean,
        sd_daily: sd,
        sharpe: over(sd),
        sortino: over(downside(&returns)),
        skewness: standard_moment(&returns, 3),
        kurtosis: standard_moment(&returns, 4),
        max_drawdown,
        drawdown_days,
        worst_day: dated().min_by(|a, b| a.1.total_cmp(&b.1)),
        best_day: dated().max_by(|a, b| a.1.total_cmp(&b.1)),
        winning_days: (!returns.is_empty())
            .then(|| returns.iter().filter(|r| **r > 0.0).count() as f64 / returns.len() as f64),
    })
}

fn ratio<M: Amount>(part: M, whole: M) -> f64 {
    let (part, whole): (f64, f64) = (part.into(), whole.into());
    part / whole
}

fn downside(returns: &[f64]) -> Option<f64> {
    let squares: f64 = returns.iter().map(|r| r.min(0.0).powi(2)).sum();
    (!returns.is_empty()).then(|| (squares / returns.len() as f64).sqrt())
}

/// The mean power of the deviations from the mean ÷ the same power of their root mean square (moments
/// with divisor n): skewness for 3, kurtosis for 4. None without a spread.
pub(crate) fn standard_moment(values: &[f64], power: i32) -> Option<f64> {
    let centre = mean(values)?;
    let moment = |power: i32| {
        values.iter().map(|value| (value - centre).powi(power)).sum::<f64>() / values.len() as f64
    };
    let variance = moment(2);
    (variance > 0.0).then(|| moment(power) / variance.sqrt().powi(power))
}

/// How far the equity is below its highest point so far at the end of each day, ÷ that point; 0 at a new high. Before the
/// first day the equity is the capital.
pub fn falls<D: Copy, M: Amount>(changes: &[(D, M)], capital: M) -> Vec<f64> {
    peaks_and_falls(changes, capital).map(|(_, fall)| fall).collect()
}

/// The day of the highest point so far and the fall below it, by day; a peak before the first day is dated on that.
fn peaks_and_falls<D: Copy, M: Amount>(
    changes: &[(D, M)],
    capital: M,
) -> impl Iterator<Item = (D, f64)> {
    let (mut equity, mut peak) = (capital, capital);
    let mut top = changes.first().map(|(day, _)| *day);
    changes.iter().map(move |(day, change)| {
        equity = equity + *change;
        if equity > peak {
            (peak, top) = (equity, Some(*day));
        }
        (top.unwrap_or(*day), ratio(peak - equity, peak))
    })
}

/// The deepest fall, with the days of its peak and its bottom.
fn drawdown<D: Copy, M: Amount>(changes: &[(D, M)], capital: M) -> (f64, Option<(D, D)>) {
    let falls = changes.iter().zip(peaks_and_falls(changes, capital));
    falls.fold(
        (0.0, None),
        |deepest, ((day, _), (top, fall))| {
            if fall > deepest.0 { (fall, Some((top, *day))) } else { deepest }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(changes: &[i32]) -> Vec<(u32, i32)> {
        (100..).zip(changes.iter().copied()).collect()
    }

    #[test]
    fn given_four_days_when_figured_then_each_number_is_that_of_its_formula() {
        // By hand: returns 1 %, −2 %, 0, 3 % of $1,000.
        let figures = performance(&days(&[10, -20, 0, 30]), 1_000).unwrap();
        let near = |got: Option<f64>, want: f64| (got.unwrap() - want).abs() < 1e-12;
        assert_eq!(figures.profit, 20);
        assert!(near(Some(figures.total_return), 0.02));
        assert!(near(figures.mean_daily, 0.005));
        assert!(near(figures.sd_daily, (0.0013_f64 / 3.0).sqrt()));
        assert!(near(figures.sharpe, 0.005 / (0.0013_f64 / 3.0).sqrt() * 252_f64.sqrt()));
        assert!(near(figures.sortino, 0.005 / 0.01 * 252_f64.sqrt()));
        assert!(near(Some(figures.max_drawdown), 20.0 / 1010.0));
        assert_eq!(figures.period, Some((100, 103)));
        assert_eq!(figures.drawdown_days, Some((100, 101)));
        assert_eq!(figures.best_day.unwrap().0, 103);
        assert_eq!(figures.worst_day.unwrap().0, 101);
        assert_eq!(figures.winning_days, Some(0.5));
        assert_eq!(
            falls(&days(&[10, -20, 0, 30]), 1_000),
            [0.0, 20.0 / 1010.0, 20.0 / 1010.0, 0.0]
        );
    }

    #[test]
    fn given_nothing_or_flat_days_when_figured_then_no_ratio_is_made_up() {
        let none = performance(&days(&[]), 1).unwrap();
        assert_eq!((none.days, none.sharpe, none.mean_daily), (0, None, None));
        let flat = performance(&days(&[0, 0, 0]), 1).unwrap();
        assert_eq!((flat.mean_daily, flat.sharpe, flat.sortino), (Some(0.0), None, None));
        assert_eq!(flat.max_drawdown, 0.0);
        assert_eq!(performance(&days(&[1]), 0), Err(NoCapital));
    }
}
