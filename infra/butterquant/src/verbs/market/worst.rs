//! The picture of a market's worst findings: the prices around each.

use anyhow::{Context, Result};
use producers::source::{Finding, INDEX, Market, worst_first};
use report::charts::{Fault, Faults};
use schemas::Day;

/// Findings in the picture, and bars on either side of each.
const PANELS: usize = 5;
const BESIDE: usize = 60;

/// Day, low, close and high.
type Prices = Vec<(Day, [f64; 3])>;

/// The worst findings with the prices around them; `None` if none has a day. One that already shows
/// beside a worse one of its ticker has no panel of its own.
pub(super) fn picture(market: &mut dyn Market, found: &[Finding]) -> Result<Option<Faults>> {
    let mut faults: Vec<(&Finding, Fault)> = Vec::new();
    for one in worst_first(found) {
        let Some(day) = one.day.filter(|_| faults.len() < PANELS) else { break };
        let shown = |(other, fault): &(&Finding, Fault)| {
            let near = fault.bars.iter().any(|(shown, _)| *shown == day);
            (&other.ticker, other.kind) == (&one.ticker, one.kind) && near
        };
        if !faults.iter().any(shown) {
            faults.push((one, fault(market, one, day)?));
        }
    }
    if faults.is_empty() {
        return Ok(None);
    }
    let (all, shown) = (found.len(), faults.len());
    let first = match shown {
        1 if all == 1 => "One finding in the prices".to_owned(),
        _ if all == shown => format!("{all} findings in the prices, the worst first"),
        _ => format!("The worst {shown} of {all} findings in the prices"),
    };
    let faults = faults.into_iter().map(|(_, fault)| fault).collect();
    Ok(Some(Faults { heading: [first, market.describe()], faults }))
}

fn fault(market: &mut dyn Market, one: &Finding, day: Day) -> Result<Fault> {
    let prices = prices(market, &one.ticker)?;
    let at = prices.partition_point(|(known, _)| *known < day);
    let around = at.saturating_sub(BESIDE)..(at + BESIDE + 1).min(prices.len());
    let bars = prices[around].iter().copied();
    Ok(Fault {
        title: format!("{}, {day}: {}", one.ticker, one.kind),
        what: one.what.clone(),
        day,
        // Nothing else can be drawn on a logarithmic axis.
        bars: bars.filter(|(_, prices)| prices.iter().all(|price| *price > 0.0)).collect(),
    })
}

/// All prices of the ticker or the index.
fn prices(market: &mut dyn Market, ticker: &str) -> Result<Prices> {
    let after = *market.days().last().context("the market has no days")? + 1;
    if ticker == INDEX {
        let closes = market.index_past(after, usize::MAX)?;
        return Ok(closes.into_iter().map(|(day, close)| (day, [close; 3])).collect());
    }
    let bars = market.past(ticker, after, usize::MAX)?;
    Ok(bars.iter().map(|bar| (bar.bar_day, [bar.low, bar.close, bar.high])).collect())
}
