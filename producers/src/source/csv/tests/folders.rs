//! Which files are read, in what role, and that each of the others is named.

use super::*;

pub(super) const INDEX: &[u8] = b"Date,Close\n2018-06-28,16.5\n2018-06-29,16\n";

/// A file of two good days whose bytes differ by `close`.
pub(super) fn stock(close: f64) -> String {
    format!(
        "Date,Open,High,Low,Close,Volume\n2018-06-28,10,20,9,{close},100\n2018-06-29,10,20,9,{close},1\n"
    )
}

/// A folder with these files has these tickers, and says exactly what contains the parts of `said`.
pub(super) fn check(files: &[(&str, &[u8])], tickers: &[&str], said: &[&str]) -> CsvMarket {
    let dir = folder(files);
    let market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    assert_eq!(market.universe(), tickers, "{problems:#?}");
    assert_eq!(problems.len(), said.len(), "{problems:#?}");
    for part in said {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:#?}");
    }
    market
}

#[test]
fn a_ticker_counts_once_and_the_other_files_are_named() {
    let (one, two, three) = (stock(11.0), stock(12.0), stock(13.0));
    let (one, two, three) = (one.as_bytes(), two.as_bytes(), three.as_bytes());
    let vix = ("^VIX.csv", INDEX);
    let market = check(
        &[("AAPL.csv", one), ("aapl.csv", two), vix],
        &["AAPL"],
        &["aapl.csv: AAPL is read from AAPL.csv"],
    );
    assert_eq!(market.series("AAPL")[0].close, 11.0);
    for other in ["AAPL.US.csv", "aapl.us.txt"] {
        let market = check(
            &[("AAPL.csv", one), (other, two), vix],
            &["AAPL"],
            &["AAPL is read from AAPL.csv"],
        );
        assert_eq!(market.series("AAPL")[0].close, 11.0, "{other}");
    }
    check(
        &[("BRK.B.csv", one), ("BRK-B.csv", two), vix],
        &["BRK-B"],
        &["BRK.B.csv: BRK-B is read from BRK-B.csv"],
    );
    check(
        &[("KO.csv", one), ("KO_1.csv", one), vix],
        &["KO"],
        &["KO_1.csv: its name is that of a copy of KO, so it is not read"],
    );
    check(
        &[("KO.csv", one), ("KO_OLD.csv", two), ("KOX.csv", one), vix],
        &["KO", "KOX"],
        &["KO_OLD.csv: its name is that of a copy of KO", "KO.csv: the same bytes are in KOX.csv"],
    );
    check(
        &[("AAPL.csv", one), ("KO.csv", one), vix],
        &["AAPL", "KO"],
        &["AAPL.csv: the same bytes are in KO.csv"],
    );
    check(
        &[
            ("A.csv", one),
            ("A (1).csv", one),
            ("._A.csv", b"\0\x05\x16\x07"),
            ("NAMES.csv", b"Symbol,Name\nA,Agilent\n"),
            ("A.xlsx", b""),
            ("notes.txt", b"to do"),
            ("README.md", b""),
            ("^GSPC.csv", one),
            vix,
        ],
        &["A"],
        &[
            "A (1).csv: its name is not a ticker",
            "._A.csv: it is a hidden file",
            "NAMES.csv: it holds no prices",
            "A.xlsx: it is no file of a kind",
            "notes.txt: it holds no prices",
            "^GSPC.csv: an index is not a stock",
        ],
    );
    let text = "date,open,high,low,close,volume,symbol\n2018-06-29,1,1,1,1,1,AAPL\n";
    let said = "data.csv: its name says DATA, its rows AAPL; they are read as AAPL";
    check(&[("data.csv", text.as_bytes()), ("KO.csv", three), vix], &["AAPL", "KO"], &[said]);
    let said = "nvda.us.txt: its name says NVDA, its rows AAPL; they are read as NVDA";
    check(&[("nvda.us.txt", text.as_bytes()), ("KO.csv", three), vix], &["KO", "NVDA"], &[said]);
}

#[test]
fn the_exact_name_wins_unless_its_rows_have_ended() {
    let (one, two) = (stock(11.0), stock(12.0));
    let vix = ("^VIX.csv", INDEX);
    for other in ["KO.US.csv", "ko.us.csv", "KO.csv.gz", "KO.tsv"] {
        let market = check(
            &[("KO.csv", one.as_bytes()), (other, two.as_bytes()), vix],
            &["KO"],
            &[&format!("{other}: KO is read from KO.csv, so its rows here are not")],
        );
        assert_eq!(market.series("KO")[0].close, 11.0);
    }
    let on: String = (2..=9)
        .filter(|day| ![4, 7, 8].contains(day))
        .map(|day| format!("2018-07-{day:02},10,20,9,12,1\n"))
        .collect();
    for (more, read) in [("", 11.0), ("2018-07-10,10,20,9,12,1\n", 12.0)] {
        let longer = format!("{two}{on}{more}");
        let files = [("KO.csv", one.as_bytes()), ("KO.US.csv", longer.as_bytes()), vix];
        let said = match read {
            12.0 => {
                "KO.csv: KO is read from KO.US.csv, which goes on to 2018-07-10, so its rows here, which end on 2018-06-29, are not"
            }
            _ => "KO.US.csv: KO is read from KO.csv, so",
        };
        assert_eq!(check(&files, &["KO"], &[said]).series("KO")[0].close, read);
    }
}

#[test]
fn a_name_with_letters_of_its_own_is_no_ticker() {
    let (one, two) = (stock(11.0), stock(12.0));
    check(
        &[("KO.csv", one.as_bytes()), ("ÄÖ.csv", two.as_bytes()), ("^VIX.csv", INDEX)],
        &["KO"],
        &["ÄÖ.csv: its name is not a ticker, so it is not read"],
    );
}

#[test]
fn the_index_has_many_names_and_is_never_a_stock() {
    let good = stock(11.0);
    for name in [
        "^VIX.csv",
        "^vix.csv",
        "VIX.csv",
        "vix.csv",
        "VIX_History.csv",
        "vixcurrent.csv",
        "^vix_d.csv",
        "VIXCLS.csv",
    ] {
        let mut market = check(&[("A.csv", good.as_bytes()), (name, INDEX)], &["A"], &[]);
        assert_eq!(market.next_day(None).unwrap().unwrap().vix, Some(16.5), "{name}");
    }
    let files: [(&str, &[u8]); 3] =
        [("A.csv", good.as_bytes()), ("VIX.csv", b"x"), ("^VIX.csv", INDEX)];
    check(&files, &["A"], &["VIX.csv: the index is read from ^VIX.csv"]);
    for (index, said, vix) in [
        (
            &b"Date,Close\n2018-06-28,0.165\n2018-06-29,0.16\n"[..],
            "the closes of the index are fractions, such as 0.165",
            None,
        ),
        (
            b"Date,Close\n2018-06-28,16.5\n2018-06-29,1600\n",
            "^VIX.csv:3: Close is 1600, which is no level of the VIX",
            Some(16.5),
        ),
        (
            b"observation_date,VIXCLS\n2018-05-28,.\n2018-06-28,16.5\n",
            "2018-05-28 is a Monday, no trading day of NYSE",
            Some(16.5),
        ),
    ] {
        let mut market = check(&[("A.csv", good.as_bytes()), ("^VIX.csv", index)], &["A"], &[said]);
        assert_eq!(market.next_day(None).unwrap().unwrap().vix, vix);
    }
}

#[test]
fn one_file_may_hold_all_tickers() {
    let text = "date,open,high,low,close,volume,Name\n2018-06-28,1,1,1,1,1,AAPL\n2018-06-28,2,2,2,2,2,KO\n2018-06-28,16,17,15,16.5,0,^VIX\n2018-06-29,1,1,1,1,1,AAPL\n2018-06-29,2,2,0,2,2,KO\n";
    let dir = folder(&[("all stocks.csv", text.as_bytes())]);
    for source in [dir.path().to_owned(), dir.path().join("all stocks.csv")] {
        let mut market = CsvMarket::open(&source, None, NYSE).unwrap();
        assert_eq!(market.universe(), ["AAPL", "KO"]);
        let first = market.next_day(None).unwrap().unwrap();
        assert_eq!((first.bars.len(), first.vix), (2, Some(16.5)));
        let second = market.next_day(Some(first.day)).unwrap().unwrap();
        let why = "all stocks.csv:6: Low is \"0\", which is not a price above 0";
        assert_eq!(second.missing, [("KO".to_owned(), why.to_owned())]);
    }
    let own = stock(11.0);
    let files: [(&str, &[u8]); 3] =
        [("all.csv", text.as_bytes()), ("KO.csv", own.as_bytes()), ("^VIX.csv", INDEX)];
    let market = check(
        &files,
        &["AAPL", "KO"],
        &[
            "all.csv: KO is read from KO.csv",
            "all.csv: the index is read from ^VIX.csv",
            "all.csv:6: Low",
        ],
    );
    assert_eq!(market.series("KO").len(), 2);
    let wide = "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\nTicker,AAPL,KO,AAPL,KO,AAPL,KO,AAPL,KO,AAPL,KO\nDate,,,,,,,,,,\n2018-06-28,1,,1,,1,,1,,1,\n2018-06-29,1,2,1,2,1,2,1,2,1,2\n";
    let market = check(
        &[("prices of yfinance.csv", wide.as_bytes()), ("^VIX.csv", INDEX)],
        &["AAPL", "KO"],
        &[],
    );
    assert_eq!([market.series("AAPL").len(), market.series("KO").len()], [2, 1]);
}

#[test]
fn days_on_which_nothing_trades_are_no_trading_days() {
    let text = |rows: &str| {
        format!(
            "Date,Open,High,Low,Close,Volume\n2018-05-25,1,2,1,2,9\n{rows}2018-05-29,1,2,1,2,9\n"
        )
    };
    let filled = text("2018-05-28,2,2,2,2,0\n");
    let files: [(&str, &[u8]); 3] =
        [("A.csv", filled.as_bytes()), ("B.csv", filled.as_bytes()), ("^VIX.csv", INDEX)];
    for calendar in TradingCalendar::ALL {
        let dir = folder(&files);
        let mut market = CsvMarket::open(dir.path(), None, calendar).unwrap();
        assert_eq!((market.days().len(), market.series("A").len()), (2, 2), "{calendar}");
        let said = market.problems().iter().filter(|p| p.what.contains("2018-05-28"));
        assert!(said.count() > 0, "{calendar}");
        // Where one stock trades, the others stood still.
        write_later(&dir, "B.csv", &text("2018-05-28,2,3,2,2,1\n"));
        market.refresh().unwrap();
        let expected = if calendar == TradingCalendar::None { 3 } else { 2 };
        assert_eq!(
            (market.days().len(), market.series("A").len()),
            (expected, expected),
            "{calendar}"
        );
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_unreadable_files_hang_nothing() {
    use std::os::unix::fs::symlink;
    let good = stock(11.0);
    let dir = folder(&[("A.csv", good.as_bytes()), ("^VIX.csv", INDEX)]);
    let pipe = dir.path().join("PIPE.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink("/dev/zero", dir.path().join("ZERO.csv")).unwrap();
    symlink("/no/such/file", dir.path().join("GONE.csv")).unwrap();
    symlink(dir.path().join("A.csv"), dir.path().join("LINK_1.csv")).unwrap();
    fs::create_dir(dir.path().join("DIR.csv")).unwrap();
    let market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    assert_eq!(market.universe(), ["A", "DIR", "GONE", "PIPE", "ZERO"]);
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    for part in [
        "PIPE.csv: it is a pipe",
        "ZERO.csv: it is a device",
        "GONE.csv: the file cannot be read",
        "LINK_1.csv: it has the same bytes",
        "DIR.csv: it is a folder",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:#?}");
    }
    let day = market.days().last().copied().unwrap();
    let missing = CsvMarket::open(dir.path(), None, NYSE).unwrap().day(day).missing;
    let why = "PIPE.csv: it is a pipe, so it is not read".to_owned();
    assert!(missing.contains(&("PIPE".to_owned(), why)), "{missing:?}");
    // A file that turns into a pipe later is not waited for either.
    let mut market = market;
    fs::remove_file(dir.path().join("A.csv")).unwrap();
    fs::rename(&pipe, dir.path().join("A.csv")).unwrap();
    let after = market.days().last().copied();
    assert_eq!(market.next_day(after).unwrap(), None);
    assert_eq!(market.series("A").len(), 2);
}

/// Writes a Parquet file of the good days.
fn parquet(path: &Path, close: f64) {
    use parquet::data_type::{DoubleType, Int32Type, Int64Type};
    let schema = "message m { required int64 Volume; required double Open; required double High;
        required double Low; required double Close; required int32 Date (DATE); }";
    let schema = parquet::schema::parser::parse_message_type(schema).unwrap();
    let file = fs::File::create(path).unwrap();
    let mut writer =
        parquet::file::writer::SerializedFileWriter::new(file, schema.into(), Default::default())
            .unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[100, 1], None, None).unwrap();
    column.close().unwrap();
    for price in [10.0, 20.0, 9.0, close] {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(&[price; 2], None, None).unwrap();
        column.close().unwrap();
    }
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&[17_710, 17_711], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn parquet_files_are_read_by_the_same_parser() {
    let dir = folder(&[("AAPL.csv", stock(12.0).as_bytes())]);
    parquet(&dir.path().join("AAPL.parquet"), 11.0);
    parquet(&dir.path().join("^VIX.parquet"), 16.5);
    let mut market = CsvMarket::open_parquet(dir.path(), None, NYSE).unwrap();
    let day = market.next_day(None).unwrap().unwrap();
    assert_eq!((day.day.to_string().as_str(), day.vix), ("2018-06-28", Some(16.5)));
    let plain = folder(&[("AAPL.csv", stock(11.0).as_bytes())]);
    let same = CsvMarket::open(plain.path(), None, NYSE).unwrap();
    assert_eq!(market.series("AAPL"), same.series("AAPL"));
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("AAPL.csv: it is no file of a kind that is read here"));
    let whole = fs::read(dir.path().join("AAPL.parquet")).unwrap();
    for bytes in [b"PAR1", &b""[..], &whole[..whole.len() / 2]] {
        fs::write(dir.path().join("AAPL.parquet"), bytes).unwrap();
        let error = CsvMarket::open_parquet(dir.path(), None, NYSE).err().unwrap().to_string();
        assert!(error.contains("AAPL.parquet: the file is cut off or damaged"), "{error}");
        assert!(error.contains("download or write it again"), "{error}");
    }
}
