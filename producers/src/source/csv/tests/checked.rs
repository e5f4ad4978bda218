//! What only a whole file shows, or two of them: shifted dates, splits of a column, days left out, a stock's
//! prices under the index's name.

use super::*;
use crate::source::{FindingKind, findings, findings_of};
use std::collections::BTreeMap;

/// The trading days of 2018 up to June.
fn days() -> Vec<Day> {
    let (first, last) = (Day::from_ymd(2018, 1, 2).unwrap(), Day::from_ymd(2018, 6, 29).unwrap());
    (first.0..=last.0).map(Day).filter(|day| NYSE.requires(*day)).collect()
}

/// A file whose close on the `n`th of `days` is `close(n)`, with `cell(n)` in a column of splits.
fn file(
    days: &[Day],
    close: impl Fn(usize) -> f64,
    cell: impl Fn(usize) -> &'static str,
) -> String {
    let mut text = "Date,Open,High,Low,Close,Volume,Stock Splits\n".to_owned();
    for (n, day) in days.iter().enumerate() {
        let close = close(n);
        text += &format!("{day},{close},{close},{close},{close},1000,{}\n", cell(n));
    }
    text
}

fn wave(n: usize) -> f64 {
    100.0 + (n % 7) as f64
}

fn plain(days: &[Day]) -> String {
    file(days, wave, |_| "0.0")
}

/// Two sound stocks, an index, and other files.
fn market(files: &[(&str, &str)]) -> CsvMarket {
    let sound = [
        ("AAA.csv", file(&days(), |n| wave(n) * 1.5, |_| "0.0")),
        ("ZZZ.csv", file(&days(), |n| wave(n) * 0.5, |_| "0.0")),
        ("^VIX.csv", file(&days(), |n| 16.0 + (n % 3) as f64, |_| "0.0")),
    ];
    let sound = sound.iter().map(|(name, text)| (*name, text.as_bytes()));
    let all: Vec<(&str, &[u8])> = sound
        .filter(|(name, _)| files.iter().all(|(other, _)| other != name))
        .chain(files.iter().map(|(name, text)| (*name, text.as_bytes())))
        .collect();
    CsvMarket::open(folder(&all).path(), None, NYSE).unwrap()
}

fn problems(market: &CsvMarket) -> Vec<String> {
    market.problems().iter().map(DataProblem::to_string).collect()
}

fn found(market: &mut CsvMarket) -> Vec<(FindingKind, String)> {
    let found = findings(market, *days().last().unwrap(), usize::MAX).unwrap();
    found.into_iter().map(|one| (one.kind, one.to_string())).collect()
}

#[test]
fn a_file_of_shifted_dates_is_refused_and_no_other() {
    let early: Vec<Day> = days().into_iter().map(|day| day + -1).collect();
    let mut market = market(&[("BAD.csv", &plain(&early))]);
    let said = problems(&market);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("BAD.csv: the dates are a day early"), "{said:#?}");
    let last = *days().last().unwrap();
    let given = market.next_day(Some(last + -1)).unwrap().unwrap();
    assert_eq!(given.bars.len(), 2);
    assert!(given.missing[0].1.starts_with("BAD.csv: the dates are a day early"), "{given:?}");
}

#[test]
fn holidays_with_rows_and_trading_days_without_are_told_as_another_exchange() {
    // On the holidays and not on other days, without any one shift that would explain it.
    let holidays = ["2018-01-15", "2018-02-19", "2018-03-30", "2018-05-28"];
    let lacking = ["2018-01-26", "2018-05-01", "2018-05-17", "2018-06-20"];
    let day = |text: &&str| -> Day { text.parse().unwrap() };
    let mut own: Vec<Day> = days();
    own.retain(|one| !lacking.iter().map(day).any(|lacks| lacks == *one));
    own.extend(holidays.iter().map(day));
    own.sort();
    let said = problems(&market(&[("LSE.csv", &plain(&own))]));
    let part = "4 rows are of days on which NYSE does not trade, the first of 2018-01-15, a Monday, and 4 of its \
                trading days have none";
    assert!(said.len() == 1 && said[0].contains(part), "{said:#?}");
}

#[test]
fn a_split_of_a_column_is_told_as_it_is_read() {
    let at = 60;
    let cell = move |n: usize| if n == at { "4.0" } else { "0.0" };
    let new = file(&days(), wave, cell);
    let old = file(&days(), move |n| wave(n) * if n < at { 4.0 } else { 1.0 }, cell);
    for (text, raw, part) in [
        (new, false, "is read as already in the prices before it"),
        (old, true, "is read as not yet in its prices, so those before are divided by 4"),
    ] {
        let mut market = market(&[("S.csv", &text)]);
        assert_eq!(problems(&market), Vec::<String>::new());
        assert_eq!(market.actions("S").len(), usize::from(raw));
        let found = found(&mut market);
        assert_eq!(found.len(), 1, "{found:#?}");
        let (kind, said) = &found[0];
        assert!(kind.is_note() && said.contains(part), "{said}");
        assert!(said.contains(&format!("the split of 4:1 on {} (line 62)", days()[at])), "{said}");
    }
}

#[test]
fn a_cell_that_is_no_ratio_or_that_the_prices_contradict_is_named() {
    let at = 60;
    let halved = move |n: usize| wave(n) * if n < at { 2.0 } else { 1.0 };
    let given =
        |cell: &'static str| file(&days(), halved, move |n| if n == at { cell } else { "0.0" });
    let mut garbage = market(&[("S.csv", &given("two"))]);
    let said = problems(&garbage);
    assert!(said.len() == 1 && said[0].contains("S.csv:62: the split is \"two\""), "{said:#?}");
    assert_eq!(found(&mut garbage)[0].0, FindingKind::SuspectedSplit);
    let mut wrong = market(&[("S.csv", &given("8:1"))]);
    let said = problems(&wrong);
    assert!(said.len() == 1 && said[0].contains("S.csv:62: a split of 8:1 is named"), "{said:#?}");
    let day = wrong.next_day(Some(days()[at - 1])).unwrap().unwrap();
    assert!(day.missing[0].1.starts_with("S.csv:62: a split of 8:1"), "{day:?}");
    assert_eq!(wrong.series("S").len(), at, "the bars before it stay");
    assert_eq!(found(&mut wrong), []);
}

#[test]
fn days_left_out_are_told_once_and_rows_that_are_no_bars_where_they_are() {
    let mut own = days();
    let (gap, bad) = (own[40], own[50]);
    own.retain(|day| *day != gap);
    let text = plain(&own).replace(&format!("{bad},"), &format!("{bad},x"));
    let found = found(&mut market(&[("GAP.csv", &text)]));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].1.starts_with(&format!("GAP: the trading day {gap} has no row")),
        "{found:#?}"
    );
}

#[test]
fn a_day_that_comes_shows_its_own_faults_and_no_older_ones() {
    let last = days().len() - 1;
    let cliffs = move |n: usize| {
        wave(n)
            * if n == last {
                13.0
            } else if n == 30 {
                6.0
            } else {
                1.0
            }
    };
    let mut market = market(&[("S.csv", &file(&days(), cliffs, |_| "0.0"))]);
    assert_eq!(found(&mut market).len(), 2);
    let of_last = findings_of(&mut market, days()[last], &BTreeMap::new()).unwrap();
    assert_eq!(of_last.len(), 1, "{of_last:#?}");
    assert_eq!(of_last[0].kind, FindingKind::PriceLevel);
    let confirmed = BTreeMap::from([(("S".to_owned(), days()[last]), None)]);
    assert_eq!(findings_of(&mut market, days()[last], &confirmed).unwrap(), []);
}

#[test]
fn the_index_is_not_a_stock_under_another_name() {
    let stock = file(&days(), |n| 40.0 + (n % 5) as f64, |_| "0.0");
    let mut index_wrong = market(&[("KO.csv", &stock), ("^VIX.csv", &format!("{stock}\n"))]);
    let said = problems(&index_wrong);
    let part = "^VIX.csv: its closes are those of KO (KO.csv)";
    assert!(said.len() == 1 && said[0].contains(part), "{said:#?}");
    let day = index_wrong.next_day(None).unwrap().unwrap();
    assert!(day.vix.is_none() && day.no_vix.unwrap().contains(part));
    assert_eq!(index_wrong.index_past(Day(i32::MAX), 9).unwrap(), []);
    let no_volume = stock.replace(",1000,", ",0,");
    let mut stock_wrong = market(&[("KO.csv", &no_volume), ("^VIX.csv", &stock)]);
    let said = problems(&stock_wrong);
    assert!(said[0].contains("KO.csv: the closes of KO are those of the index"), "{said:#?}");
    assert!(stock_wrong.next_day(None).unwrap().unwrap().vix.is_some());
}

#[test]
fn a_day_without_the_index_has_its_rows_own_reason() {
    let last = *days().last().unwrap();
    let index = file(&days(), |n| 16.0 + (n % 3) as f64, |_| "0.0");
    let why = |text: &str| {
        let mut market = market(&[("^VIX.csv", text)]);
        market.next_day(Some(last + -1)).unwrap().unwrap().no_vix.unwrap()
    };
    let null = index.replace(&format!("{last},"), &format!("{last},null"));
    assert!(why(&null).starts_with("^VIX.csv:126: "), "{}", why(&null));
    let short =
        index.lines().take(days().len()).map(|line| format!("{line}\n")).collect::<String>();
    assert!(
        why(&short).contains("no row for 2018-06-29; its last is 2018-06-28"),
        "{}",
        why(&short)
    );
}
