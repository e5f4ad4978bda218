//! The table of column names: which column is what, by the names that data sources give them.

/// What a column can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// The day, perhaps with a time.
    Date,
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Shares traded.
    Volume,
    /// The ticker, in files of many.
    Ticker,
    /// New shares per old share.
    Split,
    /// Dollars per share.
    Dividend,
}

/// The number of roles.
pub(super) const ROLES: usize = 9;

/// The columns that a stock's file must have, as problems name them.
pub(super) const COLUMNS: [(Role, &str); 6] = [
    (Role::Date, "Date"),
    (Role::Open, "Open"),
    (Role::High, "High"),
    (Role::Low, "Low"),
    (Role::Close, "Close"),
    (Role::Volume, "Volume"),
];

/// Names by role in small letters and digits alone, the surest first: where a file has several, the first counts.
/// An adjusted close has no role: it contains later dividends and is never read.
const NAMES: [(Role, &[&str]); ROLES] = [
    (
        Role::Date,
        &[
            // "day" is the day of the week beside FinRL's "date", "time" follows Stooq's <DATE>.
            "date",
            "datetime",
            "timestamp",
            "tradedate",
            "tradingdate",
            "observationdate",
            "windowstart",
            "datum",
            "data",
            "time",
            "day",
            "t",
        ],
    ),
    (
        Role::Open,
        &[
            "open",
            "openprice",
            "openingprice",
            "eröffnung",
            "eroeffnung",
            "erster",
            "otwarcie",
            "o",
        ],
    ),
    (Role::High, &["high", "highprice", "dayhigh", "hoch", "najwyzszy", "h"]),
    (Role::Low, &["low", "lowprice", "daylow", "tief", "najnizszy", "l"]),
    (
        Role::Close,
        &[
            // Nasdaq.com has "Close/Last", investing.com "Price", FRED "VIXCLS".
            "close",
            "closelast",
            "closeprice",
            "closingprice",
            "last",
            "lastprice",
            "price",
            "schluss",
            "schlusskurs",
            "zamkniecie",
            "vixcls",
            "vixclose",
            "c",
        ],
    ),
    (
        Role::Volume,
        &[
            "volume",
            "vol",
            "tradevolume",
            "sharevolume",
            "totalvolume",
            "tickvol",
            "volumen",
            "wolumen",
            "stück",
            "v",
        ],
    ),
    // Kaggle's all_stocks_5yr has "Name", FinRL "tic".
    (
        Role::Ticker,
        &["ticker", "symbol", "tic", "actsymbol", "tickersymbol", "stock", "code", "name"],
    ),
    (
        Role::Split,
        &[
            "stocksplits",
            "splitfactor",
            "splitratio",
            "splitcoefficient",
            "stocksplit",
            "splits",
            "split",
        ],
    ),
    (
        Role::Dividend,
        &["dividends", "divcash", "dividendamount", "exdividend", "dividend", "cashdividend"],
    ),
];

/// Where each role stands in a row.
pub(super) type Places = [Option<usize>; ROLES];

/// Only the small letters and digits of a column's name, without what stands in brackets or numbers it
/// (`1. open`); `Close*` and `<CLOSE>` are `close`.
pub(super) fn plain_name(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field).to_lowercase();
    let text = text.split('(').next().unwrap_or_default();
    let name: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.is_empty() { name } else { rest.to_owned() }
}

/// Whether `field` names dates: a header again in the middle of a file.
pub(super) fn names_dates(field: &[u8]) -> bool {
    let name = plain_name(field);
    name.len() > 1 && NAMES[Role::Date as usize].1.contains(&name.as_str())
}

/// The columns by role, and how many were found.
pub(super) fn places(names: &[String]) -> (Places, usize) {
    let mut places = [None; ROLES];
    for (role, known) in NAMES {
        let at = |name: &&str| names.iter().position(|given| given == name);
        places[role as usize] = known.iter().find_map(at);
    }
    if places[Role::Date as usize].is_none()
        && names
            .first()
            .is_some_and(|name| name.is_empty() || name == "unnamed" || name == "unnamed0")
    {
        // The index column that pandas leaves without a name.
        let found = places.iter().flatten().count();
        places[Role::Date as usize] = (found >= 2).then_some(0);
    }
    (places, places.iter().flatten().count())
}
