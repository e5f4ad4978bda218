//! The table of column names: which column is what, by the names that data sources give them.

use super::letters::{without_accent, words};

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
    /// The time of day beside a date.
    Time,
}

/// The number of roles.
pub(super) const ROLES: usize = 10;

/// The columns that a stock's file must have, as problems name them.
pub(super) const COLUMNS: [(Role, &str); 6] = [
    (Role::Date, "Date"),
    (Role::Open, "Open"),
    (Role::High, "High"),
    (Role::Low, "Low"),
    (Role::Close, "Close"),
    (Role::Volume, "Volume"),
];

/// Names by role in small letters without accents and digits alone, the surest first: where a file has several, the first
/// counts. An adjusted close has no role: it contains later dividends and is never read.
const NAMES: [(Role, &str); ROLES] = [
    // "day" is the day of the week beside FinRL's "date", "time" follows Stooq's <DATE>.
    (
        Role::Date,
        "date datetime timestamp tradedate tradingdate observationdate windowstart datum \
         fecha data time day t",
    ),
    (
        Role::Open,
        "open openprice openingprice eroffn eroffnung eroeffnung eroffnungskurs erster offen \
         offnen ouv ouverture apertura abrir abertura otwarcie o",
    ),
    (
        Role::High,
        "high highprice dayhigh hoch tageshoch hochstkurs plushaut haut eleve maximo max \
         maxima massimo hoog najwyzszy h",
    ),
    (
        Role::Low,
        "low lowprice daylow tief tagestief tiefstkurs niedrig plusbas bas faible minimo min \
         minima laag najnizszy l",
    ),
    // Nasdaq.com has "Close/Last", investing.com "Price", "Zuletzt" or "Dernier", FRED "VIXCLS". Yahoo's page has a
    // legend inside its header.
    (
        Role::Close,
        "close closelast closeprice closingprice closeclosepriceadjustedforsplits last \
         lastprice price schluss schlusskurs zuletzt letzter dernier cloture ultimo cierre \
         chiusura fechamento laatste zamkniecie vixcls vixclose c",
    ),
    (
        Role::Volume,
        "volume vol tradevolume sharevolume totalvolume tickvol volumen wolumen stuck v",
    ),
    // Kaggle's all_stocks_5yr has "Name", FinRL "tic".
    (Role::Ticker, "ticker symbol tic actsymbol tickersymbol stock code name"),
    (Role::Split, "stocksplits splitfactor splitratio splitcoefficient stocksplit splits split"),
    (Role::Dividend, "dividends divcash dividendamount exdividend dividend cashdividend"),
    (Role::Time, "time uhrzeit heure hora"),
];

/// Where each role stands in a row.
pub(super) type Places = [Option<usize>; ROLES];

/// Only the small letters and digits of a column's name, without accents and what stands in brackets or numbers it
/// (`1. open`); `Close*` and `<CLOSE>` are `close`.
pub(super) fn plain_name(field: &[u8]) -> String {
    let text = words(field).to_lowercase();
    // A pair of pandas, `('Close', 'AAPL')`, is called by its first part.
    let text = text.strip_prefix("('").and_then(|pair| pair.split('\'').next()).unwrap_or(&text);
    let text = text.split('(').next().unwrap_or_default();
    let name: String = text.chars().filter(|c| c.is_alphanumeric()).map(without_accent).collect();
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.is_empty() { name } else { rest.to_owned() }
}

/// Whether `field` names dates: a header again in the middle of a file.
pub(super) fn names_dates(field: &[u8]) -> bool {
    let name = plain_name(field);
    name.len() > 1 && NAMES[Role::Date as usize].1.split(' ').any(|known| known == name)
}

/// The columns by role, and how many were found.
pub(super) fn places(names: &[String]) -> (Places, usize) {
    let mut places = [None; ROLES];
    for (role, known) in NAMES {
        let at = |name: &str| names.iter().position(|given| given == name);
        places[role as usize] = known.split(' ').find_map(at);
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
    // Some sources call the date itself a time.
    if places[Role::Time as usize] == places[Role::Date as usize] {
        places[Role::Time as usize] = None;
    }
    (places, places.iter().flatten().count())
}
