//! Volatility without an option chain: HV63 scaled by the volatility index over its own recent
//! mean, and a fixed smile over strikes. This one proxy, fed with the bars known
//! on that day, prices entry, every mark and the label; GARCH prices nothing. Its formulas are
//! QUANT.md's own ("Volatility without chains").

use crate::vix::{MEAN_BARS, VixWindow};
use crate::window::PriceBar;
use libm::{log, tanh};
use schemas::Day;
use serde::{Deserialize, Serialize};

/// Daily returns that HV63 and the skew take.
pub const HV_DAYS: usize = 63;
/// Earlier proxy volatilities that the percentile compares with.
pub const IV_HISTORY: usize = 126;
/// Of these, the fewest that must have one: a day without the index leaves its bar out.
pub const IV_COUNTED: usize = 100;
/// Trading days in a year.
pub(crate) const TRADING_DAYS: f64 = 252.0;

/// HV63: standard deviation (divisor 62) of the daily log returns between 64 log closes × √252,
/// a fraction per year. `None` unless exactly 64 are given.
pub fn hv63(log_closes: &[f64]) -> Option<f64> {
    if log_closes.len() != HV_DAYS + 1 {
        return None;
    }
    let returns = || log_closes.windows(2).map(|pair| pair[1] - pair[0]);
    let mean = returns().sum::<f64>() / HV_DAYS as f64;
    let squares = returns().map(|r| (r - mean) * (r - mean)).sum::<f64>();
    Some((squares / (HV_DAYS - 1) as f64).sqrt() * TRADING_DAYS.sqrt())
}

/// The proxy σ at the last bar's day: HV63 · VIX / (mean of the VIX's own last 63 bars), a
/// fraction per year. `None` with fewer than 64 bars, or when the index has no close on that
/// day or fewer than 63 bars up to it.
pub fn current_iv(bars: &[PriceBar], vix: &VixWindow) -> Option<f64> {
    let last = bars.last()?;
    let recent = &bars[bars.len().checked_sub(HV_DAYS + 1)?..];
    let mut logs = [0.0; HV_DAYS + 1];
    logs.iter_mut().zip(recent).for_each(|(y, bar)| *y = log(bar.close));
    Some(hv63(&logs)? * vix.ratio(last.day)?)
}

/// σ(K) = σ · (1 − 0.1·tanh(z/2)), z = ln(K/S)/(σ√T): a little more for low strikes, a little
/// less for high ones. Prices in dollars, `years` = T; at or after expiry it is σ itself.
pub fn smile(sigma: f64, spot: f64, strike: f64, years: f64) -> f64 {
    if years <= 0.0 {
        return sigma;
    }
    let z = log(strike / spot) / (sigma * years.sqrt());
    sigma * (1.0 - 0.1 * tanh(0.5 * z))
}

/// Where the volatility index is missing, so that there is no proxy.
#[derive(thiserror::Error, Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub enum VixGap {
    /// The scan day itself has no close.
    #[error("the volatility index has no close on {day}")]
    OnDay {
        /// The scan day.
        day: Day,
    },
    /// The mean has too few closes.
    #[error(
        "the volatility index has only {have} closes up to {day} and its mean needs {MEAN_BARS}"
    )]
    TooShort {
        /// The scan day.
        day: Day,
        /// Closes up to it.
        have: usize,
    },
    /// Too few of the bars before the day have a σ to compare with.
    #[error(
        "the volatility index gives a volatility on only {have} of the {IV_HISTORY} bars before \
         {day} and {IV_COUNTED} are needed: it has no close on the others, or fewer than \
         {MEAN_BARS} up to them"
    )]
    Before {
        /// The scan day.
        day: Day,
        /// Bars with a σ.
        have: usize,
    },
}

/// The proxy on a scan day and its rank in its own past.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proxy {
    /// HV63 of the day, a fraction per year.
    pub hv63: f64,
    /// The proxy σ of the day, a fraction per year.
    pub current_iv: f64,
    /// The volatility index of the day, points.
    pub vix: f64,
    /// Share of the σ of the previous 126 bars not above the day's, of those that have one.
    pub iv_percentile: f64,
}

impl Proxy {
    /// The proxy at the last of `bars`, whose log closes are given beside them (same length).
    /// There are 190 bars or more.
    pub(crate) fn of(
        bars: &[PriceBar],
        log_closes: &[f64],
        vix: &VixWindow,
    ) -> Result<Proxy, VixGap> {
        let sigma_at = |at: usize| {
            let volatility = hv63(&log_closes[at - HV_DAYS..=at])?;
            Some((volatility, volatility * vix.ratio(bars[at].day)?))
        };
        let last = bars.len() - 1;
        let day = bars[last].day;
        let points = vix.at(day).ok_or(VixGap::OnDay { day })?;
        let short = || VixGap::TooShort { day, have: vix.until(day) };
        let (hv63, current_iv) = sigma_at(last).ok_or_else(short)?;
        let before = (last - IV_HISTORY..last).filter_map(sigma_at);
        let not_above: Vec<bool> = before.map(|(_, sigma)| sigma <= current_iv).collect();
        let have = not_above.len();
        if have < IV_COUNTED {
            return Err(VixGap::Before { day, have });
        }
        let below = not_above.into_iter().filter(|not_above| *not_above).count();
        let iv_percentile = below as f64 / have as f64;
        Ok(Proxy { hv63, current_iv, vix: points, iv_percentile })
    }
}

/// (d − u)/(d + u), root mean squares of the negative (d) and of the positive (u) returns
/// between the log closes given, each over its own count; `None` with none on one side.
pub fn skew(log_closes: &[f64]) -> Option<f64> {
    let rms = |sign: f64| {
        let side = log_closes.windows(2).map(|pair| sign * (pair[1] - pair[0]));
        let (sum, count) =
            side.filter(|r| *r > 0.0).fold((0.0, 0_u32), |(sum, n), r| (sum + r * r, n + 1));
        (count > 0).then(|| (sum / f64::from(count)).sqrt())
    };
    let (down, up) = (rms(-1.0)?, rms(1.0)?);
    Some((down - up) / (down + up))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Day;

    #[test]
    fn a_price_that_moves_by_one_percent_in_turn_has_the_volatility_of_that() {
        let logs: Vec<f64> = (0..64).map(|i| if i % 2 == 0 { 0.0 } else { 0.01 }).collect();
        // 32 returns of +1 %, 31 of −1 %.
        let mean = 0.01 / 63.0;
        let expected = ((63.0 * 1e-4 - 63.0 * mean * mean) / 62.0 * 252.0_f64).sqrt();
        assert!((hv63(&logs).unwrap() - expected).abs() < 1e-15);
        assert_eq!(hv63(&logs[1..]), None);
        assert!(skew(&logs).unwrap().abs() < 1e-12);
    }

    #[test]
    fn returns_on_one_side_have_no_skew() {
        assert_eq!(skew(&[1.0, 2.0, 2.0, 3.0]), None);
        // d = 1, u = √((1 + 9)/2)
        let u = 5.0_f64.sqrt();
        assert!((skew(&[0.0, 1.0, 0.0, 3.0]).unwrap() - (1.0 - u) / (1.0 + u)).abs() < 1e-15);
    }

    #[test]
    fn the_proxy_needs_the_index_on_that_very_day() {
        let bars: Vec<PriceBar> = (0..64)
            .map(|i| {
                let close = if i % 2 == 0 { 100.0 } else { 101.0 };
                let day = Day(i);
                PriceBar { day, open: close, high: close, low: close, close, volume: 1.0 }
            })
            .collect();
        let mut vix = VixWindow::new();
        (0..63).for_each(|day| vix.push(Day(day), 20.0).unwrap());
        assert_eq!(current_iv(&bars, &vix), None);
        vix.push(Day(63), 20.0).unwrap();
        let logs: Vec<f64> = bars.iter().map(|bar| log(bar.close)).collect();
        assert_eq!(current_iv(&bars, &vix), hv63(&logs));
        assert_eq!(current_iv(&bars[1..], &vix), None);
    }

    /// 252 bars that move by 1 and 2 % in turn, and what the proxy is with these days' index.
    fn proxy(has_index: impl Fn(i32) -> bool) -> Result<Proxy, VixGap> {
        let bars: Vec<PriceBar> = (0..252)
            .map(|i| {
                let close = 100.0 + f64::from(i % 2) * (1.0 + f64::from(i) / 252.0);
                let day = Day(i);
                PriceBar { day, open: close, high: close, low: close, close, volume: 1.0 }
            })
            .collect();
        let logs: Vec<f64> = bars.iter().map(|bar| log(bar.close)).collect();
        let mut vix = VixWindow::new();
        (-63..252).filter(|day| has_index(*day)).for_each(|day| vix.push(Day(day), 20.0).unwrap());
        Proxy::of(&bars, &logs, &vix)
    }

    #[test]
    fn bars_without_the_index_are_left_out_of_the_percentile_and_too_few_are_a_refusal() {
        let day = Day(251);
        // Its moves grow, so that every earlier σ is below the day's.
        let all = proxy(|_| true).unwrap();
        assert_eq!((all.iv_percentile, all.vix), (1.0, 20.0));
        // The index's mean is over its own bars, whichever are missing.
        assert_eq!(proxy(|on| on != 250 && on != 130), Ok(all));
        assert_eq!(proxy(|on| !(125..151).contains(&on)), Ok(all));
        assert_eq!(proxy(|on| !(125..152).contains(&on)), Err(VixGap::Before { day, have: 99 }));
        assert_eq!(proxy(|on| on != 251), Err(VixGap::OnDay { day }));
        assert_eq!(proxy(|on| on > 200), Err(VixGap::TooShort { day, have: 51 }));
        // 63 closes, but none of the bars before has as many.
        assert_eq!(proxy(|on| on > 188), Err(VixGap::Before { day, have: 0 }));
        let said = VixGap::Before { day: "2018-06-29".parse().unwrap(), have: 93 }.to_string();
        assert!(said.contains("93 of the 126 bars before 2018-06-29 and 100 are"), "{said}");
    }

    #[test]
    fn the_smile_is_flat_at_the_money_and_falls_with_the_strike() {
        assert_eq!(smile(0.2, 100.0, 100.0, 0.1), 0.2);
        assert!(smile(0.2, 100.0, 90.0, 0.1) > smile(0.2, 100.0, 110.0, 0.1));
        let ends = [smile(0.2, 100.0, 1.0, 0.1) - 0.22, smile(0.2, 100.0, 1e4, 0.1) - 0.18];
        assert!(ends.iter().all(|end| end.abs() < 1e-15));
        assert_eq!(smile(0.2, 100.0, 90.0, 0.0), 0.2);
    }
}
