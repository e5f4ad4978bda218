//! One analysis with the lines behind it, for `analyze`'s tables and picture: the window it was
//! made of, the fitted trend, the forecast day by day, volatility over time. Everything comes
//! from `quant`'s own functions over the same bars, so that a picture never shows another
//! number than the scan had.

use anyhow::{Context, Result};
use producers::source::{Market, day_events};
use quant::{
    Analysis, HV_DAYS, OptionRight, PriceBar, PriceHistory, Refusal, Terms, VixWindow, WINDOW,
};
use quant::{arima, spectrum};
use schemas::Day;
use statistics::normal::Z_975;

/// Closes that the trend is a line through (QUANT.md, feature 1).
const TREND_CLOSES: usize = 60;

/// A value on a day.
pub type Point = (Day, f64);

/// What is expected of the price some way ahead, dollars per share.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    /// Calendar days after the scan day; the trading days of the forecast, spread evenly.
    pub days: f64,
    /// Expected price.
    pub price: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// An analysis and what it was made of.
pub struct Study {
    /// Whose.
    pub ticker: String,
    /// The numbers.
    pub analysis: Analysis,
    /// The window's 252 closes, dollars.
    pub closes: Vec<Point>,
    /// The least-squares line through the last 60 log closes, dollars.
    pub trend: Vec<Point>,
    /// The forecast, from the scan day (0 days ahead) to the evaluation date.
    pub forecast: Vec<Ahead>,
    /// Volatility of 63 days, a fraction per year, on every day of the window that has it.
    pub realised: Vec<Point>,
    /// The proxy σ likewise.
    pub implied: Vec<Point>,
    /// Share of all power by period in trading days, longest first.
    pub power: Vec<(f64, f64)>,
    /// Expected profit or loss per share at expiry if volatility is GARCH's, dollars.
    pub expected_value: f64,
}

/// Reads a market up to `day`, keeping the index and one ticker.
///
/// The whole market is read, not the ticker alone, because the index has closes on days on
/// which this ticker did not trade, and a scan knows them.
pub fn book_of(market: &mut dyn Market, ticker: &str, day: Day) -> Result<PriceHistory> {
    let (mut book, mut after) = (PriceHistory::default(), None);
    while let Some(mut market_day) = market.next_day(after)?.filter(|next| next.day <= day) {
        market_day.bars.retain(|(name, _)| name == ticker);
        market_day.actions.retain(|(name, _)| name == ticker);
        market_day.missing.clear();
        let previous = after.unwrap_or(market_day.day);
        day_events(&market_day, previous, false, 1).iter().for_each(|event| book.apply(event));
        after = Some(market_day.day);
    }
    Ok(book)
}

/// Analyses a ticker of a book at the close of `day`.
///
/// # Errors
/// A refusal is the inner error; the outer one is a number that the analysis had and this could
/// not make again.
pub fn study(
    book: &PriceHistory,
    ticker: &str,
    day: Day,
    settings: &quant::PricingSettings,
) -> Result<Result<Study, Refusal>> {
    let Some(window) = book.window(ticker) else { return Ok(Err(Refusal::NoBar)) };
    let analysis = match quant::analyze(window, book.vix(), day, settings) {
        Ok(analysis) => analysis,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let known = window.until(day);
    let bars = &known[known.len() - WINDOW..];
    let logs: Vec<f64> = bars.iter().map(|bar| bar.close.ln()).collect();
    Ok(Ok(Study {
        ticker: ticker.to_owned(),
        closes: bars.iter().map(|bar| (bar.day, bar.close)).collect(),
        trend: trend(bars, &logs),
        forecast: forecast(&analysis, &logs),
        realised: rolling(bars, |upto| quant::hv63(&logs[upto - HV_DAYS - 1..upto])),
        implied: rolling(bars, |upto| proxy(&bars[..upto], book.vix())),
        power: power(&logs)?,
        expected_value: expected_value(&analysis),
        analysis,
    }))
}

fn proxy(bars: &[PriceBar], vix: &VixWindow) -> Option<f64> {
    quant::current_iv(bars, vix)
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

fn forecast(analysis: &Analysis, logs: &[f64]) -> Vec<Ahead> {
    let recent = arima::differences(&logs[logs.len() - arima::CLOSES..]);
    let horizon = analysis.butterfly.horizon.max(1) as usize;
    let ahead = arima::forecast(&analysis.arima, &recent, horizon);
    let span = f64::from(analysis.butterfly.evaluation_day - analysis.day);
    let at = |(n, (mean, sd)): (usize, (&f64, &f64))| {
        let price = |z: f64| analysis.spot * (mean + z * sd).exp();
        let days = span * (n + 1) as f64 / horizon as f64;
        Ahead { days, price: price(0.0), low: price(-Z_975), high: price(Z_975) }
    };
    let spot = analysis.spot;
    let today = Ahead { days: 0.0, price: spot, low: spot, high: spot };
    std::iter::once(today).chain(ahead.mean.iter().zip(&ahead.sd).enumerate().map(at)).collect()
}

fn power(logs: &[f64]) -> Result<Vec<(f64, f64)>> {
    let power = spectrum::spectrum(logs).context("the window has no spectrum")?.power;
    let all: f64 = power[1..].iter().sum();
    let share = |(k, p): (usize, &f64)| (WINDOW as f64 / k as f64, p / all);
    Ok(power.iter().enumerate().skip(1).map(share).collect())
}

/// E[payoff] − risk with ln S_T ~ N(ln S − v/2, v) as in feature 18: without rate and dividend
/// Black and Scholes' price of the payoff at GARCH's volatility is that expectation.
fn expected_value(analysis: &Analysis) -> f64 {
    let fly = &analysis.butterfly;
    let years = f64::from(fly.dte) / 365.0;
    let call = |strike: f64| {
        let (spot, sigma) = (analysis.spot, analysis.predicted_vol);
        let terms = Terms { spot, strike, sigma, years, rate: 0.0, dividend: 0.0 };
        quant::quote(OptionRight::Call, &terms).price
    };
    let payoff = call(fly.centre - fly.wing) - 2.0 * call(fly.centre) + call(fly.centre + fly.wing);
    payoff - analysis.risk
}
