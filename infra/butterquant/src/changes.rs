//! What a repeated scan says of a market that has changed since: it stands as it was made.

use anyhow::Result;
use producers::source::{INDEX, KnownMarket, Market, MarketDay, MarketNews, market_news};
use run::context::RunContext;
use schemas::Day;
use shell::controls::ControlBook;
use shell::source::{confirmed_splits, known_market};
use std::collections::BTreeMap;

/// Says how the market differs now from the bars that the closed `day` was scanned with, if it does.
pub(crate) fn say_of_scan(
    context: &RunContext,
    market: &mut dyn Market,
    today: &MarketDay,
) -> Result<()> {
    let changes = say(context, market, today)?;
    let then = match changes {
        None => return Ok(()),
        Some(true) => ", and the run takes the changes in with its next day",
        Some(false) => "",
    };
    telemetry::say!(
        "The scan of {} stands as it was made{then}; scan the data as it is now with --anew",
        today.day
    );
    Ok(())
}

/// Whether the past has changed; `None` where nothing has.
fn say(context: &RunContext, market: &mut dyn Market, today: &MarketDay) -> Result<Option<bool>> {
    let day = today.day;
    let (log, partitions) = (&*context.env.log, context.env.partitions);
    let mut controls = ControlBook::new(log)?;
    controls.refresh(log)?;
    let known = known_market(log, partitions)?;
    let next = MarketDay { day: day + 1, ..MarketDay::default() };
    let splits = confirmed_splits(controls.latest());
    let news = market_news(&known, market, &next, &splits)?;
    let gone = gone(&known, &news, today);
    let changes = news.changes_the_past();
    if !changes && gone.is_empty() {
        return Ok(None);
    }
    news.sentences().chain(gone).for_each(|line| telemetry::say!("{line}"));
    Ok(Some(changes))
}

/// What the run has of `today` and the days before, and the market no longer has: a sentence for each ticker.
fn gone(known: &KnownMarket, news: &MarketNews, today: &MarketDay) -> Vec<String> {
    let day = today.day;
    let has = |ticker: &String| today.bars.iter().any(|(of, _)| of == ticker);
    let why = |ticker: &String| {
        let why = today.missing.iter().find(|(of, _)| of == ticker).map(|(_, why)| why.as_str());
        why.unwrap_or("it has nothing of the ticker").to_owned()
    };
    let of_today = known.with_bar_on(day).filter(|ticker| !has(ticker));
    let mut said: Vec<String> = of_today
        .map(|ticker| {
            format!("{ticker}: the market no longer has its bar of {day}: {}", why(ticker))
        })
        .collect();
    if let Some(why) = today.no_vix.as_ref().filter(|_| known.index_has(day)) {
        said.push(format!("{INDEX}: the market no longer has its close of {day}: {why}"));
    }
    let mut before: BTreeMap<&String, Vec<Day>> = BTreeMap::new();
    for (ticker, gone) in news.gone.iter().filter(|(_, gone)| *gone < day) {
        before.entry(ticker).or_default().push(*gone);
    }
    let older = |(ticker, days): (&String, Vec<Day>)| match days[..] {
        [only] => format!("{ticker}: the market no longer has its bar of {only}"),
        _ => format!(
            "{ticker}: the market no longer has {} of its bars, the first of {}",
            days.len(),
            days[0]
        ),
    };
    said.extend(before.into_iter().map(older));
    said
}
