//! Closed trades repriced at other volatilities. With the volatility proxy, mispricing compares two
//! estimates from the same prices, so a result that rests on the level of the proxy is no evidence;
//! this shows how much of the result does.

use anyhow::Result;
use quant::{Butterfly, PricingSettings, entry, mark};
use run::projections::read_all;
use run::run_reader::RunReader;
use schemas::events::{Action, Execution, Fills, SHARES_PER_CONTRACT, Track};
use schemas::{Body, Day, EventId, Topic};
use serde::Serialize;
use std::collections::BTreeMap;

/// The factors that the proxy's volatility is multiplied by.
const SCALES: [f64; 3] = [0.85, 1.0, 1.15];

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

/// The closed trades of a track, at each factor.
pub fn at_volatilities(reader: &RunReader, track: Track) -> Result<Vec<AtVolatility>> {
    let mut opened: BTreeMap<EventId, (Day, Execution)> = BTreeMap::new();
    let mut trades = Vec::new();
    let mut fills = read_all(&*reader.log, Topic::Fills, reader.partitions)?;
    fills.sort_by_key(|event| event.day);
    for event in fills {
        let Body::Fills(Fills::OrderExecuted(done)) = event.body else { continue };
        if done.track != track {
            continue;
        }
        match done.action {
            Action::Open => {
                opened.insert(done.candidate, (event.day, done));
            }
            Action::Close => {
                if let Some(open) = opened.remove(&done.candidate) {
                    trades.push((open, (event.day, done)));
                }
            }
        }
    }
    Ok(SCALES.into_iter().map(|scale| at(scale, &trades)).collect())
}

/// An execution and its day.
type Executed = (Day, Execution);

fn at(scale: f64, trades: &[(Executed, Executed)]) -> AtVolatility {
    let (mut profit, mut rois) = (0.0, Vec::with_capacity(trades.len()));
    for ((day_in, open), (day_out, close)) in trades {
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
        let gain = (at_close.debit - at_close.cost).max(0.0) - at_open.risk;
        profit += gain * (SHARES_PER_CONTRACT * open.quantity) as f64;
        rois.push(gain / at_open.risk);
    }
    let mean_roi = (!rois.is_empty()).then(|| rois.iter().sum::<f64>() / rois.len() as f64);
    AtVolatility { scale, profit, mean_roi }
}
