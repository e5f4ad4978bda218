//! The cells that tables of positions, orders and trades share.

use api::answers::StructureRow;
use schemas::Money;
use schemas::events::Track;

/// The columns that every table of positions, orders and trades begins with.
pub(crate) fn holding_cells(
    track: Track,
    ticker: &str,
    of: &StructureRow,
    quantity: i64,
) -> Vec<String> {
    vec![
        track.name().to_owned(),
        ticker.to_owned(),
        of.strategy.name().to_owned(),
        format!("{}/{}/{}", of.strikes.lower, of.strikes.centre, of.strikes.upper),
        quantity.to_string(),
    ]
}

/// An amount in dollars.
pub(crate) fn dollars(money: Money) -> String {
    format!("{:.2}", money.dollars())
}
