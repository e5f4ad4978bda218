//! Which column of a file of many stocks names them, if one does. A column of that name may hold the
//! company's name instead, in a file of one stock.

use super::columns::Role;
use super::fields::{fields_of, rows};
use super::header::Header;
use super::letters::words;
use super::names::{is_ticker, ticker_in};
use super::text::Fault;

/// Rows that tell what a column holds.
const LOOKED_AT: usize = 200;

/// The place of the column of tickers.
///
/// # Errors
/// It names several stocks, but by no tickers, so that their rows cannot be told apart.
pub(super) fn ticker_column(text: &[u8], header: &Header) -> Result<Option<usize>, Fault> {
    let place = header.sets.first().and_then(|(_, places)| places[Role::Ticker as usize]);
    let Some(at) = place else { return Ok(None) };
    let mut fields = Vec::new();
    let (mut named, mut tickers) = (0, 0);
    for (_, row) in rows(text, header).take(LOOKED_AT) {
        fields_of(row, header, &mut fields);
        let field = fields.get(at).copied().unwrap_or_default();
        named += usize::from(!field.is_empty());
        let ticker = ticker_in(field);
        tickers +=
            usize::from(ticker.is_some_and(|ticker| is_ticker(ticker.trim_start_matches('^'))));
    }
    if tickers * 2 >= named {
        return Ok((named > 0).then_some(at));
    }
    let mut one: Option<&[u8]> = None;
    for (line, row) in rows(text, header) {
        fields_of(row, header, &mut fields);
        let Some(name) = fields.get(at).copied().filter(|name| !name.is_empty()) else { continue };
        let first = *one.get_or_insert(name);
        if first != name {
            let (first, name) = (words(first), words(name));
            let what = format!(
                "its rows are of several stocks, called {first} and, from line {line} on, {name}, which are no tickers; the file is not read"
            );
            return Err(Fault::new(what, "add a column Ticker, with names like AAPL"));
        }
    }
    Ok(None)
}
