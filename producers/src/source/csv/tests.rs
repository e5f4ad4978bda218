//! Bad input costs its row or file and no more; each problem names place and remedy.

mod checked;
mod folders;
mod kept;
mod layouts;
mod local;
mod passed_over;
mod together;

use super::*;
use std::fs;
use std::time::{Duration, SystemTime};

const NYSE: TradingCalendar = TradingCalendar::Nyse;
const HEAD: &str = "Date,Open,High,Low,Close,Adj Close,Volume\n";
const GOOD: &str = "2018-06-28,10,11,9,10.5,1,100\n2018-06-29,10.5,12,10,11,1,200\n";

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// Writes the file with a modification time of its own.
fn write_later(folder: &tempfile::TempDir, name: &str, text: &str) {
    static LATER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let seconds = LATER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(seconds)).unwrap();
}

/// Given two good stocks and `bad` as BAD.csv, the good ones go on and `expected` is reported.
fn check(bad: &[u8], bars: usize, expected: &str) {
    let good = format!("{HEAD}{GOOD}");
    // The same file twice would be a copy.
    let other = format!("{good}\n");
    let dir = folder(&[
        ("AAA.csv", good.as_bytes()),
        ("BAD.csv", bad),
        ("ZZZ.csv", other.as_bytes()),
        ("^VIX.csv", good.as_bytes()),
    ]);
    let mut market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    assert!(problems.iter().any(|p| p.contains(expected)), "{expected}: {problems:#?}");
    assert!(problems.iter().all(|p| p.contains("BAD.csv")), "{problems:#?}");
    assert!(market.problems().iter().all(|p| p.remedy.len() > 5));
    let (mut after, mut seen) = (None, 0);
    while let Some(day) = market.next_day(after).unwrap() {
        after = Some(day.day);
        let has = |ticker: &str| day.bars.iter().any(|(t, _)| t == ticker);
        if market.series("AAA").iter().any(|bar| bar.bar_day == day.day) {
            assert!(has("AAA") && has("ZZZ"));
        }
        seen += usize::from(has("BAD"));
        let missing = day.missing.iter().find(|(ticker, _)| ticker == "BAD");
        assert_eq!(missing.is_some(), !has("BAD"));
        assert!(missing.is_none_or(|(_, why)| why.starts_with("BAD.csv")), "{missing:?}");
    }
    assert_eq!(seen, bars, "{expected}");
}

#[test]
fn rows_that_are_no_bars() {
    for (row, expected) in [
        ("2018-06-29,10,11,9,0,1,100", "BAD.csv:4: Close is \"0\", which is not a price above 0"),
        ("2018-06-29,-10,11,9,10,1,100", ":4: Open is \"-10\""),
        ("2018-06-29,nan,11,9,10,1,100", ":4: Open is \"nan\""),
        ("2018-06-29,10,inf,9,10,1,100", ":4: High is \"inf\""),
        ("2018-06-29,null,null,null,null,null,null", ":4: Open is \"null\""),
        ("2018-06-29,10,11,nine,10,1,100", ":4: Low is \"nine\""),
        ("2018-06-29,10,11,9,10,1,-1", ":4: Volume is \"-1\", which is not a number from 0 up"),
        ("2018-06-29,10,11,9,10,1,", ":4: Volume is \"\""),
        ("29/06/2018,10,11,9,10,1,100", ":4: \"29/06/2018\" is not a date of the form 2018-06-29"),
        ("2018-02-30,10,11,9,10,1,100", ":4: \"2018-02-30\" is not a date"),
        ("0018-06-29,10,11,9,10,1,100", ":4: \"0018-06-29\" is not a date"),
        ("2018-06-29,10,11,9", ":4: the row has 4 fields instead of 7"),
        (
            "2018-06",
            ":4: the row has 1 fields instead of 7; the row is skipped; the file may have been cut off",
        ),
        (
            "2018-06-29,10,11,9,10,1,49,650,800",
            ":4: the row has 9 fields instead of 7; the row of 2018-06-29 is skipped; put numbers that contain the separator in quotes",
        ),
        ("2018-06-29,10,9,11,10,1,100", ":4: Low is 11, above High (9)"),
        ("2018-06-29,12,11,9,10,1,100", ":4: Open is 12, outside Low … High (9 … 11)"),
        (
            "2018-06-29,10,11,9,8,1,100",
            ":4: Close is 8, outside Low … High (9 … 11); the row of 2018-06-29 is skipped",
        ),
        (
            "2018-06-30,10,11,9,10,1,100",
            ":4: 2018-06-30 is a Saturday, no trading day of NYSE; the row is skipped",
        ),
        ("2081-07-02,10,11,9,10,1,100", ":4: 2081-07-02 is later than today ("),
        ("Date,Open,High,Low,Close,Adj Close,Volume", ":4: the header stands there again"),
        (
            "2018-06-29 11:42:07-04:00,10,11,9,10,1,100",
            ":4: the price of 2018-06-29 is of 11:42 -04:00, before the close (16:00 in New York)",
        ),
        ("\"2018-06-29,10,11,9,10,1,", ":4: Volume is \"\""),
        ("\u{1b}[31mX,10,11,9,10,1,100", ":4: \"\\u{1b}[31mX\" is not a date"),
        ("Downloaded on 2018-06-30", ":4: \"Downloaded on 2018-06-30\" begins no row of prices"),
        (
            "Source:,example.com,,,,,",
            ":4: \"Source:\" begins no row of prices; the line is skipped",
        ),
    ] {
        let rows = format!("{HEAD}2018-06-27,10,11,9,10,1,100\n2018-06-28,10,11,9,10,1,0\n{row}");
        check(rows.as_bytes(), 2, expected);
    }
    let mut bytes = format!("{HEAD}2018-06-28,10,11,9,10,1,5\n2018-06-29,10,").into_bytes();
    bytes.extend(b"\xff\xfe,9,10,1,100\n");
    check(&bytes, 1, ":3: High is not UTF-8 text");
}

#[test]
fn rows_out_of_order_or_twice() {
    let row = |day: u32, close: u32| format!("2018-06-{day},10,99,9,{close},1,100\n");
    let newest_first = format!("{HEAD}{}{}{}", row(29, 12), row(28, 11), row(27, 10));
    let dir =
        folder(&[("A.csv", newest_first.as_bytes()), ("^VIX.csv", b"Date,Close\n2018-06-28,16\n")]);
    assert_eq!(CsvMarket::open(dir.path(), None, NYSE).unwrap().problems(), []);
    let unsorted = format!("{HEAD}{}{}{}", row(29, 12), row(27, 10), row(28, 11));
    check(unsorted.as_bytes(), 3, ":3: 2018-06-27 comes after a later day");
    let twice = format!("{HEAD}{}{}{}", row(28, 11), row(28, 50), row(29, 12));
    check(
        twice.as_bytes(),
        2,
        "BAD.csv:3: 2018-06-28 has two rows, in lines 2 and 3; that in line 3, the last, stands",
    );
    let newest = format!("{HEAD}{}{}{}{}", row(29, 12), row(28, 50), row(28, 11), row(27, 10));
    check(newest.as_bytes(), 3, "in lines 3 and 4; that in line 3, the first, stands");
    let both = folder(&[("A.csv", newest.as_bytes()), ("^VIX.csv", newest.as_bytes())]);
    assert_eq!(CsvMarket::open(both.path(), None, NYSE).unwrap().series("A")[1].close, 50.0);
    let dir = folder(&[("A.csv", unsorted.as_bytes()), ("B.csv", twice.as_bytes())]);
    let mut market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let first = market.next_day(None).unwrap().unwrap();
    assert_eq!((first.day.to_string().as_str(), first.bars[0].1.close), ("2018-06-27", 10.0));
    let second = market.next_day(Some(first.day)).unwrap().unwrap();
    assert_eq!(second.bars.iter().map(|(_, b)| b.close).collect::<Vec<_>>(), [11.0, 50.0]);
}

#[test]
fn a_header_of_other_columns_below_costs_the_file() {
    for (other, expected) in [
        (
            "Date,Close,High,Low,Open,Adj Close,Volume",
            "BAD.csv: line 4 is another header, with other columns than line 1; the file is not read",
        ),
        ("Date,Open,High,Low,Close,Volume", "line 4 is another header"),
        ("Date,Open,High,Low,Close", "line 4 is another header"),
        ("Open,High,Low,Close,Volume,Date", "line 4 is another header"),
        ("Date;Open;High;Low;Close;Adj Close;Volume", "line 4 is another header"),
    ] {
        check(format!("{HEAD}{GOOD}{other}\n2018-07-02,1,1,1,1,1,1\n").as_bytes(), 0, expected);
    }
    let again = format!("{HEAD}{GOOD}{}", HEAD.to_lowercase());
    check(again.as_bytes(), 2, "BAD.csv:4: the header stands there again; the line is skipped");
}

#[test]
fn files_that_are_no_price_files() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let wide: Vec<u8> = HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let semicolons = HEAD.replace(',', ";");
    for (bytes, expected) in [
        (&b""[..], "BAD.csv: the file is empty; download it again"),
        (b"\n\n", "BAD.csv: the file is empty"),
        (HEAD.as_bytes(), "BAD.csv: there is no row below the first line"),
        (png, "BAD.csv:1: the first line is not UTF-8 text; save the file as CSV in UTF-8"),
        (&wide, "BAD.csv: there is no row below the first line"),
        (b"Not found\n", "BAD.csv:1: there is no column Date, Open, High, Low, Close, Volume"),
        (b"Date,Open,High,Low,Adj Close,Volume\n", ":1: there is no column Close; the file"),
        (GOOD.as_bytes(), ":1: there is no header: the first line is a row already"),
        (semicolons.as_bytes(), "BAD.csv: there is no row below the first line"),
        (
            b"Date,Open,High,Low,Close,Volume,Close\n",
            ":1: two columns are called Close, the 5th and the 7th",
        ),
    ] {
        check(bytes, 0, expected);
    }
    let many = "2018-06-29,x,x,x,x,x,x\n".repeat(50);
    check(format!("{HEAD}{many}").as_bytes(), 0, "BAD.csv: 30 more rows are skipped");
}

#[test]
fn columns_are_found_by_name_and_the_adjusted_close_is_not_read() {
    let text = "\u{feff}volume, CLOSE ,Adj Close,\"Low\",date,open,HIGH\r\n100,10.5,nan,9,2018-06-28,10,11\r\n";
    let dir =
        folder(&[("aaa.CSV", text.as_bytes()), ("^VIX.csv", b"Date,Close\n2018-06-28,16.5\n")]);
    let mut market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    assert_eq!(market.problems(), []);
    let day = market.next_day(None).unwrap().unwrap();
    let bar_day = "2018-06-28".parse().unwrap();
    let bar = schemas::events::Bar {
        bar_day,
        open: 10.0,
        high: 11.0,
        low: 9.0,
        close: 10.5,
        volume: 100.0,
    };
    assert_eq!(day.bars, [("AAA".to_owned(), bar)]);
    assert_eq!(day.vix, Some(16.5));
    assert_eq!(market.universe(), ["AAA"]);
}

#[test]
fn a_folder_with_nothing_to_read_is_an_error() {
    let error = |dir: &Path| CsvMarket::open(dir, None, NYSE).err().unwrap().to_string();
    assert!(error(Path::new("/no/such")).contains("check the path"));
    assert!(error(folder(&[]).path()).contains("there is no stock file"));
    assert!(error(folder(&[("^VIX.csv", b"")]).path()).contains("there is no stock file"));
    let passed = error(folder(&[("A.xlsx", b""), ("B.parquet", b"")]).path());
    assert!(
        passed.contains("A.xlsx: it is no file of a kind") && passed.contains("parquet:FOLDER")
    );
    let none = error(folder(&[("A.csv", b""), ("B.csv", b"x\n")]).path());
    assert!(
        none.contains("none of the 2 stock files") && none.contains("A.csv: the file is empty")
    );
}

#[test]
fn the_index_is_no_stock_and_its_absence_is_said() {
    let good = format!("{HEAD}{GOOD}");
    let good = good.as_bytes();
    let files = [("A.csv", good), ("^GSPC.csv", good), ("my notes.csv", good), ("A.txt", good)];
    let dir = folder(&files);
    let mut market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    assert_eq!(market.universe(), ["A"]);
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    for part in [
        "^VIX.csv: the file cannot be read",
        "an index is not a stock",
        "its name is not a ticker",
        "A.txt: A is read from A.csv",
    ] {
        assert!(problems.iter().any(|p| p.contains(part)), "{part}: {problems:#?}");
    }
    assert_eq!((problems.len(), market.next_day(None).unwrap().unwrap().vix), (4, None));
    let one = CsvMarket::open(dir.path(), Some(&["a".to_owned()]), NYSE).unwrap();
    assert_eq!(one.universe(), ["A"]);
}

#[test]
fn files_that_change_are_read_again() {
    let text = |rows: &str| format!("{HEAD}{GOOD}{rows}");
    let dir = folder(&[("A.csv", text("").as_bytes()), ("B.csv", text("").as_bytes())]);
    let mut market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let sha = market.data_sha256(None);
    let after = market.days().last().copied();
    let until = market.data_sha256(after);
    assert_eq!(market.next_day(after).unwrap(), None);
    write_later(&dir, "A.csv", &text("2018-07-02,1,1,1,1,1,1\n"));
    assert_eq!((market.next_day(after).unwrap(), market.generation()), (None, 0));
    market.refresh().unwrap();
    let day = market.next_day(after).unwrap().unwrap();
    let reason = "B.csv: no row for 2018-07-02; its last is 2018-06-29";
    assert_eq!(day.missing, [("B".to_owned(), reason.to_owned())]);
    assert_eq!((day.bars.len(), market.generation()), (1, 1));
    assert_ne!(market.data_sha256(None), sha);
    assert_eq!(market.data_sha256(after), until, "a later day changes nothing before it");
    market.refresh().unwrap();
    assert_eq!(market.generation(), 1);
    // A removed file is reported, and its known content stays.
    fs::remove_file(dir.path().join("B.csv")).unwrap();
    market.refresh().unwrap();
    assert!(market.problems().iter().any(|p| p.file.ends_with("B.csv")));
    assert_eq!(market.past("B", "2018-07-02".parse().unwrap(), 9).unwrap().len(), 2);
    drop(dir);
    assert!(market.refresh().is_err());
}

#[test]
fn trading_days_without_any_bar_are_named() {
    let rows = format!("{HEAD}{GOOD}2018-07-03,1,1,1,1,1,1\n2018-07-06,1,1,1,1,1,1\n");
    let dir = folder(&[("A.csv", rows.as_bytes()), ("^VIX.csv", rows.as_bytes())]);
    let said = |calendar| {
        let market = CsvMarket::open(dir.path(), None, calendar).unwrap();
        market.problems().iter().map(|problem| problem.what.clone()).collect::<Vec<_>>()
    };
    // The fourth of July is none.
    let what = "on 2 trading days of NYSE no stock has a bar, the first is 2018-07-02";
    assert_eq!(said(NYSE).last().map(String::as_str), Some(what));
    assert!(!said(TradingCalendar::None).iter().any(|said| said.contains("no stock has")));
}

#[test]
fn a_file_that_is_renamed_into_its_place_is_whole_and_a_new_one_joins() {
    let text = |rows: &str| format!("{HEAD}{GOOD}{rows}");
    let dir = folder(&[("A.csv", text("").as_bytes())]);
    let mut market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let opened = market.last_write();
    assert!(opened.is_some());
    market.refresh().unwrap();
    let replace = |rows: &str| {
        fs::write(dir.path().join(".A.tmp"), text(rows)).unwrap();
        fs::rename(dir.path().join(".A.tmp"), dir.path().join("A.csv")).unwrap();
    };
    replace("2018-07-02,1,1,1,1,1,1\n");
    market.refresh().unwrap();
    assert_eq!((market.generation(), market.days().len()), (1, 3));
    if cfg!(target_os = "linux") {
        assert_eq!(market.last_write(), None, "nobody writes to it");
        assert!(market.last_change() > opened);
    }
    write_later(&dir, "A.csv", &text("2018-07-02,1,1,1,2,1,1\n"));
    market.refresh().unwrap();
    assert!(market.last_write() > opened, "written in place");
    fs::write(dir.path().join("NEW.csv"), text("")).unwrap();
    market.refresh().unwrap();
    assert_eq!((market.universe().len(), market.generation()), (2, 3));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_bar_that_is_none(rows in proptest::collection::vec(
        "(2018-0[1-9]-[0-3][0-9])?(,(-?[0-9.]{0,6}|nan|inf|1e400|\\PC{0,4})){0,8}", 0..20
    ), junk in proptest::collection::vec(proptest::num::u8::ANY, 0..40)) {
        let mut bytes = format!("{HEAD}{}\n", rows.join("\n")).into_bytes();
        bytes.extend(junk);
        for kind in [FileKind::Stock, FileKind::Index] {
            let sessions = Sessions::of(NYSE);
            let content = rows::read("F.csv", &bytes, kind, &sessions);
            let table = &content.tables[0].1;
            assert!(table.bars.is_sorted_by(|a, b| a.bar_day < b.bar_day));
            for bar in &table.bars {
                assert!(bar.close > 0.0 && bar.open > 0.0 && bar.high > 0.0 && bar.low > 0.0);
                assert!(bar.volume >= 0.0 && (bar.high * bar.low * bar.open).is_finite());
                assert!(!table.refused.contains_key(&bar.bar_day));
            }
        }
    }
    #[test]
    fn no_bytes_are_too_odd(
        head in "([A-Z<>;,\t|\" ]{0,9}\n){0,3}(Date|<DATE>|date)[;,|](Close|High|Open|Low|Volume|Ticker|Split)([;,](Close|High|Open|Low|Volume|name|Dividends|x)){0,7}",
        rows in proptest::collection::vec("[0-9.,;/: TZ$\"'KM+-]{0,40}|\\PC{0,20}", 0..20),
        junk in proptest::collection::vec(proptest::num::u8::ANY, 0..80),
    ) {
        let mut bytes = format!("{head}\n{}\n", rows.join("\n")).into_bytes();
        bytes.extend(&junk);
        for (bytes, kind) in [(&bytes, FileKind::Stock), (&bytes, FileKind::Index), (&junk, FileKind::Stock)] {
            for (_, table) in rows::read("F.csv", bytes, kind, &Sessions::of(NYSE)).tables {
                assert!(table.bars.is_sorted_by(|a, b| a.bar_day < b.bar_day));
                assert!(table.bars.iter().all(|bar| bar.close > 0.0 && bar.close.is_finite()));
            }
        }
    }
}
