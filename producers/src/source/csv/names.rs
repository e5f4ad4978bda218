//! What the name of a file or of a column's value says: which ticker it is of, and whether it is one at all.

use super::letters::{without_accent, words};

/// Endings of files that may hold prices, longest first.
const ENDINGS: [&str; 6] = [".csv.gz", ".txt.gz", ".tsv.gz", ".csv", ".txt", ".tsv"];
/// The ending of Parquet files.
const PARQUET: &str = ".parquet";
/// Endings of downloads that are not finished and of copies that programs keep.
const KEPT_ASIDE: [&str; 15] = [
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".opdownload",
    ".filepart",
    ".tmp",
    ".temp",
    ".bak",
    ".backup",
    ".old",
    ".orig",
    ".save",
    ".swp",
    "~",
];
/// Endings of notes, programs, pictures and settings, and whole names, which nobody takes for prices.
const NO_DATA: [&str; 25] = [
    ".md", ".rst", ".py", ".pyc", ".ipynb", ".r", ".sh", ".bat", ".ps1", ".toml", ".yaml", ".yml",
    ".ini", ".cfg", ".log", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".lnk", ".url",
    ".webloc", ".lock",
];
const NO_DATA_NAMES: [&str; 6] =
    ["thumbs.db", "readme", "license", "notice", "makefile", "sha256sums"];

/// What the ending of a file's name says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending<'a> {
    /// It may hold prices; the name without it.
    Prices(&'a str),
    /// It is data that is not read.
    OtherData,
    /// It is half of a file, or an old one.
    KeptAside,
    /// It is none of the market's business.
    Nothing,
}

/// The kind of file by its name's ending.
pub(super) fn ending(name: &str, parquet: bool) -> Ending<'_> {
    let lower = name.to_ascii_lowercase();
    let has = |end: &&&str| lower.ends_with(**end) && name.is_char_boundary(name.len() - end.len());
    let read = if parquet { &[PARQUET][..] } else { &ENDINGS[..] };
    if let Some(end) = read.iter().find(has) {
        return Ending::Prices(&name[..name.len() - end.len()]);
    }
    if KEPT_ASIDE.iter().any(|end| has(&end)) {
        return Ending::KeptAside;
    }
    // Text beside Parquet files is a note more often than prices.
    let notes = parquet && lower.ends_with(".txt");
    let nothing = notes || NO_DATA_NAMES.contains(&lower.as_str());
    let nothing = nothing || NO_DATA.iter().any(|end| has(&end));
    if nothing { Ending::Nothing } else { Ending::OtherData }
}

/// What investing.com and Yahoo put behind the ticker in a file's name, in capitals without accents.
const HISTORICAL: [&str; 7] = [
    " HISTORICAL DATA",
    " HISTORICAL PRICES",
    " HISTORISCHE DATEN",
    " HISTORISCHE KURSE",
    " DONNEES HISTORIQUES",
    " DATOS HISTORICOS",
    " DATI STORICI",
];

/// The ticker in a file's name without its ending, in capitals: `aapl`, `aapl.us`, `aapl_us_d`,
/// `AAPL Historical Data`, `%5EVIX`.
pub(super) fn ticker_of(stem: &str) -> String {
    let mut upper = stem.trim().to_ascii_uppercase();
    for (code, letter) in [("%5E", "^"), ("%2E", "."), ("%2D", "-"), ("%3D", "="), ("%20", " ")] {
        upper = upper.replace(code, letter);
    }
    while let Some(rest) = [".CSV", ".TXT"].iter().find_map(|end| upper.strip_suffix(end)) {
        upper.truncate(rest.len());
    }
    let name = without_historical(&upper);
    let name = name
        .strip_suffix("_D")
        .and_then(|name| {
            let daily =
                name.starts_with('^') || name.rsplit('_').next().is_some_and(|end| end.len() == 2);
            (daily && (name.contains('_') || name.starts_with('^'))).then_some(name)
        })
        .unwrap_or(name);
    let name = name.strip_suffix("_US").unwrap_or(name);
    without_exchange(name).to_owned()
}

/// The name before what follows the ticker. Accents count for nothing there; in the ticker they make it none.
fn without_historical(name: &str) -> &str {
    let small = |c: char| c.to_lowercase().next().unwrap_or(c);
    let plain: String =
        name.chars().map(|c| without_accent(small(c)).to_ascii_uppercase()).collect();
    let end = HISTORICAL.iter().find(|end| plain.ends_with(**end));
    let kept = name.chars().count() - end.map_or(0, |end| end.len());
    name.char_indices().nth(kept).map_or(name, |(at, _)| &name[..at])
}

/// What the ticker would be without the mark of a copy at its end: KO for KO_1, KO-2 and KO_OLD.
pub(super) fn original(ticker: &str) -> Option<&str> {
    let (name, mark) = ticker.rsplit_once(['_', '-'])?;
    let number = mark.bytes().all(|byte| byte.is_ascii_digit());
    let copy =
        (number && mark.len() < 3) || ["COPY", "OLD", "NEW", "BAK", "BACKUP"].contains(&mark);
    (copy && is_plain(name)).then_some(name)
}

/// Whether a file's name says by Stooq's mark that what stands before it is a ticker.
pub(super) fn marks_exchange(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains(".us.") || lower.contains("_us.") || lower.contains("_us_d.")
}

/// A ticker without Stooq's mark of American exchanges.
pub(super) fn without_exchange(ticker: &str) -> &str {
    ticker.strip_suffix(".US").filter(|rest| !rest.is_empty()).unwrap_or(ticker)
}

/// The ticker that a field of a ticker column means, if it means one: `brk b`, `BRK/B` and `NYSE:BRK.B` are BRK.B, `AAPL US
/// Equity` is AAPL. It may still be no ticker of a stock.
pub(super) fn ticker_in(field: &[u8]) -> Option<String> {
    let text = words(field).to_ascii_uppercase();
    let text = text.trim();
    if ["", "-", "NAN", "NULL", "NONE", "N/A", "#N/A"].contains(&text) {
        return None;
    }
    let exchange = |mark: &str| mark.len() > 1 && mark.bytes().all(|b| b.is_ascii_alphabetic());
    let text = match text.split_once(':') {
        Some((mark, rest)) if exchange(mark) && !rest.is_empty() => rest.trim(),
        _ => text,
    };
    let text = text.strip_suffix(" EQUITY").unwrap_or(text);
    let text = without_exchange(text.strip_suffix(" US").unwrap_or(text));
    let class = text.split_once([' ', '/']).filter(|(name, class)| {
        let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
        (1..=5).contains(&name.len()) && class.len() == 1 && letters(name) && letters(class)
    });
    Some(class.map_or_else(|| text.to_owned(), |(name, class)| format!("{name}.{class}")))
}

/// Whether the text, in capitals, can be a ticker.
pub(super) fn is_ticker(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || ".-_=".contains(c);
    text.len() <= 16
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(letter)
}

/// Whether it looks like a ticker of a stock and no other name: AAPL, BRK.B.
pub(super) fn is_plain(ticker: &str) -> bool {
    let (name, class) = ticker.split_once(['.', '-']).unwrap_or((ticker, "A"));
    let letters = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    letters(name, 5) && letters(class, 2)
}

/// Whether it is a word too long for a ticker of a stock: SYMBOLS.
pub(super) fn is_word(text: &str) -> bool {
    text.len() > 5 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// What is equal in the ways of writing one ticker: BRK.B, BRK-B, BRK_B.
pub(super) fn key_of(ticker: &str) -> String {
    ticker.replace(['-', '_', '/'], ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_tickers() {
        for (name, expected) in [
            ("AAPL.csv", "AAPL"),
            ("aapl.us.txt", "AAPL"),
            ("aapl_us_d.csv", "AAPL"),
            ("brk-b.us.txt", "BRK-B"),
            ("brk-b_us_d.csv", "BRK-B"),
            ("^vix_d.csv", "^VIX"),
            ("ko.csv.gz", "KO"),
            ("Jpm.CSV", "JPM"),
            ("AAPL Historical Data.csv", "AAPL"),
            ("KO Données historiques.csv", "KO"),
            ("KO_1.csv", "KO_1"),
            ("BTC-USD.csv", "BTC-USD"),
            ("GLD_D.csv", "GLD_D"),
            ("%5Egspc.csv", "^GSPC"),
            ("ko.csv.csv", "KO"),
        ] {
            let Ending::Prices(stem) = ending(name, false) else { panic!("{name}") };
            assert_eq!(ticker_of(stem), expected, "{name}");
        }
        assert_eq!(ending("a.parquet", true), Ending::Prices("a"));
        for name in ["a.parquet", "a.xlsx", "a.zip", "a.json", "AAPL", "a.csv.1", "a.csv (1)"] {
            assert_eq!(ending(name, false), Ending::OtherData, "{name}");
        }
        assert_eq!(ending("a.csv", true), Ending::OtherData);
        for name in ["a.csv.part", "A.CSV.BAK", "a.csv.crdownload", "a.tmp", "a.csv~"] {
            assert_eq!(ending(name, false), Ending::KeptAside, "{name}");
        }
        assert_eq!([ending("README.md", false), ending("notes.txt", true)], [Ending::Nothing; 2]);
        assert!(["AAPL", "BRK.B", "BRK-B"].iter().all(|ticker| is_plain(ticker)));
        assert!(!["KO_1", "KO2", "BACKUP", "BTC-USD"].iter().any(|ticker| is_plain(ticker)));
        assert!(is_ticker("KO_1") && !is_ticker("MSFT (1)") && !is_ticker("._GE"));
        assert_eq!(key_of("BRK-B"), key_of("BRK.B"));
        // Letters outside A to Z are not taken for others: the second begins with the sign of kelvins.
        assert!(!["ÄÖ", "\u{212a}O", "é"].iter().any(|name| is_ticker(&ticker_of(name))));
    }

    #[test]
    fn copies_have_marks() {
        let of = ["KO_1", "KO-2", "KO_OLD", "KO_2018", "BTC-USD", "BRK-B", "KO"].map(original);
        assert_eq!(of, [Some("KO"), Some("KO"), Some("KO"), None, None, None, None]);
    }

    #[test]
    fn tickers_are_written_in_many_ways() {
        for (field, expected) in [
            ("AAPL", Some("AAPL")),
            (" aapl ", Some("AAPL")),
            ("BRK B", Some("BRK.B")),
            ("brk/b", Some("BRK.B")),
            ("BRK-B", Some("BRK-B")),
            ("NYSE:BRK.B", Some("BRK.B")),
            ("AAPL US Equity", Some("AAPL")),
            ("AAPL.US", Some("AAPL")),
            ("^VIX", Some("^VIX")),
            ("I:VIX", Some("I:VIX")),
            ("", None),
            ("N/A", None),
            ("NaN", None),
        ] {
            assert_eq!(ticker_in(field.as_bytes()).as_deref(), expected, "{field}");
        }
        assert_eq!(key_of("BRK-B"), key_of("BRK.B"));
    }
}
