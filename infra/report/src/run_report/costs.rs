//! Costs as the scan assumed them beside those that the fills had. Scans price at a close with that day's volatility, fills
//! at a later open; with a broker of its own the fills are what it charged.

use super::candidate_facts::CandidateFacts;
use super::rounding::fraction;
use super::track_book::TrackBook;
use schemas::Money;
use schemas::events::SHARES_PER_CONTRACT;
use serde::Serialize;
use statistics::mean;
use store::views::ClosedTrade;

/// A cost.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Cost {
    /// What and of whom, with the unit.
    pub name: String,
    /// As the scans assumed it.
    pub assumed: Option<f64>,
    /// As the fills had it.
    pub got: Option<f64>,
    /// What it is made from.
    pub note: String,
}

/// Costs of both tracks.
pub(super) fn costs(books: &[TrackBook], facts: &CandidateFacts) -> Vec<Cost> {
    books.iter().flat_map(|book| of_track(book, facts)).collect()
}

fn of_track(book: &TrackBook, facts: &CandidateFacts) -> [Cost; 3] {
    // A split changes what a share is between the scan and the exit.
    let whole = |trade: &&ClosedTrade| trade.shares == SHARES_PER_CONTRACT as f64;
    let scanned = |trade: &ClosedTrade| {
        let fact = facts.get(trade.candidate)?;
        Some((fact.cost?, fact.risk?))
    };
    let pairs: Vec<(&ClosedTrade, (f64, f64))> = book
        .trades
        .iter()
        .filter(whole)
        .filter_map(|trade| Some((trade, scanned(trade)?)))
        .collect();
    let mean_of = |value: &dyn Fn(&ClosedTrade, (f64, f64)) -> f64| {
        let values: Vec<f64> = pairs.iter().map(|(trade, fact)| value(trade, *fact)).collect();
        mean(&values).map(fraction)
    };
    let (track, count) = (book.track.name(), pairs.len());
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let paid = |of: &ClosedTrade| (of.entry_price + of.entry_fees).dollars();
    let both = |of: &ClosedTrade| (of.entry_fees + of.exit_fees).dollars();
    let assumed = mean_of(&|_, (cost, _)| cost);
    let row = |what: &str, assumed, got, note: String| Cost {
        name: format!("{track}: {what}"),
        assumed,
        got,
        note,
    };
    [
        row(
            "cost of entry, dollars a share, mean",
            assumed,
            mean_of(&|trade, _| trade.entry_fees.dollars()),
            format!(
                "{count} closed trades without a split; half spreads and commissions of four options"
            ),
        ),
        row(
            "cost of exit, dollars a share, mean",
            assumed,
            mean_of(&|trade, _| trade.exit_fees.dollars()),
            "assumed is the cost of the scan day; spreads grow with the time to expiry, so an exit some days before it costs less"
                .to_owned(),
        ),
        row(
            "cost of both ways ÷ capital at risk, mean",
            mean_of(&|_, (cost, risk)| share(2.0 * cost, risk)),
            mean_of(&|trade, _| share(both(trade), paid(trade))),
            format!("a fraction; {}", sum(&pairs)),
        ),
    ]
}

fn sum(pairs: &[(&ClosedTrade, (f64, f64))]) -> String {
    let paid = pairs.iter().fold(Money::ZERO, |sum, (trade, _)| {
        sum + (trade.entry_fees + trade.exit_fees)
            * SHARES_PER_CONTRACT.saturating_mul(trade.quantity)
    });
    format!("{paid} dollars in all")
}

#[cfg(test)]
mod tests {
    use super::super::candidate_facts::CandidateFact;
    use super::super::testkit::{book, trade};
    use super::*;
    use schemas::events::Track;

    #[test]
    fn means_are_over_the_trades_of_which_both_are_known() {
        let with_fees = |days, entry: i64, exit: i64| ClosedTrade {
            entry_price: Money(900_000),
            entry_fees: Money(entry),
            exit_fees: Money(exit),
            ..trade(Track::ButterAI, days, 100_000_000, 0)
        };
        let mut split = with_fees((5, 7), 900_000, 900_000);
        split.shares = 200.0;
        let trades =
            vec![with_fees((3, 9), 100_000, 50_000), with_fees((4, 9), 60_000, 40_000), split];
        let fact =
            |cost| CandidateFact { cost: Some(cost), risk: Some(1.0), ..CandidateFact::default() };
        let facts = CandidateFacts::made_up(
            trades.iter().zip([0.05, 0.07, 9.0]).map(|(trade, cost)| (trade.candidate, fact(cost))),
        );
        let [entry, exit, both] = of_track(&book(&[0], trades), &facts);
        assert_eq!((entry.assumed, entry.got), (Some(0.06), Some(0.08)));
        assert_eq!((exit.assumed, exit.got), (Some(0.06), Some(0.045)));
        assert_eq!(both.assumed, Some(0.12));
        assert_eq!(both.got, Some(fraction((0.15 + 0.1 / 0.96) / 2.0)));
        assert!(both.note.contains("25.00 dollars"), "{}", both.note);
        let none = of_track(&book(&[0], Vec::new()), &facts);
        assert_eq!((none[0].assumed, none[2].got), (None, None));
    }
}
