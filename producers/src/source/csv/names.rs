//! What the name of a file or of a column's value says: a ticker, the volatility index, another
//! index, or none of these.

/// The volatility index, as its file is best called.
pub(super) const VIX: &str = "^VIX";

/// Other names of the volatility index, in capitals, the surest first.
const VIX_NAMES: [&str; 13] = [
    VIX,
    "VIX",
    "$VIX",
    ".VIX",
    "_VIX",
    "VIX_HISTORY",
    "VIXCURRENT",
    "VIX-DAILY",
    "VIX_DAILY",
    "CBOE_VIX",
    "VIXCLS",
    "VIX.INDX",
    "I:VIX",
];

/// Endings of files that may hold prices, longest first.
const ENDINGS: [&str; 6] = [".csv.gz", ".txt.gz", ".tsv.gz", ".csv", ".txt", ".tsv"];
/// The ending of Parquet files.
const PARQUET: &str = ".parquet";
/// Endings of other data, which people take for prices that are read.
const OTHER_DATA: [&str; 14] = [
    ".gz", ".zip", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".feather", ".pkl", ".h5", ".bz2",
    ".xz", ".zst", ".7z",
];

/// What the ending of a file's name says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending<'a> {
    /// It may hold prices; the name without it.
    Prices(&'a str),
    /// It is data that is not read.
    OtherData,
    /// It is none of the market's business.
    Nothing,
}

/// The kind of file by its name's ending.
pub(super) fn ending(name: &str, parquet: bool) -> Ending<'_> {
    let lower = name.to_ascii_lowercase();
    let has = |end: &&&str| lower.ends_with(**end) && name.is_char_boundary(name.len() - end.len());
    let read = if parquet { &[PARQUET][..] } else { &ENDINGS[..] };
    let other = if parquet { &ENDINGS[..] } else { &[PARQUET][..] };
    if let Some(end) = read.iter().find(has) {
        return Ending::Prices(&name[..name.len() - end.len()]);
    }
    // Text beside Parquet files is a note more often than prices.
    let notes = parquet && lower.ends_with(".txt");
    let data = !notes && other.iter().chain(&OTHER_DATA).any(|end| has(&end));
    if data { Ending::OtherData } else { Ending::Nothing }
}

/// The ticker in a file's name without its ending, in capitals: `aapl`, `aapl.us`, `aapl_us_d`,
/// `AAPL Historical Data`.
pub(super) fn ticker_of(stem: &str) -> String {
    let upper = stem.trim().to_ascii_uppercase();
    let name = upper.strip_suffix(" HISTORICAL DATA").unwrap_or(&upper);
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

/// Whether a file's name says by Stooq's mark that what stands before it is a ticker.
pub(super) fn marks_exchange(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains(".us.") || lower.contains("_us.") || lower.contains("_us_d.")
}

/// A ticker without Stooq's mark of American exchanges.
pub(super) fn without_exchange(ticker: &str) -> &str {
    ticker.strip_suffix(".US").filter(|rest| !rest.is_empty()).unwrap_or(ticker)
}

/// Whether the name is the volatility index's.
pub(super) fn is_index(ticker: &str) -> bool {
    index_rank(ticker).is_some()
}

/// How sure the index's name is, 0 first.
pub(super) fn index_rank(ticker: &str) -> Option<usize> {
    VIX_NAMES.iter().position(|name| *name == ticker)
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
            ("KO_1.csv", "KO_1"),
            ("BTC-USD.csv", "BTC-USD"),
            ("GLD_D.csv", "GLD_D"),
        ] {
            let Ending::Prices(stem) = ending(name, false) else { panic!("{name}") };
            assert_eq!(ticker_of(stem), expected, "{name}");
        }
        assert_eq!(ending("a.parquet", true), Ending::Prices("a"));
        assert_eq!(ending("a.parquet", false), Ending::OtherData);
        assert_eq!([ending("a.xlsx", false), ending("a.csv", true)], [Ending::OtherData; 2]);
        assert_eq!([ending("README.md", false), ending("notes", true)], [Ending::Nothing; 2]);
        assert!(["AAPL", "BRK.B", "BRK-B"].iter().all(|ticker| is_plain(ticker)));
        assert!(!["KO_1", "KO2", "BACKUP", "BTC-USD"].iter().any(|ticker| is_plain(ticker)));
        assert!(is_ticker("KO_1") && !is_ticker("MSFT (1)") && !is_ticker("._GE"));
        assert_eq!(key_of("BRK-B"), key_of("BRK.B"));
        assert!(is_index("VIX") && !is_index("VIXY"));
    }
}
