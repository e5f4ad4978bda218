//! One scan of one ticker: every number that QUANT.md defines, or the first reason against it.
//! Refusals come in the order given there, so that one day's data always gives one answer.

use crate::arima;
use crate::butterfly::{Butterfly, Mark, PricedLeg, legs, mark_legs};
use crate::features::Ingredients;
use crate::garch;
use crate::label::TRADABLE;
use crate::outlook::{AtClose, Series};
use crate::probability::expected_payoff;
use crate::refusal::Refusal;
use crate::score::{ScoreInputs, TechnicalScore, Trend, score};
use crate::settings::{PricingSettings, Strikes, step_for};
use crate::vix::VixWindow;
use crate::window::PriceWindow;
use schemas::contract::{CONTRACT_VERSION, FEATURE_NAMES, FEATURES, position};
use schemas::{Day, TradingCalendar};
use serde::{Deserialize, Serialize};

/// All that is known of a candidate at the close of its scan day. Prices and money are dollars
/// per share, volatilities fractions per year, returns natural logarithms.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Analysis {
    /// The scan day t.
    pub day: Day,
    /// S: the close of t.
    pub spot: f64,
    /// The settings in force, rates among them.
    pub settings: PricingSettings,
    /// Slope of the last 60 log closes ÷ daily volatility.
    pub trend_slope: f64,
    /// Up, flat or down.
    pub trend: Trend,
    /// The period of greatest power, trading days.
    pub dominant_period: f64,
    /// Its share of all power.
    pub period_strength: f64,
    /// Position of its cycle at t, in log price.
    pub cycle_position: f64,
    /// The ARIMA model chosen.
    pub arima: arima::Fit,
    /// Forecast of ln price at the evaluation date minus ln S.
    pub forecast_return: f64,
    /// F = S·e^forecast_return, before rounding to a strike.
    pub forecast_price: f64,
    /// 95 % upper minus lower of that forecast.
    pub interval_width: f64,
    /// The GARCH model.
    pub garch: garch::Fit,
    /// Volatility that GARCH forecasts up to the evaluation date.
    pub predicted_vol: f64,
    /// Volatility of the last 63 returns.
    pub hv63: f64,
    /// The proxy σ that prices everything.
    pub current_iv: f64,
    /// The volatility index, points.
    pub vix: f64,
    /// ln(current_iv/predicted_vol).
    pub vol_mispricing: f64,
    /// Share of the previous 126 proxy σ not above today's.
    pub iv_percentile: f64,
    /// (d − u)/(d + u) of the falls and rises of 63 days.
    pub skew: f64,
    /// The position.
    pub butterfly: Butterfly,
    /// Its legs, priced at the close of t.
    pub legs: Vec<PricedLeg>,
    /// Its debit D, one-way cost c, value V and greeks at the close of t.
    pub mark: Mark,
    /// D + c: capital at risk.
    pub risk: f64,
    /// Greatest gain, w − risk.
    pub max_profit: f64,
    /// Greatest loss: the risk.
    pub max_loss: f64,
    /// The two prices at expiry where gain turns to loss, ascending.
    pub break_evens: [f64; 2],
    /// Chance of ending between them.
    pub prob_profit: f64,
    /// The technical score and its parts.
    pub score: TechnicalScore,
    /// The 23 features of the contract.
    pub features: [f64; FEATURES],
    /// Version of that contract.
    pub contract_version: u32,
}

impl Analysis {
    /// Expected gain of holding to expiry, dollars per share, under the distribution of
    /// `prob_profit` (volatility `predicted_vol`, no drift): expected payoff − risk. The way out
    /// costs nothing there.
    pub fn expected_value(&self) -> f64 {
        let variance = self.predicted_vol * self.predicted_vol * f64::from(self.butterfly.dte);
        let Butterfly { centre, wing, .. } = self.butterfly;
        expected_payoff(self.spot, centre, wing, variance / 365.0) - self.risk
    }
}

/// Analyses the ticker at the close of `day`. Bars and index closes after `day` are not read; expiry
/// and evaluation day are days of `calendar`.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn analyze(
    window: &PriceWindow,
    vix: &VixWindow,
    day: Day,
    calendar: TradingCalendar,
    settings: &PricingSettings,
) -> Result<Analysis, Refusal> {
    run(window, vix, day, calendar, settings, None)
}

/// The same with a known chain: strikes are taken from `listed` (dollars, ascending).
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn analyze_listed(
    window: &PriceWindow,
    vix: &VixWindow,
    day: Day,
    calendar: TradingCalendar,
    settings: &PricingSettings,
    listed: &[f64],
) -> Result<Analysis, Refusal> {
    run(window, vix, day, calendar, settings, Some(listed))
}

fn run(
    window: &PriceWindow,
    vix: &VixWindow,
    day: Day,
    calendar: TradingCalendar,
    settings: &PricingSettings,
    listed: Option<&[f64]>,
) -> Result<Analysis, Refusal> {
    let seen = AtClose::of(window, vix, day)?;
    let series = Series::of(&seen, calendar)?;
    let step = settings.strike_step.unwrap_or_else(|| step_for(seen.spot()));
    let butterfly = series.choose(&seen, &listed.map_or(Strikes::Step(step), Strikes::Listed))?;
    describe(&seen, series, butterfly, settings)
}

fn describe(
    seen: &AtClose<'_>,
    series: Series,
    butterfly: Butterfly,
    settings: &PricingSettings,
) -> Result<Analysis, Refusal> {
    let spot = seen.spot();
    let legs = legs(&butterfly, spot, seen.proxy.current_iv, seen.day, settings);
    let mark = mark_legs(&butterfly, &legs, settings);
    let ingredients = ingredients(seen, &series, &butterfly, mark);
    let max_loss = ingredients.max_loss();
    if max_loss < *TRADABLE.start() || max_loss > *TRADABLE.end() {
        return Err(Refusal::MaxLossOutOfRange { max_loss });
    }
    let features = ingredients.features();
    let score = score(&score_inputs(&series, seen, &butterfly, &features));
    finite(&features, &score)?;
    let risk = mark.debit + mark.cost;
    Ok(Analysis {
        day: seen.day,
        spot,
        settings: *settings,
        trend_slope: series.trend_slope,
        trend: Trend::of(series.trend_slope),
        dominant_period: series.spectrum.dominant_period,
        period_strength: series.spectrum.period_strength,
        cycle_position: series.spectrum.cycle_position,
        forecast_return: series.forecast.last_return(),
        forecast_price: series.forecast_price(seen),
        interval_width: series.forecast.interval_width(),
        arima: series.arima,
        garch: series.garch,
        predicted_vol: series.predicted_vol,
        hv63: seen.proxy.hv63,
        current_iv: seen.proxy.current_iv,
        vix: seen.proxy.vix,
        vol_mispricing: features[VOL_MISPRICING],
        iv_percentile: seen.proxy.iv_percentile,
        skew: seen.skew,
        legs,
        mark,
        risk,
        max_profit: butterfly.wing - risk,
        max_loss: risk,
        break_evens: ingredients.break_evens(),
        prob_profit: features[PROB_PROFIT],
        score,
        features,
        contract_version: CONTRACT_VERSION,
        butterfly,
    })
}

const INTERVAL_WIDTH: usize = position("forecast_interval_width");
const VOL_MISPRICING: usize = position("vol_mispricing");
const DELTA: usize = position("delta");
const PROB_PROFIT: usize = position("prob_profit");

fn ingredients<'a>(
    seen: &AtClose<'a>,
    series: &Series,
    butterfly: &Butterfly,
    mark: Mark,
) -> Ingredients<'a> {
    Ingredients {
        bars: seen.bars,
        trend_slope: series.trend_slope,
        dominant_period: series.spectrum.dominant_period,
        period_strength: series.spectrum.period_strength,
        forecast_return: series.forecast.last_return(),
        interval_width: series.forecast.interval_width(),
        predicted_vol: series.predicted_vol,
        proxy: seen.proxy,
        skew: seen.skew,
        spot: seen.spot(),
        centre: butterfly.centre,
        wing: butterfly.wing,
        term: series.term,
        mark,
    }
}

fn score_inputs(
    series: &Series,
    seen: &AtClose<'_>,
    butterfly: &Butterfly,
    features: &[f64; FEATURES],
) -> ScoreInputs {
    ScoreInputs {
        forecast: series.forecast_price(seen),
        centre: butterfly.centre,
        wing: butterfly.wing,
        vol_mispricing: features[VOL_MISPRICING],
        interval_width: features[INTERVAL_WIDTH],
        trend: Trend::of(series.trend_slope),
        kind: butterfly.kind,
        delta: features[DELTA],
    }
}

fn finite(features: &[f64; FEATURES], score: &TechnicalScore) -> Result<(), Refusal> {
    let refuse = |what: &str| Err(Refusal::NotFinite { what: what.into() });
    if let Some(at) = features.iter().position(|value| !value.is_finite()) {
        return refuse(FEATURE_NAMES[at]);
    }
    if score.total.is_finite() { Ok(()) } else { refuse("score") }
}
