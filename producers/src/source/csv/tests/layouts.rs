//! Every layout gives the bars of the plain one, and what it leaves open is refused with every remedy.

use super::*;

/// Three days of AAPL around a weekend.
const DAYS: [(&str, [f64; 5]); 3] = [
    ("2018-06-28", [184.1, 186.21, 183.8, 185.5, 17_365_200.0]),
    ("2018-06-29", [186.29, 187.19, 182.91, 185.11, 22_737_700.0]),
    ("2018-07-02", [183.82, 187.3, 183.42, 187.18, 17_731_300.0]),
];

fn bars() -> Vec<Bar> {
    let bar = |(day, [open, high, low, close, volume]): &(&str, [f64; 5])| Bar {
        bar_day: day.parse().unwrap(),
        open: *open,
        high: *high,
        low: *low,
        close: *close,
        volume: *volume,
    };
    DAYS.iter().map(bar).collect()
}

/// The file `name` with `text` gives AAPL's bars, and no problem but those that contain a part of `said`.
pub(super) fn check(name: &str, text: &str, said: &[&str]) {
    check_bytes(name, text.as_bytes(), said);
}

pub(super) fn check_bytes(name: &str, bytes: &[u8], said: &[&str]) {
    let index = b"DATE,OPEN,HIGH,LOW,CLOSE\n06/28/2018,17,18,16,16.85\n06/29/2018,16,17,15,16.09\n07/02/2018,17,17,15,15.6\n";
    let dir = folder(&[(name, bytes), ("VIX_History.csv", index)]);
    let market = CsvMarket::open(dir.path(), None, NYSE);
    let mut market = market.unwrap_or_else(|error| panic!("{name}: {error}"));
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    let unsaid: Vec<_> = problems.iter().filter(|p| !said.iter().any(|s| p.contains(s))).collect();
    assert!(unsaid.is_empty(), "{name}: {unsaid:?}");
    assert!(said.iter().all(|s| problems.iter().any(|p| p.contains(s))), "{problems:?}");
    assert_eq!(market.universe(), ["AAPL"], "{name}");
    assert_eq!(market.series("AAPL"), bars(), "{name}: {}", String::from_utf8_lossy(bytes));
    let last = market.next_day(Some("2018-06-29".parse().unwrap())).unwrap().unwrap();
    assert_eq!(last.vix, Some(15.6));
}

/// A line per day, made by `line`.
pub(super) fn rows(line: impl Fn(&str, [&str; 3], [String; 5]) -> String) -> String {
    let row = |(day, numbers): &(&str, [f64; 5])| {
        let mut parts = day.split('-');
        let parts = [(); 3].map(|()| parts.next().unwrap());
        line(day, parts, numbers.map(|number| number.to_string()))
    };
    DAYS.iter().map(row).collect()
}

fn newest_first(text: &str) -> String {
    text.lines().rev().map(|line| format!("{line}\n")).collect()
}

#[test]
fn layouts_that_people_have() {
    let plain = |date: fn([&str; 3]) -> String| {
        rows(|_, parts, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v}\n", date(parts)))
    };
    let head = "Date,Open,High,Low,Close,Volume\n";
    for date in [
        |[y, m, d]: [&str; 3]| format!("{y}{m}{d}"),
        |[y, m, d]| format!("{y}/{m}/{d}"),
        |[y, m, d]| format!("{d}.{m}.{y}"),
        |[y, m, d]| format!("{m}/{d}/{y}"),
        |[y, m, d]| format!("{y}-{m}-{d} 16:00:00"),
        |[y, m, d]| format!("{y}-{m}-{d}T09:30:00-04:00"),
        |[y, m, d]| format!("{y}-{m}-{d} 00:00:00+00:00"),
        |[y, m, d]| format!("{d}-{}-{y}", if m == "06" { "Jun" } else { "Jul" }),
        |[y, m, d]| format!("\"{} {d}, {y}\"", if m == "06" { "June" } else { "July" }),
        |[y, m, d]| {
            let day: Day = format!("{y}-{m}-{d}").parse().unwrap();
            (i64::from(day.0) * 86_400 + 48_600).to_string()
        },
        |[y, m, d]| {
            let day: Day = format!("{y}-{m}-{d}").parse().unwrap();
            (i64::from(day.0) * 86_400_000).to_string()
        },
    ] as [fn([&str; 3]) -> String; 11]
    {
        check("AAPL.csv", &format!("{head}{}", plain(date)), &[]);
    }
    let iso = plain(|[y, m, d]| format!("{y}-{m}-{d}"));
    for name in ["aapl_us_d.csv", "aapl.us.txt", "AAPL Historical Data.csv", "aapl.tsv"] {
        check(name, &format!("{head}{iso}"), &[]);
    }
    check("AAPL.csv", &format!("AAPL prices\nin USD\n\n{head}{iso}"), &[]);
    for units in [",USD,USD,USD,USD,shares", ",USD,USD,USD,USD,USD"] {
        let said = "AAPL.csv:2: \"USD\" begins no row of prices; the line is skipped";
        check("AAPL.csv", &format!("{head}{units}\n{iso}"), &[said]);
    }
    let pairs = "Date,\"('Open', 'AAPL')\",\"('High', 'AAPL')\",\"('Low', 'AAPL')\",\"('Close', 'AAPL')\",\"('Volume', 'AAPL')\"";
    check("AAPL.csv", &format!("{pairs}\n{iso}"), &[]);
    let quoted = format!("{head}{iso}").replace(',', "','").replace('\n', "'\n'");
    check("AAPL.csv", &format!("'{}", quoted.trim_end_matches('\'')), &[]);
    check("AAPL.csv", &format!("{head}{}", newest_first(&iso)), &[]);
    check("AAPL.csv", &format!("{head}{}", iso.replace('\n', ",\n")), &[]);
    check("AAPL.tsv", &format!("{head}{iso}").replace(',', "\t"), &[]);
    check("AAPL.csv", &format!("{head}{iso}").replace(',', "|"), &[]);
    check(
        "AAPL.csv",
        &format!("Price,{}\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n{iso}", &head.trim()[5..]),
        &[],
    );
    let wide: Vec<u8> = format!("{head}{iso}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    check_bytes("AAPL.csv", &[b"\xff\xfe", &wide[..]].concat(), &[]);
    let nasdaq =
        rows(|_, [y, m, d], [o, h, l, c, v]| format!("{m}/{d}/{y},${c},{v},${o},${h},${l}\n"));
    check(
        "AAPL.csv",
        &format!("Date,Close/Last,Volume,Open,High,Low\n{}", newest_first(&nasdaq)),
        &[],
    );
    let german = rows(|_, [y, m, d], n| {
        let [o, h, l, c, _] = n.clone().map(|x| x.replace('.', ","));
        format!("{d}.{m}.{y};{o};{h};{l};{c};{}\n", n[4])
    });
    check("AAPL.csv", &format!("Datum;Erster;Hoch;Tief;Schlusskurs;Volumen\n{german}"), &[]);
    let investing = rows(|_, [y, m, d], [o, h, l, c, v]| {
        let millions = v.parse::<f64>().unwrap() / 1e6;
        format!("\"{m}/{d}/{y}\",\"{c}\",\"{o}\",\"{h}\",\"{l}\",\"{millions}M\",\"-0.21%\"\n")
    });
    check(
        "AAPL.csv",
        &format!("\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"\n{investing}"),
        &[],
    );
    let alpha =
        rows(|day, _, [o, h, l, c, v]| format!("{day},{o},{h},{l},{c},99.9,{v},0.0000,1.0\n"));
    let names =
        "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient";
    check("AAPL.csv", &format!("{names}\n{}", newest_first(&alpha)), &[]);
    let stooq = rows(|_, [y, m, d], [o, h, l, c, v]| {
        format!("AAPL.US,D,{y}{m}{d},000000,{o},{h},{l},{c},{v},0\n")
    });
    check(
        "a file of Stooq.txt",
        &format!(
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n{stooq}"
        ),
        &[],
    );
    let thousands = iso.replace("17365200", "\"17,365,200\"").replace("22737700", "\"22,737,700\"");
    check("AAPL.csv", &format!("{head}{thousands}"), &[]);
    let yahoo = rows(|day, [y, m, d], [o, h, l, c, v]| {
        let month = if m == "06" { "Jun" } else { "Jul" };
        let paid = if day == "2018-06-29" { "\"Jun 29, 2018\",\"0.73 Dividend\"\n" } else { "" };
        format!("{paid}\"{month} {d}, {y}\",{o},{h},{l},{c},99.9,{v}\n")
    });
    check("AAPL.csv", &format!("Date,Open,High,Low,Close*,Adj Close**,Volume\n{yahoo}"), &[]);
    let ibkr =
        rows(|_, [y, m, d], [o, h, l, c, v]| format!("{y}{m}{d},{o},{h},{l},{c},{v},{c},9\n"));
    check("AAPL.csv", &format!("date,open,high,low,close,volume,average,barCount\n{ibkr}"), &[]);
    let unfinished = format!("{head}{iso}2018-07-03 11:42:07-04:00,184,186,183,184,1\n");
    check(
        "AAPL.csv",
        &unfinished,
        &["AAPL.csv:5: the price of 2018-07-03 is of 11:42 -04:00, before the close (13:00 in New"],
    );
}

#[test]
fn what_cannot_be_known_is_refused_once_with_every_remedy() {
    let head = "Date;Open;High;Low;Close;Volume\n";
    for (text, expected) in [
        (
            "29/06/18;1;1;1;1;1\n",
            "\"29/06/18\" is no date in a form that is read; the file is not read; write the dates as",
        ),
        ("43280;1;1;1;1;1\n43281;1;1;1;1;1\n", "\"43280\" is no date"),
        (
            "29/06/2018;1,5;1,5;1,5;1,5;1\n",
            "the dates have the day first, such as 29/06/2018, so that one up to the 12th of a month could",
        ),
        (
            "29/06/2018;1;1;1;1;1\n06/06/2018;1;1;1;1;1\n05/06/2018;1;1;1;1;1\n",
            "such as 29/06/2018, so that 05/06/2018 could be read as month first; the file is not",
        ),
        (
            "06/07/2018;1,5;1,5;1,5;1,5;1\n",
            "whether dates such as 06/07/2018 have the day or the month first cannot be known",
        ),
        (
            "29/06/2018;1;1;1;1;1\n06/28/2018;1;1;1;1;1\n",
            "06/28/2018 in line 3), some the day (29/06/2018 in line 2)",
        ),
        (
            "2018-06-29;1,123;1,123;1,123;1,123;1\n",
            "whether 1,123 in line 2 has decimals or thousands behind its comma",
        ),
        ("06/07/2018;1,123;1,123;1,123;1,123;1\n", "thousands, and write the dates as 2018-06-29"),
        (
            "2018-06-29 09:30;1;1;1;1;1\n2018-06-29 10:30;1;1;1;1;1\n2018-06-29 11:30;1;1;1;1;1\n2018-06-29 12:30;1;1;1;1;1\n2018-06-29 13:30;1;1;1;1;1\n2018-06-29 14:30;1;1;1;1;1\n",
            "so they are no daily prices of one stock",
        ),
    ] {
        super::check(format!("{head}{text}").as_bytes(), 0, expected);
    }
    let text = format!("{head}29/06/2018;1;1;1;1;1\n");
    let files = ["A.csv", "B.csv", "C.csv", "D.csv"].map(|name| (name, text.as_bytes()));
    let dir = folder(&[&files[..], &[("^VIX.csv", b"Date,Close\n2018-06-29,16\n")]].concat());
    let error = CsvMarket::open(dir.path(), None, NYSE).err().unwrap().to_string();
    assert!(
        error.contains("4 of 5 files (A.csv, B.csv, C.csv, D.csv): the dates have the day first"),
        "{error}"
    );
}

#[test]
fn closes_adjusted_for_dividends_are_no_closes() {
    let row = |day: i32| format!("{},100,101,99,90,1\n", Day(17_500) + day);
    let rows: String = (0..60).map(row).collect();
    super::check(
        format!("Date,Open,High,Low,Close,Volume\n{rows}").as_bytes(),
        0,
        "close seems adjusted for dividends",
    );
}

#[test]
fn splits_are_given_where_the_prices_are_in_old_shares() {
    let tiingo = |old: f64| {
        let row = |(at, (day, n)): (usize, &(&str, [f64; 5]))| {
            let (by, split) =
                if at == 0 { (old, 1.0) } else { (1.0, if at == 1 { 4.0 } else { 1.0 }) };
            let [o, h, l, c] = [n[0], n[1], n[2], n[3]].map(|x| x * by);
            format!(
                "{day},{c},{h},{l},{o},{},0,0,0,0,0,{},{split}\n",
                n[4] / by,
                if at == 2 { 0.73 } else { 0.0 }
            )
        };
        let rows: String = DAYS.iter().enumerate().map(row).collect();
        format!(
            "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor\n{rows}"
        )
    };
    for (old, ratio) in [(4.0, Some(4.0)), (1.0, None)] {
        let dir = folder(&[("AAPL.csv", tiingo(old).as_bytes())]);
        let mut market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
        let day = market.next_day(Some("2018-06-28".parse().unwrap())).unwrap().unwrap();
        let split = day
            .actions
            .iter()
            .find_map(|(ticker, action)| action.split().filter(|_| ticker == "AAPL"));
        assert_eq!((day.day.to_string().as_str(), split), ("2018-06-29", ratio));
        let paid = market.next_day(Some(day.day)).unwrap().unwrap();
        assert_eq!(paid.actions[0].1.dividend, Some(0.73));
        // The past is in the shares of the day asked: 4 times as many from the 29th on.
        let closes = |market: &mut CsvMarket, day: &str| -> Vec<f64> {
            let past = market.past("AAPL", day.parse().unwrap(), 9).unwrap();
            past.iter().map(|bar| bar.close).collect()
        };
        assert_eq!(closes(&mut market, "2018-07-02"), [185.5, 185.11]);
        assert_eq!(closes(&mut market, "2018-06-29"), [185.5]);
        assert_eq!(market.series("AAPL")[0].close, 185.5 * old);
    }
}
