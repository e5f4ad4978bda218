//! One analysis with the series behind it, for `analyze`'s tables and chart: the window, the
//! fitted trend, the forecast day by day, volatility over time. All of them come from `quant`'s
//! own functions over the same bars, so a chart shows the numbers that the scan used.

use anyhow::{Context, Result};
use producers::source::{KnownMarket, Market, day_events, market_news};
use quant::{
    Analysis, HV_DAYS, PriceBar, PriceHistory, PricingSettings, Refusal, TREND_CLOSES, WINDOW,
};
use quant::{arima, spectrum};
use schemas::{Day, TradingCalendar};
use statistics::normal::Z_975;
use std::collections::BTreeMap;

/// A value on a day.
pub type Point = (Day, f64);

/// The price forecast for one day ahead, dollars per share.
#[derive(Clone, Copy, Debug)]
pub struct ForecastPoint {
    /// Calendar days after the scan day: the trading days of the forecast, spread evenly.
    pub days: f64,
    /// Expected price.
    pub price: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// An analysis and the series behind it.
pub struct AnalysisDetail {
    /// The stock.
    pub ticker: String,
    /// Its numbers.
    pub analysis: Analysis,
    /// The window's 252 closes, dollars.
    pub closes: Vec<Point>,
    /// The least-squares line through the last 60 log closes, dollars.
    pub trend: Vec<Point>,
    /// The forecast, from the scan day (0 days ahead) to the evaluation date.
    pub forecast: Vec<ForecastPoint>,
    /// 63-day volatility, a fraction per year, on every day of the window that has one.
    pub realised: Vec<Point>,
    /// The proxy σ on the same terms.
    pub implied: Vec<Point>,
    /// Share of the total power by period in trading days, longest first.
    pub power: Vec<(f64, f64)>,
}

/// The price history of one ticker and the index, as a run that begins on `day` has it.
///
/// # Errors
/// The market cannot be read, or does not have `day`.
pub fn price_history(market: &mut dyn Market, ticker: &str, day: Day) -> Result<PriceHistory> {
    let mut today = market
        .next_day(Some(day + -1))?
        .filter(|today| today.day == day)
        .with_context(|| format!("the market does not have {day}"))?;
    today.bars.retain(|(name, _)| name == ticker);
    let news = market_news(&KnownMarket::default(), market, &today, &BTreeMap::new())?;
    let mut history = PriceHistory::default();
    day_events(&today, &news, day + -1, false, 1).iter().for_each(|event| history.apply(event));
    Ok(history)
}

/// Analyses a ticker at the close of `day`; expiry and evaluation day are days of `calendar`.
///
/// # Errors
/// The inner error is a refusal. The outer one means that a number of the analysis could not be
/// computed again.
pub fn analysis_detail(
    history: &PriceHistory,
    ticker: &str,
    day: Day,
    calendar: TradingCalendar,
    settings: &PricingSettings,
) -> Result<Result<AnalysisDetail, Refusal>> {
    let Some(window) = history.window(ticker) else { return Ok(Err(Refusal::NoBar)) };
    let analysis = match quant::analyze(window, history.vix(), day, calendar, settings) {
        Ok(analysis) => analysis,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let known = window.until(day);
    let bars = &known[known.len() - WINDOW..];
    let logs: Vec<f64> = bars.iter().map(|bar| bar.close.ln()).collect();
    Ok(Ok(AnalysisDetail {
        ticker: ticker.to_owned(),
        closes: bars.iter().map(|bar| (bar.day, bar.close)).collect(),
        trend: trend(bars, &logs),
        forecast: forecast(&analysis, &logs),
        realised: rolling(bars, |upto| quant::hv63(&logs[upto - HV_DAYS - 1..upto])),
        implied: rolling(bars, |upto| quant::current_iv(&bars[..upto], history.vix())),
        power: power(&logs)?,
        analysis,
    }))
}

fn rolling(bars: &[PriceBar], at: impl Fn(usize) -> Option<f64>) -> Vec<Point> {
    (HV_DAYS + 1..=bars.len())
        .filter_map(|upto| at(upto).map(|value| (bars[upto - 1].day, value)))
        .collect()
}

fn trend(bars: &[PriceBar], logs: &[f64]) -> Vec<Point> {
    let first = logs.len() - TREND_CLOSES;
    let line = spectrum::line(&logs[first..]);
    let height = |n: usize| (line.intercept + line.slope * n as f64).exp();
    bars[first..].iter().enumerate().map(|(n, bar)| (bar.day, height(n))).collect()
}

fn forecast(analysis: &Analysis, logs: &[f64]) -> Vec<ForecastPoint> {
    let recent = arima::differences(&logs[logs.len() - arima::CLOSES..]);
    let horizon = analysis.butterfly.horizon.max(1) as usize;
    let ahead = arima::forecast(&analysis.arima, &recent, horizon);
    let span = f64::from(analysis.butterfly.evaluation_day - analysis.day);
    let at = |(n, (mean, sd)): (usize, (&f64, &f64))| {
        let price = |z: f64| analysis.spot * (mean + z * sd).exp();
        let days = span * (n + 1) as f64 / horizon as f64;
        ForecastPoint { days, price: price(0.0), low: price(-Z_975), high: price(Z_975) }
    };
    let spot = analysis.spot;
    let today = ForecastPoint { days: 0.0, price: spot, low: spot, high: spot };
    std::iter::once(today).chain(ahead.mean.iter().zip(&ahead.sd).enumerate().map(at)).collect()
}

fn power(logs: &[f64]) -> Result<Vec<(f64, f64)>> {
    let power = spectrum::spectrum(logs).context("the window has no spectrum")?.power;
    let all: f64 = power[1..].iter().sum();
    let share = |(k, p): (usize, &f64)| (WINDOW as f64 / k as f64, p / all);
    Ok(power.iter().enumerate().skip(1).map(share).collect())
}
