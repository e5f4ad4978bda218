//! Closed trades repriced at other volatilities and other costs. With the volatility proxy, mispricing compares two
//! estimates from the same prices, and spreads are assumed, so a result that rests on the level of either is no evidence;
//! this shows how much of the result does.

use crate::round_trips::RoundTrip;
use quant::{Butterfly, PricingSettings, entry, mark};
use schemas::events::{SHARES_PER_CONTRACT, Track};
use serde::Serialize;

/// The factors that the proxy's volatility is multiplied by.
pub const VOLATILITIES: [f64; 3] = [0.85, 1.0, 1.15];

/// The factors that the cost of each way is multiplied by.
pub const COSTS: [f64; 3] = [1.0, 2.0, 3.0];

/// Closed trades at one volatility.
#[derive(Clone, Debug, Serialize)]
pub struct AtVolatility {
    /// The factor on volatility, at entry and exit.
    pub scale: f64,
    /// Profit of all closed trades, dollars.
    pub profit: f64,
    /// Mean return on the capital at risk.
    pub mean_roi: Option<f64>,
}

/// The closed trades of a track at each factor of volatility, at the costs they had.
pub(crate) fn at_volatilities(trips: &[RoundTrip], track: Track) -> Vec<AtVolatility> {
    let of = |scale| {
        let (profit, mean_roi) = repriced(trips, track, scale, 1.0);
        AtVolatility { scale, profit, mean_roi }
    };
    VOLATILITIES.into_iter().map(of).collect()
}

/// The closed trades of a track at each factor of volatility (first index) and of costs (second).
#[derive(Clone, Debug, Serialize)]
pub struct SensitivityGrid {
    /// The track.
    pub track: &'static str,
    /// Profit of all closed trades, dollars.
    pub profit: [[f64; COSTS.len()]; VOLATILITIES.len()],
    /// Mean return on the capital at risk; none without a trade.
    pub mean_roi: [[Option<f64>; COSTS.len()]; VOLATILITIES.len()],
}

/// The grid of a track.
pub(crate) fn grid(trips: &[RoundTrip], track: Track) -> SensitivityGrid {
    let cells = VOLATILITIES.map(|scale| COSTS.map(|times| repriced(trips, track, scale, times)));
    SensitivityGrid {
        track: track.name(),
        profit: cells.map(|row| row.map(|(profit, _)| profit)),
        mean_roi: cells.map(|row| row.map(|(_, mean_roi)| mean_roi)),
    }
}

/// Profit and mean return of a track's closed trades with volatility times `scale` and the cost of each way times `times`.
fn repriced(trips: &[RoundTrip], track: Track, scale: f64, times: f64) -> (f64, Option<f64>) {
    let (mut profit, mut rois) = (0.0, Vec::with_capacity(trips.len()));
    for RoundTrip { opened: (day_in, open), closed: (day_out, close) } in
        trips.iter().filter(|trip| trip.track() == track)
    {
        let pricing = PricingSettings::from(&open.pricing);
        let at_open = entry(
            &Butterfly::from(&open.structure),
            *day_in,
            open.spot,
            open.sigma * scale,
            &pricing,
        );
        let at_close = mark(
            &Butterfly::from(&close.structure),
            close.spot,
            close.sigma * scale,
            *day_out,
            &pricing,
        );
        let risk = at_open.debit + times * at_open.cost;
        // A split since the entry has divided the prices of the exit.
        let split = open.structure.wing / close.structure.wing;
        let gain = (at_close.debit - times * at_close.cost).max(0.0) * split - risk;
        profit += gain * (SHARES_PER_CONTRACT * open.quantity) as f64;
        rois.push(gain / risk);
    }
    (profit, statistics::mean(&rois))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Day;
    use schemas::events::{Execution, Structure};

    fn trip(track: Track, centre: f64) -> RoundTrip {
        let structure = Structure {
            centre,
            wing: 5.0,
            expiry: Day(17_740),
            evaluation_day: Day(17_733),
            dte: 32,
            horizon: 17,
            ..Structure::default()
        };
        let at = |spot| Execution {
            track,
            structure: structure.clone(),
            quantity: 3,
            spot,
            sigma: 0.2,
            ..Execution::default()
        };
        RoundTrip { opened: (Day(17_708), at(100.0)), closed: (Day(17_733), at(99.0)) }
    }

    #[test]
    fn the_grid_holds_the_volatilities_and_costs_take_from_both_ways() {
        let trips = [trip(Track::ButterAI, 100.0), trip(Track::ButterBaseline, 105.0)];
        let found = grid(&trips, Track::ButterAI);
        let by_volatility = at_volatilities(&trips, Track::ButterAI);
        for (row, at) in by_volatility.iter().enumerate() {
            assert_eq!((found.profit[row][0], found.mean_roi[row][0]), (at.profit, at.mean_roi));
        }
        // Each further cost takes the same dollars of both ways, as long as something is left at the exit.
        let [first, second, third] = found.profit[1];
        assert!(first > second && ((first - second) - (second - third)).abs() < 1e-9);
        let pricing = PricingSettings::default();
        let of = |spot: f64, day| {
            mark(&Butterfly::from(&trips[0].opened.1.structure), spot, 0.2, day, &pricing).cost
        };
        let both_ways = of(100.0, Day(17_708)) + of(99.0, Day(17_733));
        assert!((first - second - 300.0 * both_ways).abs() < 1e-9);
        assert!(grid(&trips[..1], Track::ButterBaseline).mean_roi[1][0].is_none());
    }
}
