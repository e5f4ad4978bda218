//! Numbers, dates and headers as people write them in other countries, and what a page gives when it is copied.

use super::layouts::{check, check_bytes, rows};
use super::*;

const HEAD: &str = "Date;Open;High;Low;Close;Volume\n";

/// The closes of A in `text`, or what is said of it.
fn closes(text: &str) -> Result<Vec<f64>, String> {
    let dir = folder(&[("A.csv", text.as_bytes()), ("^VIX.csv", b"Date,Close\n2018-06-29,16\n")]);
    let market = CsvMarket::open(dir.path(), None, NYSE).map_err(|error| error.to_string())?;
    Ok(market.series("A").iter().map(|bar| bar.close).collect())
}

#[test]
fn the_whole_file_tells_what_a_point_or_comma_means() {
    let row = |day: u32, price: &str| format!("2018-06-{day};{price};{price};{price};{price};1\n");
    let days = [18, 19, 20, 21, 22, 25, 26, 27, 28];
    let whole: String = days.iter().map(|day| row(*day, "1.115")).collect();
    // Only the last row tells.
    let german = closes(&format!("{HEAD}{whole}{}", row(29, "1.115,65"))).unwrap();
    assert_eq!((german[0], german[9]), (1115.0, 1115.65));
    // Between commas a point is one of decimals, between semicolons nobody knows.
    let commas = format!("{HEAD}{whole}").replace(';', ",");
    assert_eq!(closes(&commas).unwrap(), [1.115; 9]);
    let dotted = commas.lines().map(|line| match line.split_once(',') {
        Some((date, rest)) if date != "Date" => format!("{}.06.2018,{rest}\n", &date[8..]),
        _ => format!("{line}\n"),
    });
    for text in [format!("{HEAD}{whole}"), dotted.collect()] {
        let unknown = closes(&text).unwrap_err();
        let said = "1.115 in line 2 has decimals or thousands behind its point cannot be known";
        assert!(unknown.contains(said), "{unknown}");
    }
    // Volumes tell.
    let volumes = commas.replace(",1\n", ",3.272.800\n");
    assert_eq!(closes(&volumes).unwrap(), [1115.0; 9]);
    assert_eq!(closes(&format!("{HEAD}{whole}").replace(";1\n", ";1.5M\n")).unwrap(), [1.115; 9]);
    for (price, expected) in [
        ("1'115.20", 1115.2),
        ("1\u{202f}115,20", 1115.2),
        ("1\u{a0}115,20", 1115.2),
        ("1 115,20", 1115.2),
        ("1,115.20", 1115.2),
        ("1.115,20", 1115.2),
        ("115,20", 115.2),
    ] {
        assert_eq!(closes(&format!("{HEAD}{}", row(29, price))).unwrap(), [expected], "{price}");
    }
    let unknown = closes(&format!("{HEAD}{}", row(29, "1,115"))).unwrap_err();
    assert!(unknown.contains("1,115 in line 2 has decimals or thousands"), "{unknown}");
    let mixed = format!("{HEAD}{}{}", row(28, "115,20"), row(29, "115.20"));
    let mixed = closes(&mixed).unwrap_err();
    assert!(
        mixed.contains(
            "behind a point (115.20 in line 3), others have decimals behind a comma (115,20 in"
        ),
        "{mixed}"
    );
    let mixed = closes(&format!("{HEAD}{}", row(29, "115.20")).replace(";1\n", ";3.272.800\n"));
    let mixed = mixed.unwrap_err();
    assert!(
        mixed.contains("others have points between thousands (3.272.800 in line 2)"),
        "{mixed}"
    );
}

#[test]
fn pages_of_other_countries() {
    let comma = |n: &str| n.replace('.', ",");
    let investing = |date: fn([&str; 3]) -> String, head: &str| {
        let rows = rows(|_, parts, [o, h, l, c, v]| {
            let millions = comma(&(v.parse::<f64>().unwrap() / 1e6).to_string());
            let [o, h, l, c] = [o, h, l, c].map(|price| comma(&price));
            let date = date(parts);
            format!("\"{date}\",\"{c}\",\"{o}\",\"{h}\",\"{l}\",\"{millions}M\",\"-0,21%\"\n")
        });
        format!("{head}\n{rows}")
    };
    let dotted = |[y, m, d]: [&str; 3]| format!("{d}.{m}.{y}");
    for head in [
        "\"Datum\",\"Zuletzt\",\"Eröffn.\",\"Hoch\",\"Tief\",\"Vol.\",\"+/- %\"",
        "Date,Dernier,Ouv.,Plus Haut,Plus Bas,Vol.,Variation %",
        "Fecha,Último,Apertura,Máximo,Mínimo,Vol.,% var.",
    ] {
        check("AAPL.csv", &investing(dotted, head), &[]);
    }
    check(
        "AAPL Historische Daten.csv",
        &investing(dotted, "Datum,Zuletzt,Eröffn.,Hoch,Tief,Vol.,x"),
        &[],
    );
    for months in [["Juni", "Juli"], ["juin", "juil."], ["junio", "julio"], ["Jun", "Jul"]] {
        let text = rows(|_, [y, m, d], n| {
            let month = if m == "06" { months[0] } else { months[1] };
            format!("{d}. {month} {y};{}\n", n.map(|number| comma(&number)).join(";"))
        });
        check("AAPL.csv", &format!("{HEAD}{text}"), &[]);
    }
    let latin: Vec<u8> = rows(|_, [y, m, d], n| {
        format!("{d}.{m}.{y};{}\n", n.map(|number| comma(&number)).join(";"))
    })
    .into_bytes();
    let head = b"Datum;Er\xf6ffnung;Hoch;Tief;Schlusskurs;St\xfcck\r\n";
    check_bytes("AAPL.csv", &[&head[..], &latin].concat(), &[]);
}

#[test]
fn the_page_of_yahoo_as_it_is_copied() {
    let head = "Date, Open, High, Low, Close Close price adjusted for splits., Adj Close Adjusted close price adjusted for splits and dividend and/or capital gain distributions., Volume\n";
    let text = rows(|day, [y, m, d], [o, h, l, c, v]| {
        let month = if m == "06" { "Jun" } else { "Jul" };
        let paid = if day == "2018-06-29" { "Jun 29, 2018, 0.73 Dividend\n" } else { "" };
        format!("{paid}{month} {d}, {y}, {o}, {h}, {l}, {c}, 99.9, {v}\n")
    });
    check("AAPL.csv", &format!("{head}{text}"), &[]);
    let tabs = format!("{head}{text}").replace(", 2018", "; 2018").replace(", ", "\t");
    check("AAPL.csv", &tabs.replace("; 2018", ", 2018"), &[]);
    let ends = ["\n", "\r\n", "\r"];
    let mixed: String =
        text.lines().zip(ends.iter().cycle()).map(|(a, b)| format!("{a}{b}")).collect();
    check("AAPL.csv", &format!("{head}{mixed}"), &[]);
}

#[test]
fn notes_blanks_and_comments_are_no_rows() {
    let iso = rows(|day, _, n| format!("{day},{}\n", n.join(",")));
    let text = format!(
        "# from example.com\n#\nDate,Open,High,Low,Close,Volume\n{iso}  \n,,,,,\n# end\nDownloaded from example.com\n"
    );
    let said =
        "AAPL.csv:10: \"Downloaded from example.com\" begins no row of prices; the line is skipped";
    check("AAPL.csv", &text, &[said]);
    let wide: String = (1..9).map(|day| format!("2018-06-{day:02},1,1,1,1,49,650,800\n")).collect();
    let said = closes(&format!("Date,Open,High,Low,Close,Volume\n{wide}")).unwrap_err();
    assert!(
        said.contains("names 6 columns, but most rows have another number of fields (8 in line 2)"),
        "{said}"
    );
}

#[test]
fn a_last_row_is_finished_once_the_exchange_has_closed() {
    for (day, time, finished) in [
        ("2018-06-29", "15:59:00-04:00", false),
        ("2018-06-29", "16:00:00-04:00", true),
        ("2018-06-29", "20:00:00+00:00", true),
        ("2018-06-29", "19:30:00+00:00", false),
        ("2018-06-29", "17:30:00+02:00", false),
        ("2018-06-29", "22:00:00+02:00", true),
        ("2018-07-03", "13:00:00", true),
        ("2018-07-03", "12:59:00", false),
        ("2018-07-03", "17:05:00Z", true),
        ("2018-07-03", "04:00:00Z", true),
    ] {
        let text = format!("{HEAD}2018-06-28;1;1;1;1;1\n{day} {time};2;2;2;2;1\n");
        let expected: &[f64] = if finished { &[1.0, 2.0] } else { &[1.0] };
        assert_eq!(closes(&text).unwrap(), expected, "{day} {time}");
    }
    for (time, expected) in [("114207", &[1.0][..]), ("11:42", &[1.0]), ("16:00", &[1.0, 2.0])] {
        let head = "Date;Time;Open;High;Low;Close;Volume";
        let text = format!("{head}\n2018-06-28;000000;1;1;1;1;1\n2018-06-29;{time};2;2;2;2;1\n");
        assert_eq!(closes(&text).unwrap(), expected, "{time}");
    }
    // A time that the other rows have as well is no sign of an open market.
    let text = format!("{HEAD}2018-03-09 14:30:00Z;1;1;1;1;1\n2018-03-12 13:30:00Z;2;2;2;2;1\n");
    assert_eq!(closes(&text).unwrap(), [1.0, 2.0]);
}
