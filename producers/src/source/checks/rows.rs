//! Faults that rows show beside the row before: prices far from the closes, rows that nothing traded at,
//! closes that are adjusted where the other prices are not.

use super::super::finding::{Finding, FindingKind, confirm_move};
use schemas::Figure;
use schemas::events::Bar;

/// Rounding that a close may lie outside low … high by, as a share of it.
const ROUNDING: f64 = 1e-6;
/// An open, high or low this many times its own close and the one before, or the inverse, is far from them. The
/// furthest low of 100 stocks in four years, of 2015-08-24, lay at 0.78 of its close.
const FAR: f64 = 1.5;
/// Rows with such prices that are told one by one.
const TOLD: usize = 5;

/// Opens, highs and lows far from the closes around them.
pub(super) fn far_from_close(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let rows: Vec<(usize, (&str, f64))> =
        (0..bars.len()).filter_map(|at| Some((at, furthest(bars, at)?))).collect();
    let finding = |at: usize, what: String, remedy: &str| Finding {
        ticker: ticker.to_owned(),
        day: Some(bars[at].bar_day),
        kind: FindingKind::PriceFarFromClose,
        size: furthest(bars, at).map_or(0.0, |(_, price)| (price / bars[at].close).ln().abs()),
        what,
        remedy: format!(
            "{remedy}, or, if the price was there, say it with {}",
            confirm_move(ticker, bars[at].bar_day)
        ),
    };
    let told = |(at, (name, price)): (usize, (&str, f64))| {
        let Bar { bar_day, close, .. } = bars[at];
        let factor = Figure::rounded(price / close);
        let (price, close) = (Figure(price), Figure(close));
        format!("its {name} of {price} on {bar_day} is {factor} times its close of {close}")
    };
    if rows.len() <= TOLD {
        let one = |row: &(usize, _)| finding(row.0, told(*row), "correct the row or delete it");
        return rows.iter().map(one).collect();
    }
    let what = format!(
        "{} of {} rows have an open, high or low far from their close, the first: {}",
        rows.len(),
        bars.len(),
        told(rows[0])
    );
    vec![finding(rows[0].0, what, "bring all columns to one unit")]
}

/// The price of the row, with its name, that is furthest from both its close and the one before.
fn furthest(bars: &[Bar], at: usize) -> Option<(&'static str, f64)> {
    let Bar { open, high, low, close, .. } = bars[at];
    let before = at.checked_sub(1).map_or(close, |before| bars[before].close);
    // As a factor of the nearer of the two.
    let far = |price: f64| (price / close.max(before)).max(close.min(before) / price);
    let prices = [("open", open), ("high", high), ("low", low)];
    prices
        .into_iter()
        .filter(|(_, price)| far(*price) > FAR)
        // The first of equals: an open that is too high has pulled the high along.
        .reduce(|most, next| if far(next.1) > far(most.1) { next } else { most })
}

/// Whether all of the bar is one price, at which nothing traded.
fn is_idle(bar: &Bar) -> bool {
    bar.volume == 0.0 && [bar.open, bar.high, bar.low].iter().all(|price| *price == bar.close)
}

/// Runs of rows that say nothing new: one price, the close before them, or every number of the row before.
pub(super) fn stale(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let mut found = Vec::new();
    // In each run, the bar that is repeated comes first.
    for run in bars.chunk_by(repeats).filter(|run| run.len() > 1) {
        let (first, last) = (&run[1], &run[run.len() - 1]);
        let (rows, day) = (run.len() - 1, first.bar_day);
        let days = match rows {
            1 => format!("the row of {day} repeats"),
            _ => format!("{rows} rows from {day} to {} repeat", last.bar_day),
        };
        let idle = run[1..].iter().all(is_idle);
        let (close, repeated) = (Figure(first.close), run[0].bar_day);
        let (what, remedy) = if idle {
            (
                format!("{days} the close of {close} on {repeated} with a volume of 0"),
                "delete them: a day on which nothing traded has no row",
            )
        } else {
            (
                format!("{days} the prices of {repeated}, with a close of {close}"),
                "load the rows of these days, or delete them",
            )
        };
        found.push(Finding {
            ticker: ticker.to_owned(),
            day: Some(day),
            kind: FindingKind::StalePrices,
            size: rows as f64,
            what,
            remedy: remedy.to_owned(),
        });
    }
    found
}

/// Whether the bar repeats the one before. No bar of 100 stocks in four years did.
fn repeats(before: &Bar, bar: &Bar) -> bool {
    let flat = [bar.open, bar.high, bar.low].iter().all(|price| *price == bar.close);
    let same = Bar { bar_day: before.bar_day, ..bar.clone() };
    flat && bar.close == before.close || same == *before
}

/// Rows of one price and no volume that is not the close before: somebody's estimate, as nothing traded at it.
pub(super) fn untraded(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let rows: Vec<&[Bar]> = bars
        .windows(2)
        .filter(|pair| is_idle(&pair[1]) && pair[1].close != pair[0].close)
        .collect();
    let Some([before, last]) = rows.last() else { return Vec::new() };
    let (close, day) = (Figure(last.close), last.bar_day);
    let what = format!(
        "nothing traded at its price of {close} on {day}, which has a volume of 0 and is not the close before, {}",
        Figure(before.close)
    );
    let what = match rows.len() {
        1 => what,
        count => format!("{count} rows have a price at which nothing traded; the last: {what}"),
    };
    vec![Finding {
        ticker: ticker.to_owned(),
        day: Some(day),
        kind: FindingKind::UntradedPrice,
        size: rows.len() as f64,
        what,
        remedy: "load the price that was traded, or delete the row".to_owned(),
    }]
}

/// Closes outside their own low … high.
pub(super) fn outside_range(ticker: &str, bars: &[Bar]) -> Vec<Finding> {
    let outside = |bar: &&Bar| {
        let slack = ROUNDING * bar.close;
        bar.close < bar.low - slack || bar.close > bar.high + slack
    };
    let count = bars.iter().filter(outside).count();
    let Some(first) = bars.iter().find(outside) else { return Vec::new() };
    vec![Finding {
        ticker: ticker.to_owned(),
        day: Some(first.bar_day),
        kind: FindingKind::CloseOutsideRange,
        size: count as f64,
        what: format!(
            "{count} of {} closes lie outside their own low to high, the first is {} on {}, \
             outside {} to {}",
            bars.len(),
            Figure(first.close),
            first.bar_day,
            Figure(first.low),
            Figure(first.high)
        ),
        remedy: "use a file whose close is not adjusted for dividends while the other prices are \
                 not; if only few are outside, correct these rows"
            .to_owned(),
    }]
}
