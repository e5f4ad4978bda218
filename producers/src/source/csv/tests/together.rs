//! One file of all stocks, whatever it calls them.

use super::folders::{INDEX, check};
use super::*;

const VIX: (&str, &[u8]) = ("^VIX.csv", INDEX);

/// Two days of each of `tickers`, day by day.
fn long(column: &str, tickers: &[&str]) -> String {
    let mut text = format!("Date,{column},Open,High,Low,Close,Volume\n");
    for day in [28, 29] {
        for (at, ticker) in tickers.iter().enumerate() {
            text.push_str(&format!("2018-06-{day},{ticker},9,9,9,9,{}\n", at + 1));
        }
    }
    text
}

#[test]
fn a_stock_is_one_however_its_name_is_written() {
    for column in ["symbol", "Ticker", "Name", "act_symbol", "<TICKER>"] {
        let text = long(column, &["aapl", "BRK B", " KO ", "NYSE:GE", "MSFT US Equity"]);
        check(&[("all.csv", text.as_bytes()), VIX], &["AAPL", "BRK.B", "GE", "KO", "MSFT"], &[]);
    }
    let text = long("Ticker", &["BRK.B", "BRK-B", "BRK/B", "brk.b", "KO", "ko"]);
    let market = check(
        &[("all.csv", text.as_bytes()), VIX],
        &["BRK.B", "KO"],
        &[
            "all.csv:3: the ticker BRK-B is read as BRK.B",
            "all.csv:4: the ticker BRK/B is read as BRK.B",
            "6 rows of BRK.B are second rows for their day, the first 2018-06-28 in lines 2 and 3",
            "2018-06-28 has two rows, in lines 6 and 7",
            "2018-06-29 has two rows, in lines 12 and 13",
        ],
    );
    assert_eq!(market.series("BRK.B").iter().map(|bar| bar.volume).collect::<Vec<_>>(), [4.0; 2]);
}

#[test]
fn rows_without_a_ticker_are_of_none() {
    let text = long("Ticker", &["", "AAPL", "N/A", "KO"]).replace("2018-06-29,AAPL", "Date,Ticker");
    let market = check(
        &[("all.csv", text.as_bytes()), VIX],
        &["AAPL", "KO"],
        &[
            "all.csv:2: the row names no ticker",
            "all.csv:4: the row names no ticker",
            "all.csv:6: the row names no ticker",
            "all.csv:7: the header stands there again",
            "all.csv:8: the row names no ticker",
        ],
    );
    assert_eq!(market.series("AAPL").len(), 1);
}

#[test]
fn the_index_is_read_once() {
    let text = long("Ticker", &["AAPL", "$VIX.X"]);
    let said = "all.csv: the index is read from ^VIX.csv, so its rows here are not";
    let mut market = check(&[("all.csv", text.as_bytes()), VIX], &["AAPL"], &[said]);
    assert_eq!(market.next_day(None).unwrap().unwrap().vix, Some(16.5));
    let mut alone = check(&[("all.csv", text.as_bytes())], &["AAPL"], &[]);
    assert_eq!(alone.next_day(None).unwrap().unwrap().vix, Some(9.0));
}

#[test]
fn stocks_that_cannot_be_told_apart_are_refused() {
    let text = long("Name", &["Apple Inc.", "Coca-Cola Co."]);
    let dir = folder(&[("all.csv", text.as_bytes()), VIX]);
    let error = CsvMarket::open(dir.path(), None, NYSE).err().unwrap().to_string();
    assert!(error.contains("called Apple Inc. and, from line 3 on, Coca-Cola Co."), "{error}");
    // Without the column, their rows differ on most days.
    let mut text = "Date,Open,High,Low,Close,Volume\n".to_owned();
    for day in 18..23 {
        text.push_str(&format!("2018-06-{day},9,9,9,9,1\n2018-06-{day},5,5,5,5,1\n"));
    }
    super::check(text.as_bytes(), 0, "many days have several rows with different prices or times");
}
