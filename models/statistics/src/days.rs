//! Means of daily values and their errors. The unit is the scan day: rows of one day share their
//! future, and so do days that lie within one holding.

/// The mean; none of no value.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation, divisor n − 1; none below two values.
pub fn sd(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// Mean ÷ standard deviation of daily returns: the Sharpe ratio of a day. None where the days do not
/// differ; that is asked of the days themselves, as rounding gives equal days a deviation of 1e-18.
pub(crate) fn sharpe(returns: &[f64]) -> Option<f64> {
    let differ = returns.windows(2).any(|pair| pair[0] != pair[1]);
    let spread = sd(returns).filter(|sd| differ && *sd > 0.0)?;
    Some(mean(returns)? / spread)
}

/// The mean of daily values and its standard error, sd × √(H/D) for D days and holdings of at
/// most H = `block` trading days; no error of a single day.
pub fn mean_by_days(daily: &[f64], block: usize) -> (f64, Option<f64>) {
    let days = daily.len() as f64;
    let error = sd(daily).map(|sd| sd * (block.max(1) as f64 / days).sqrt());
    (mean(daily).unwrap_or(f64::NAN), error)
}

/// Calendar days as trading days, 252 of 365 rounded up, at least 1: the block in which scan days
/// overlap when holdings last that long.
pub fn trading_days(calendar_days: i32) -> usize {
    (calendar_days.max(1) as usize * 252).div_ceil(365)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_error_counts_days_that_do_not_overlap() {
        let daily = [0.2, 0.4, 0.6, 0.4];
        let (mean, error) = mean_by_days(&daily, 1);
        let sd = (0.08_f64 / 3.0).sqrt();
        assert!((mean - 0.4).abs() < 1e-12 && (error.unwrap() - sd / 2.0).abs() < 1e-12);
        assert!((mean_by_days(&daily, 4).1.unwrap() - sd).abs() < 1e-12);
        assert_eq!(mean_by_days(&[0.5], 3), (0.5, None));
        assert_eq!((super::mean(&[]), super::sd(&[0.5])), (None, None));
    }

    #[test]
    fn days_that_do_not_differ_have_no_sharpe_ratio() {
        assert!((sharpe(&[0.1, 0.3]).unwrap() - 2.0_f64.sqrt()).abs() < 1e-12);
        assert!(sd(&[0.1; 3]).unwrap() > 0.0, "rounding");
        assert_eq!([&[0.1; 3][..], &[0.0; 9], &[0.2], &[]].map(sharpe), [None; 4]);
    }

    #[test]
    fn calendar_days_are_rounded_up_to_trading_days() {
        assert_eq!([-3, 0, 1, 2, 44, 365].map(trading_days), [1, 1, 1, 2, 31, 252]);
    }
}
