//! The basis of an analysis: the data at the close of the scan day (`AtClose`, after the refusals
//! that need no fit) and the outlook from there (`Series`: trend, cycle, forecast, volatility, and
//! the butterfly that follows from them).

use crate::arima::{self, Forecast};
use crate::butterfly::Butterfly;
use crate::features::recent_volumes;
use crate::garch;
use crate::refusal::Refusal;
use crate::score::Trend;
use crate::settings::Strikes;
use crate::spectrum::{Spectrum, line, spectrum};
use crate::term::Term;
use crate::vix::VixWindow;
use crate::volatility::{HV_DAYS, Proxy, TRADING_DAYS, skew};
use crate::window::{PriceBar, PriceWindow, WINDOW};
use libm::{exp, log};
use schemas::{Day, TradingCalendar};

/// Closes that the trend line is fitted to.
pub const TREND_CLOSES: usize = 60;

/// The data at the close, after the refusals that need no fit.
pub(crate) struct AtClose<'a> {
    pub(crate) day: Day,
    pub(crate) bars: &'a [PriceBar],
    pub(crate) log_closes: Vec<f64>,
    pub(crate) proxy: Proxy,
    pub(crate) skew: f64,
}

impl AtClose<'_> {
    pub(crate) fn of<'a>(
        window: &'a PriceWindow,
        vix: &VixWindow,
        day: Day,
    ) -> Result<AtClose<'a>, Refusal> {
        let known = window.until(day);
        known.last().filter(|last| last.day == day).ok_or(Refusal::NoBar)?;
        let (have, first) = (known.len(), known[0].day);
        let bars = window.analysed(day).ok_or(Refusal::TooFewBars { have, day, first })?;
        let log_closes: Vec<f64> = bars.iter().map(|bar| log(bar.close)).collect();
        let proxy = Proxy::of(bars, &log_closes, vix)?;
        if !(0.01..=3.0).contains(&proxy.hv63) {
            return Err(Refusal::VolatilityOutOfRange { hv63: proxy.hv63 });
        }
        if recent_volumes(bars).sum::<f64>() <= 0.0 {
            return Err(Refusal::NoVolume);
        }
        let recent = &log_closes[WINDOW - HV_DAYS - 1..];
        let skew = skew(recent).ok_or(Refusal::OneSidedReturns)?;
        Ok(AtClose { day, bars, log_closes, proxy, skew })
    }

    pub(crate) fn spot(&self) -> f64 {
        self.bars[WINDOW - 1].close
    }
}

/// The outlook of the series.
pub(crate) struct Series {
    pub(crate) trend_slope: f64,
    pub(crate) spectrum: Spectrum,
    pub(crate) arima: arima::Fit,
    pub(crate) garch: garch::Fit,
    pub(crate) term: Term,
    pub(crate) forecast: Forecast,
    pub(crate) predicted_vol: f64,
}

impl Series {
    pub(crate) fn of(seen: &AtClose<'_>, calendar: TradingCalendar) -> Result<Series, Refusal> {
        let y = &seen.log_closes;
        let stuck = |what: &str| Refusal::NoConvergence { what: what.into() };
        let slope = line(&y[WINDOW - TREND_CLOSES..]).slope;
        let spectrum = spectrum(y).ok_or_else(|| stuck("spectrum"))?;
        let recent = arima::differences(&y[WINDOW - arima::CLOSES..]);
        let arima = arima::fit(&recent).ok_or_else(|| stuck("ARIMA"))?;
        let garch = garch::fit(&arima::differences(y)).ok_or_else(|| stuck("GARCH"))?;
        let term = Term::of(seen.day, spectrum.dominant_period, calendar);
        let horizon = term.horizon.max(1) as usize;
        Ok(Series {
            trend_slope: slope / (seen.proxy.hv63 / TRADING_DAYS.sqrt()),
            forecast: arima::forecast(&arima, &recent, horizon),
            predicted_vol: garch::predicted_vol(&garch, horizon),
            spectrum,
            arima,
            garch,
            term,
        })
    }

    pub(crate) fn choose(
        &self,
        seen: &AtClose<'_>,
        strikes: &Strikes<'_>,
    ) -> Result<Butterfly, Refusal> {
        let wanted = seen.spot() * self.forecast.interval_width() / 4.0;
        let (centre, wing) =
            strikes.nearest(self.forecast_price(seen), wanted).ok_or(Refusal::NoListedStrikes)?;
        if centre - wing <= 0.0 {
            return Err(Refusal::CentreBelowWing { centre, wing });
        }
        let kind = Trend::of(self.trend_slope).kind(self.spectrum.cycle_position);
        let Term { expiry, evaluation_day, dte, horizon } = self.term;
        Ok(Butterfly { kind, centre, wing, expiry, evaluation_day, dte, horizon })
    }

    pub(crate) fn forecast_price(&self, seen: &AtClose<'_>) -> f64 {
        seen.spot() * exp(self.forecast.last_return())
    }
}
