//! The trading days that stocks' tables have together. A day on which every row repeats one price with
//! no volume is none: some sources fill holidays with the close before.

use super::super::market::DataProblem;
use super::price_table::PriceTable;
use schemas::events::Bar;
use schemas::{Day, TradingCalendar};
use std::path::Path;

/// The days on which something traded, and those on which nothing did, ascending. Bars of the latter are set aside, and
/// come back once their day trades.
pub(super) fn settle<'a>(tables: impl Iterator<Item = &'a mut PriceTable>) -> (Vec<Day>, Vec<Day>) {
    let mut tables: Vec<&mut PriceTable> = tables.collect();
    for table in tables.iter_mut().filter(|table| !table.idle.is_empty()) {
        let PriceTable { bars, idle, .. } = &mut **table;
        bars.append(idle);
        bars.sort_by_key(|bar| bar.bar_day);
    }
    let first = tables.iter().filter_map(|table| table.bars.first()).map(|bar| bar.bar_day).min();
    let last = tables.iter().filter_map(|table| table.bars.last()).map(|bar| bar.bar_day).max();
    let (Some(first), Some(last)) = (first, last) else { return Default::default() };
    // By day since the first: 0 for no bar, 1 for bars that stand still, 2 for one that does not.
    let at = |day: Day| usize::try_from(day - first).unwrap_or(0);
    let mut states = vec![0_u8; at(last) + 1];
    for bar in tables.iter().flat_map(|table| &table.bars) {
        let state = &mut states[at(bar.bar_day)];
        *state = (*state).max(if stands_still(bar) { 1 } else { 2 });
    }
    if states.contains(&1) {
        for table in tables {
            let idle = |bar: &Bar| states[at(bar.bar_day)] == 1;
            if table.bars.iter().any(idle) {
                let (idle, bars) = std::mem::take(&mut table.bars).into_iter().partition(idle);
                (table.idle, table.bars) = (idle, bars);
            }
        }
    }
    let days = |wanted: u8| {
        let all = (0..).zip(&states).filter(move |(_, state)| **state == wanted);
        all.map(|(days, _)| first + days).collect()
    };
    (days(2), days(1))
}

fn stands_still(bar: &Bar) -> bool {
    bar.volume == 0.0 && bar.open == bar.close && bar.high == bar.close && bar.low == bar.close
}

/// Trading days between the first and the last one on which no stock has a bar.
pub(super) fn no_bar_at_all(
    days: &[Day],
    calendar: TradingCalendar,
    folder: &Path,
) -> Option<DataProblem> {
    let gaps = days.windows(2).flat_map(|pair| (pair[0].0 + 1..pair[1].0).map(Day));
    let mut without = gaps.filter(|day| calendar.requires(*day));
    let first = without.next()?;
    let what = match without.count() {
        0 => format!("no stock has a bar of {first}, a trading day of {calendar}"),
        more => format!(
            "on {} trading days of {calendar} no stock has a bar, the first is {first}",
            more + 1
        ),
    };
    let remedy = "load the rows of these days".into();
    Some(DataProblem { file: folder.display().to_string(), line: None, what, remedy })
}

/// Days on which every row stood still.
pub(super) fn nothing_traded(idle: &[Day], folder: &Path) -> Option<DataProblem> {
    let days = match idle {
        [] => return None,
        [day] => format!("{day} is no trading day"),
        [day, ..] => format!("{} days are no trading days, the first {day}", idle.len()),
    };
    Some(DataProblem {
        file: folder.display().to_string(),
        line: None,
        what: format!("{days}: every row repeats one price, with volume 0"),
        remedy: "delete the rows, or correct them".into(),
    })
}
