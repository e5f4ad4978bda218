//! Price files of made-up markets: one that grows day by day, and one of given days.

use producers::source::MarketDay;
use schemas::{Day, TradingCalendar};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The first `count` days of the exchange since 2018-01-02.
pub fn days(count: usize) -> Vec<Day> {
    let mut days = vec![Day::from_ymd(2018, 1, 2).unwrap_or_default()];
    while days.len() < count {
        days.push(TradingCalendar::Nyse.next_expected(days[days.len() - 1]));
    }
    days
}

/// A ticker's file with that many days.
pub fn text(ticker: &str, count: usize) -> String {
    let mut text = "Date,Open,High,Low,Close,Adj Close,Volume\n".to_owned();
    for (n, day) in days(count).iter().enumerate() {
        let phase = (n as f64 + f64::from(ticker.as_bytes()[0])) * 0.9;
        let close = 20.0 + phase.sin();
        let written = writeln!(
            text,
            "{day},{close:.2},{:.2},{:.2},{close:.2},{close:.2},{}",
            close + 1.0,
            close - 1.0,
            n + 9
        );
        written.unwrap_or_else(|error| panic!("{error}"));
    }
    text
}

/// Writes it into `folder`.
pub fn write(folder: &Path, ticker: &str, count: usize) {
    std::fs::write(folder.join(format!("{ticker}.csv")), text(ticker, count))
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Writes the stocks and the index of these days into `folder`.
pub fn write_days(folder: &Path, days: &[MarketDay]) {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for day in days {
        for (ticker, bar) in &day.bars {
            let text = files
                .entry(ticker)
                .or_insert_with(|| "Date,Open,High,Low,Close,Volume\n".to_owned());
            text.push_str(&format!(
                "{},{:.4},{:.4},{:.4},{:.4},{:.0}\n",
                day.day, bar.open, bar.high, bar.low, bar.close, bar.volume
            ));
        }
        let text = files.entry("^VIX").or_insert_with(|| "Date,Close\n".to_owned());
        text.push_str(&format!("{},{:.2}\n", day.day, day.vix.unwrap_or_default()));
    }
    for (ticker, text) in files {
        std::fs::write(folder.join(format!("{ticker}.csv")), text)
            .unwrap_or_else(|error| panic!("{error}"));
    }
}
