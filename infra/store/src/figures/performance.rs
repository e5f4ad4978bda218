//! One track's figures from its daily changes.

use super::FiguresError;
use schemas::{Day, Money};
use serde::{Deserialize, Serialize};

/// Trading days a year.
const YEAR: f64 = 252.0;

/// A track's figures. Returns are fractions of the (fixed) capital; what needs more days or
/// a spread to divide by is none.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Performance {
    /// Trading days.
    pub days: usize,
    /// The first and the last of them.
    pub period: Option<(Day, Day)>,
    /// The sum of all changes.
    pub profit: Money,
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
    pub drawdown_days: Option<(Day, Day)>,
    /// The lowest daily return and its day.
    pub worst_day: Option<(Day, f64)>,
    /// The highest daily return and its day.
    pub best_day: Option<(Day, f64)>,
    /// Share of days with a gain.
    pub winning_days: Option<f64>,
}

/// Each day's change ÷ capital.
///
/// # Errors
/// [`FiguresError::NoCapital`].
pub fn daily_returns(changes: &[(Day, Money)], capital: Money) -> Result<Vec<f64>, FiguresError> {
    if capital <= Money::ZERO {
        return Err(FiguresError::NoCapital);
    }
    Ok(changes.iter().map(|(_, change)| change.dollars() / capital.dollars()).collect())
}

/// The figures of a track whose mark-to-market changed by `changes`, a day each, ascending.
///
/// # Errors
/// [`FiguresError::NoCapital`].
pub fn performance(changes: &[(Day, Money)], capital: Money) -> Result<Performance, FiguresError> {
    let returns = daily_returns(changes, capital)?;
    let mean = mean(&returns);
    let sd = sd(&returns);
    let over = |spread: Option<f64>| match (mean, spread.filter(|spread| *spread > 0.0)) {
        (Some(mean), Some(spread)) => Some(mean / spread * YEAR.sqrt()),
        _ => None,
    };
    let profit = changes.iter().fold(Money::ZERO, |sum, (_, change)| sum + *change);
    let (max_drawdown, drawdown_days) = drawdown(changes, capital);
    let dated = || changes.iter().map(|(day, _)| *day).zip(returns.iter().copied());
    Ok(Performance {
        days: changes.len(),
        period: changes.first().zip(changes.last()).map(|(first, last)| (first.0, last.0)),
        profit,
        total_return: profit.dollars() / capital.dollars(),
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

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation, divisor n − 1; none below two values.
pub(super) fn sd(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

fn downside(returns: &[f64]) -> Option<f64> {
    let squares: f64 = returns.iter().map(|r| r.min(0.0).powi(2)).sum();
    (!returns.is_empty()).then(|| (squares / returns.len() as f64).sqrt())
}

fn standard_moment(values: &[f64], power: i32) -> Option<f64> {
    let centre = mean(values)?;
    let moment = |power: i32| {
        values.iter().map(|value| (value - centre).powi(power)).sum::<f64>() / values.len() as f64
    };
    let variance = moment(2);
    (variance > 0.0).then(|| moment(power) / variance.sqrt().powi(power))
}

/// The deepest fall, with the days of its peak and its bottom. Before the first day the
/// equity is the capital; a peak there is dated on the first day.
fn drawdown(changes: &[(Day, Money)], capital: Money) -> (f64, Option<(Day, Day)>) {
    let mut equity = capital;
    let mut peak = (capital, changes.first().map(|(day, _)| *day));
    let mut deepest = (0.0, None);
    for (day, change) in changes {
        equity += *change;
        if equity > peak.0 {
            peak = (equity, Some(*day));
        }
        let fall = (peak.0 - equity).dollars() / peak.0.dollars();
        if fall > deepest.0 {
            deepest = (fall, peak.1.map(|top| (top, *day)));
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(changes: &[i64]) -> Vec<(Day, Money)> {
        (100..).map(Day).zip(changes.iter().map(|dollars| Money(dollars * 1_000_000))).collect()
    }

    #[test]
    fn given_four_days_when_figured_then_each_number_is_that_of_its_formula() {
        // By hand: returns 1 %, −2 %, 0, 3 % of $1,000.
        let figures = performance(&days(&[10, -20, 0, 30]), Money(1_000_000_000)).unwrap();
        let near = |got: Option<f64>, want: f64| (got.unwrap() - want).abs() < 1e-12;
        assert_eq!(figures.profit, Money(20_000_000));
        assert!(near(Some(figures.total_return), 0.02));
        assert!(near(figures.mean_daily, 0.005));
        assert!(near(figures.sd_daily, (0.0013_f64 / 3.0).sqrt()));
        assert!(near(figures.sharpe, 0.005 / (0.0013_f64 / 3.0).sqrt() * 252_f64.sqrt()));
        assert!(near(figures.sortino, 0.005 / 0.01 * 252_f64.sqrt()));
        assert!(near(Some(figures.max_drawdown), 20.0 / 1010.0));
        assert_eq!(figures.drawdown_days, Some((Day(100), Day(101))));
        assert_eq!(figures.best_day.unwrap().0, Day(103));
        assert_eq!(figures.worst_day.unwrap().0, Day(101));
        assert_eq!(figures.winning_days, Some(0.5));
    }

    #[test]
    fn given_nothing_or_flat_days_when_figured_then_no_ratio_is_made_up() {
        let none = performance(&[], Money(1)).unwrap();
        assert_eq!((none.days, none.sharpe, none.mean_daily), (0, None, None));
        let flat = performance(&days(&[0, 0, 0]), Money(1_000_000)).unwrap();
        assert_eq!((flat.mean_daily, flat.sharpe, flat.sortino), (Some(0.0), None, None));
        assert_eq!(flat.max_drawdown, 0.0);
        assert_eq!(performance(&days(&[1]), Money::ZERO), Err(FiguresError::NoCapital));
    }
}
