//! The index's file beside the stocks': the wrong prices under its name scale every stock's volatility.

use super::super::market::DataProblem;
use super::price_file::PriceFile;
use super::price_table::PriceTable;
use super::stocks::Stock;

/// Days that both have, from which on equal closes are no accident, and one in how many may differ.
const LEAST: usize = 10;
const DIFFER: usize = 10;

/// The problem of an index file with a stock's closes, and whether it is the index's file that is wrong: a stock has
/// volumes, the index has none.
pub(super) fn of_a_stock(
    index: &Stock,
    stocks: &[Stock],
    files: &[PriceFile],
) -> Option<(DataProblem, bool)> {
    let twin = stocks.iter().find(|stock| same_closes(&index.table, &stock.table))?;
    let (own, other) = (&files[index.file], &files[twin.file]);
    let traded = twin.table.bars.iter().filter(|bar| bar.volume > 0.0).count();
    let is_stock = traded * 2 > twin.table.bars.len();
    let (wrong, right, remedy) = if is_stock {
        (own, other, "put the closes of ^VIX there; until then no stock has a volatility")
    } else {
        (other, own, "put the ticker's own prices there")
    };
    let what = match is_stock {
        true => format!(
            "its closes are those of {} ({}), so they are not the index's; they are not used",
            twin.ticker,
            right.name()
        ),
        false => format!(
            "the closes of {} are those of the index ({}), without a volume",
            twin.ticker,
            right.name()
        ),
    };
    let remedy = remedy.to_owned();
    Some((DataProblem { file: wrong.shown.clone(), line: None, what, remedy }, is_stock))
}

fn same_closes(index: &PriceTable, stock: &PriceTable) -> bool {
    let (mut common, mut differ) = (0, 0);
    let mut stock = stock.bars.iter().peekable();
    for bar in &index.bars {
        while stock.next_if(|other| other.bar_day < bar.bar_day).is_some() {}
        let Some(other) = stock.next_if(|other| other.bar_day == bar.bar_day) else { continue };
        common += 1;
        differ += usize::from(other.close != bar.close);
        // Nearly every stock is out after these days.
        if common >= LEAST && differ * DIFFER > common {
            return false;
        }
    }
    common >= LEAST
}
