//! The numbers of the feature contract (`schemas::contract`): 23 without a unit of money. This
//! is the one place that computes them, for training, scoring and backtest alike. Known and
//! left so: 15 is 1 − 16, 22 is nearly tanh of 8, and 12 and 13 move together.

use crate::butterfly::Mark;
use crate::probability::prob_between;
use crate::term::Term;
use crate::volatility::Proxy;
use crate::window::PriceBar;
use libm::log;
use schemas::contract::FEATURES;

/// The range of each feature, in the order of [`schemas::contract::FEATURE_NAMES`], both ends included; where no law
/// bounds it, any finite number. The trend is bounded because at least one of 63 returns is below
/// 0 and one above (else there is no skew): 62 equal ones and one of 0 have a mean of 7.8 standard
/// deviations, and the weights of a line add less than 1.
pub const FEATURE_RANGES: [std::ops::RangeInclusive<f64>; FEATURES] = [
    -9.0..=9.0,                // trend_slope
    7.0..=126.0,               // dominant_period
    0.0..=1.0,                 // period_strength
    f64::MIN..=f64::MAX,       // forecast_return
    0.0..=f64::MAX,            // forecast_interval_width
    0.0..=f64::MAX,            // predicted_vol
    0.0..=f64::MAX,            // current_iv
    f64::MIN..=f64::MAX,       // vol_mispricing
    0.0..=1.0,                 // iv_percentile
    -1.0..=1.0,                // skew
    f64::MIN..=f64::MAX,       // delta
    f64::MIN..=f64::MAX,       // gamma
    f64::MIN..=f64::MAX,       // vega
    f64::MIN..=f64::MAX,       // theta
    0.05..=0.95,               // max_profit
    0.05..=0.95,               // max_loss
    1.0 / 19.0..=19.0,         // profit_ratio
    0.0..=1.0,                 // prob_profit
    f64::MIN..=f64::MAX,       // momentum_7d
    1.0..=5.0,                 // volume_concentration
    20.0 / 45.0..=51.0 / 45.0, // dte_factor; a holiday takes a day of the shortest
    -1.0..=1.0,                // gamma_theta_ratio
    0.0..=f64::MAX,            // vix_level
];

/// The inputs of the features. Prices and money in dollars per share, volatilities as
/// fractions per year.
pub(crate) struct Ingredients<'a> {
    pub(crate) bars: &'a [PriceBar],
    pub(crate) trend_slope: f64,
    pub(crate) dominant_period: f64,
    pub(crate) period_strength: f64,
    pub(crate) forecast_return: f64,
    pub(crate) interval_width: f64,
    pub(crate) predicted_vol: f64,
    pub(crate) proxy: Proxy,
    pub(crate) skew: f64,
    pub(crate) spot: f64,
    pub(crate) centre: f64,
    pub(crate) wing: f64,
    pub(crate) term: Term,
    pub(crate) mark: Mark,
}

impl Ingredients<'_> {
    /// K ∓ (w − risk): between these prices at expiry the position gains.
    pub(crate) fn break_evens(&self) -> [f64; 2] {
        let reach = self.wing - (self.mark.debit + self.mark.cost);
        [self.centre - reach, self.centre + reach]
    }

    /// risk/w.
    pub(crate) fn max_loss(&self) -> f64 {
        (self.mark.debit + self.mark.cost) / self.wing
    }

    fn prob_profit(&self) -> f64 {
        let years = f64::from(self.term.dte) / 365.0;
        let [low, high] = self.break_evens();
        prob_between(self.spot, low, high, self.predicted_vol * self.predicted_vol * years)
    }

    /// (x + θ)/(|x| + |θ|): the gain of a day's expected move against the day's decay.
    fn gamma_theta_ratio(&self) -> f64 {
        let variance = self.predicted_vol * self.predicted_vol;
        let moved = 0.5 * variance * self.spot * self.spot * self.mark.gamma / 365.0;
        let decay = self.mark.theta / 365.0;
        let sum = moved.abs() + decay.abs();
        if sum == 0.0 { 0.0 } else { (moved + decay) / sum }
    }

    /// The 23 features, in the order of [`schemas::contract::FEATURE_NAMES`].
    pub(crate) fn features(&self) -> [f64; FEATURES] {
        let (mark, spot, wing) = (&self.mark, self.spot, self.wing);
        let max_loss = self.max_loss();
        [
            self.trend_slope,
            self.dominant_period,
            self.period_strength,
            self.forecast_return,
            self.interval_width,
            self.predicted_vol,
            self.proxy.current_iv,
            log(self.proxy.current_iv / self.predicted_vol),
            self.proxy.iv_percentile,
            self.skew,
            spot * mark.delta / wing,
            spot * spot * mark.gamma / wing,
            0.01 * mark.vega / wing,
            mark.theta / (365.0 * wing),
            1.0 - max_loss,
            max_loss,
            (1.0 - max_loss) / max_loss,
            self.prob_profit(),
            momentum(self.bars, 7),
            concentration(self.bars),
            f64::from(self.term.dte) / 45.0,
            self.gamma_theta_ratio(),
            self.proxy.vix / 100.0,
        ]
    }
}

/// ln(C_t/C_{t−n}), n bars back; NaN with fewer bars.
fn momentum(bars: &[PriceBar], back: usize) -> f64 {
    match (bars.last(), bars.len().checked_sub(back + 1)) {
        (Some(last), Some(at)) => log(last.close / bars[at].close),
        _ => f64::NAN,
    }
}

/// The volumes of the last five bars.
pub(crate) fn recent_volumes(bars: &[PriceBar]) -> impl Iterator<Item = f64> + '_ {
    bars[bars.len().saturating_sub(5)..].iter().map(|bar| bar.volume)
}

/// max/mean of the last five volumes.
fn concentration(bars: &[PriceBar]) -> f64 {
    let greatest = recent_volumes(bars).fold(0.0, f64::max);
    greatest / (recent_volumes(bars).sum::<f64>() / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Day;

    #[test]
    fn windows_are_counted_in_bars() {
        let bars: Vec<PriceBar> = (1..=9)
            .map(|i| {
                let close = f64::from(i);
                let day = Day(3 * i);
                PriceBar { day, open: close, high: close, low: close, close, volume: close }
            })
            .collect();
        assert!((momentum(&bars, 7) - 4.5_f64.ln()).abs() < 1e-15);
        assert!((concentration(&bars) - 9.0 / 7.0).abs() < 1e-15);
        assert!(momentum(&bars[..7], 7).is_nan());
    }
}
