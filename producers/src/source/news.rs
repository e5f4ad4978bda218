//! How the market of now differs from what the log holds: tickers that are new to the run, a past that was rescaled,
//! bars that were corrected or came late, the same for the index. Pure: the log's memory and the market in, events'
//! contents out.
//!
//! 1. Only days before the day to be published are compared. Days before the first one known are news only while
//!    the run knows fewer than its windows hold.
//! 2. A past that differs by one constant up to some day is one split, however many bars it changes.
//! 3. A ticker whose bars differ without any order is another stock under the same name. It has no news, and is
//!    named. Where most tickers are like that, it is another market.

mod sentences;
#[cfg(test)]
mod tests;

use super::known::{KnownBar, KnownMarket, split};
use super::market::{BarChange, Market, MarketDay, SourceError};
use schemas::Day;
use schemas::events::{Bar, CorporateAction, IndexClose, TickerHistory};
use std::collections::BTreeMap;

/// Least change of a price level that counts as a rescaled past, as a fraction.
const LEAST_RESCALE: f64 = 2e-4;
/// Bars in a row with one ratio that make it a ratio; fewer are corrections.
const LEAST_RUN: usize = 3;
/// Share of the bars compared that must lie in such rows before a split is believed: rounding alone makes some.
const LEAST_COVERED: f64 = 0.9;
/// Bars that must be compared before a ticker can be called another stock.
const LEAST_COMPARED: usize = 20;
/// Relative change of a close from which a bar is not merely corrected.
const OTHER_PRICE: f64 = 0.01;
/// Relative difference of volumes that rounding explains where the share count has changed.
const VOLUME_SLACK: f64 = 0.02;

/// What the log does not hold yet, or holds otherwise.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MarketNews {
    /// Closes of the index of earlier days, ascending.
    pub index: Vec<IndexClose>,
    /// Tickers with news, ascending.
    pub tickers: Vec<TickerNews>,
    /// Tickers whose past is that of another stock.
    pub strangers: Vec<String>,
    /// Bars on the log that the market no longer has: they stay.
    pub gone: Vec<(String, Day)>,
}

/// The news of one ticker.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TickerNews {
    /// The ticker.
    pub ticker: String,
    /// Its past, where the run does not know it yet.
    pub history: Option<TickerHistory>,
    /// Splits of its past.
    pub splits: Vec<CorporateAction>,
    /// Corrected and late bars, ascending by day, in the share count after the splits.
    pub corrections: Vec<BarChange>,
}

impl MarketNews {
    /// Whether the log's past differs from the market's; new tickers are no difference.
    pub fn changes_the_past(&self) -> bool {
        let changed = |news: &TickerNews| !news.splits.is_empty() || !news.corrections.is_empty();
        !self.index.is_empty() || self.tickers.iter().any(changed) || !self.strangers.is_empty()
    }
}

/// The news of `market` for a run that has `known`, before `today` is published; `scaled` are moves that a person has
/// confirmed to be splits, by ticker and day, with new shares per old share.
///
/// # Errors
/// The market cannot be read, or it is another one than that of the log.
pub fn market_news(
    known: &KnownMarket,
    market: &mut dyn Market,
    today: &MarketDay,
    scaled: &BTreeMap<(String, Day), f64>,
) -> Result<MarketNews, SourceError> {
    let day = today.day;
    if !known.tickers.is_empty() && !market.universe().iter().any(|ticker| known.knows(ticker)) {
        return Err(SourceError::NoCommonTicker { known: known.tickers.len() });
    }
    let mut news = MarketNews { index: index_news(known, market, day)?, ..MarketNews::default() };
    let mut compared = 0;
    for ticker in market.universe().to_vec() {
        let mut now = market.past(&ticker, day, super::known::HELD)?;
        let confirmed = scaled.iter().filter(|((of, _), _)| *of == ticker);
        confirmed.for_each(|((_, effective), ratio)| rescale(&mut now, *effective, *ratio));
        // A window that is not full takes an earlier past in when there is one.
        let longer = |held: &BTreeMap<Day, KnownBar>| {
            let first = |bars: &[Bar]| bars.first().map(|bar| bar.bar_day);
            held.len() < quant::BARS_HELD && first(&now) < held.keys().next().copied()
        };
        let held = known.tickers.get(&ticker).filter(|held| !held.is_empty());
        let Some(held) = held.filter(|held| now.is_empty() || !longer(held)) else {
            let bars = now.split_off(now.len().saturating_sub(quant::BARS_HELD));
            if !bars.is_empty() {
                let history = Some(TickerHistory { bars: bars.into() });
                news.tickers.push(TickerNews { ticker, history, ..TickerNews::default() });
            }
            continue;
        };
        let mut held = held.clone();
        let own = today.actions.iter().filter(|(of, _)| *of == ticker);
        own.for_each(|(_, action)| apply(&mut held, action));
        let splits = splits(&held, &now, day);
        splits.iter().for_each(|action| apply(&mut held, action));
        compared += usize::from(common(&held, &now).count() >= LEAST_COMPARED);
        if is_stranger(&held, &now) {
            news.strangers.push(ticker);
            continue;
        }
        news.gone.extend(gone(&held, &now).map(|day| (ticker.clone(), day)));
        let corrections = corrections(&ticker, &held, &now);
        if !splits.is_empty() || !corrections.is_empty() {
            news.tickers.push(TickerNews { ticker, history: None, splits, corrections });
        }
    }
    if compared > 0 && news.strangers.len() * 2 > compared {
        let (strangers, compared) = (news.strangers.len(), compared);
        return Err(SourceError::AnotherMarket { strangers, compared });
    }
    Ok(news)
}

fn apply(held: &mut BTreeMap<Day, KnownBar>, action: &CorporateAction) {
    if let Some(ratio) = action.split() {
        split(held, action.effective_day, ratio);
    }
}

fn index_news(
    known: &KnownMarket,
    market: &mut dyn Market,
    day: Day,
) -> Result<Vec<IndexClose>, SourceError> {
    let now = market.index_past(day, super::known::HELD)?;
    let first = known.index.keys().next().copied();
    let new = |of: &(Day, f64)| {
        let in_reach =
            first.is_none_or(|first| of.0 >= first) || known.index.len() < super::known::HELD;
        in_reach && known.index.get(&of.0) != Some(&of.1)
    };
    let news = now.into_iter().filter(new);
    Ok(news.map(|(index_day, close)| IndexClose { index_day, close }).collect())
}

/// Divides the bars before `effective` by `ratio`, unless they are in new shares already.
fn rescale(bars: &mut [Bar], effective: Day, ratio: f64) {
    let at = bars.partition_point(|bar| bar.bar_day < effective);
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|at| bars[at].close), bars.get(at))
    else {
        return;
    };
    if (before / after.close / ratio).ln().abs() < (before / after.close).ln().abs() {
        bars[..at].iter_mut().for_each(|bar| bar.apply_split(ratio));
    }
}

/// The bars that both have, ascending.
fn common<'a>(
    held: &'a BTreeMap<Day, KnownBar>,
    now: &'a [Bar],
) -> impl Iterator<Item = (&'a KnownBar, &'a Bar)> {
    now.iter().filter_map(|bar| Some((held.get(&bar.bar_day)?, bar)))
}

/// How far the ratio of two closes may be from the true one: both were rounded.
fn ratio_slack(known: &KnownBar, now: &Bar) -> f64 {
    1e-9 + (known.slack + 0.006) / known.bar.close + 0.006 / now.close
}

/// Bars in a row whose closes have one ratio to those of now.
struct RatioRun {
    first: Day,
    bars: usize,
    held: f64,
    now: f64,
}

impl RatioRun {
    /// Of the sums, so that the rounding of single prices is averaged out.
    fn ratio(&self) -> f64 {
        self.held / self.now
    }

    fn take(&mut self, known: &KnownBar, bar: &Bar) -> bool {
        let same =
            (known.bar.close / bar.close / self.ratio() - 1.0).abs() <= ratio_slack(known, bar);
        if same {
            self.bars += 1;
            self.held += known.bar.close;
            self.now += bar.close;
        }
        same
    }
}

/// The splits that bring the bars held to those of now: one where the ratio of the closes changes from one constant
/// to another, the last of them to 1.
fn splits(held: &BTreeMap<Day, KnownBar>, now: &[Bar], day: Day) -> Vec<CorporateAction> {
    let mut runs: Vec<RatioRun> = Vec::new();
    for (known, bar) in common(held, now) {
        if runs.last_mut().is_some_and(|run| run.take(known, bar)) {
            continue;
        }
        // After corrected bars the same ratio goes on.
        runs.retain(|run| run.bars >= LEAST_RUN);
        if !runs.last_mut().is_some_and(|run| run.take(known, bar)) {
            let (held, now) = (known.bar.close, bar.close);
            runs.push(RatioRun { first: bar.bar_day, bars: 1, held, now });
        }
    }
    runs.retain(|run| run.bars >= LEAST_RUN);
    let covered: usize = runs.iter().map(|run| run.bars).sum();
    if (covered as f64) < LEAST_COVERED * common(held, now).count() as f64 {
        return Vec::new();
    }
    let next = runs.iter().skip(1).map(|run| (run.first, run.ratio()));
    let next: Vec<(Day, f64)> = next.chain([(day, 1.0)]).collect();
    let changes = runs.iter().zip(next).map(|(run, (first, to))| (first, run.ratio() / to));
    let real = changes.filter(|(_, ratio)| (ratio - 1.0).abs() > LEAST_RESCALE);
    let action = |(effective_day, ratio)| CorporateAction {
        effective_day,
        split_ratio: Some(share_ratio(ratio)),
        dividend: None,
    };
    real.map(action).collect()
}

/// A ratio that was measured on rounded prices: the ratio of small whole numbers that it is, if it is one.
fn share_ratio(measured: f64) -> f64 {
    let whole = (1..=20).flat_map(|new| (1..=20).map(move |old| (new, old)));
    let mut ratios =
        whole.filter(|(new, old)| new != old).map(|(new, old)| f64::from(new) / f64::from(old));
    ratios.find(|ratio| (measured / ratio - 1.0).abs() < LEAST_RESCALE).unwrap_or(measured)
}

fn is_stranger(held: &BTreeMap<Day, KnownBar>, now: &[Bar]) -> bool {
    let other =
        |(known, bar): &(&KnownBar, &Bar)| (known.bar.close / bar.close).ln().abs() > OTHER_PRICE;
    let compared = common(held, now).count();
    compared >= LEAST_COMPARED && common(held, now).filter(other).count() * 2 > compared
}

fn gone<'a>(held: &'a BTreeMap<Day, KnownBar>, now: &'a [Bar]) -> impl Iterator<Item = Day> + 'a {
    let first = now.first().map(|bar| bar.bar_day);
    let has = |day: Day| now.binary_search_by_key(&day, |bar| bar.bar_day).is_ok();
    held.keys().copied().filter(move |day| first.is_some_and(|first| first < *day) && !has(*day))
}

/// Bars that differ from those held, and bars of days between that are not held.
fn corrections(ticker: &str, held: &BTreeMap<Day, KnownBar>, now: &[Bar]) -> Vec<BarChange> {
    let first = held.keys().next().copied();
    let recent = now.len().saturating_sub(5);
    let change = |(at, bar): (usize, &Bar)| {
        let known = held.get(&bar.bar_day);
        let changed =
            known.map_or(Some(bar.bar_day) > first, |known| differs(known, bar, at >= recent));
        changed.then(|| BarChange {
            ticker: ticker.to_owned(),
            bar: bar.clone(),
            revision: known.map_or(0, |known| known.revision) + 1,
        })
    };
    now.iter().enumerate().filter_map(change).collect()
}

/// Whether the bar is another one. Where a split has divided the one held, rounding is no difference, and its volume
/// counts only while a feature reads it.
fn differs(known: &KnownBar, now: &Bar, recent: bool) -> bool {
    let held = &known.bar;
    if known.slack == 0.0 {
        return held != now;
    }
    let prices = [
        (held.open, now.open),
        (held.high, now.high),
        (held.low, now.low),
        (held.close, now.close),
    ];
    let other_price = prices.iter().any(|(a, b)| (a - b).abs() > known.slack * 1.2);
    let larger = held.volume.max(now.volume);
    other_price || recent && (held.volume - now.volume).abs() > VOLUME_SLACK * larger
}
