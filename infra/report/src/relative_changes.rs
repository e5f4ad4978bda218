//! A track's daily changes as if its capital had never changed: what was gained on twice the capital counts half. What was
//! paid in or taken out is in no change.

use schemas::{Day, Money};
use serde::Serialize;
use store::views::EquityPoint;

/// The days of a track with the capital in force on each: its equity without all changes so far.
pub(crate) fn capital_in_force(
    points: &[EquityPoint],
) -> impl Iterator<Item = (&EquityPoint, Money)> {
    points.iter().scan(Money::ZERO, |gained, point| {
        *gained += point.mark.change;
        Some((point, point.mark.equity - *gained))
    })
}

/// The changes of the days from `from` on, on `capital`.
pub(crate) fn relative_changes(
    points: &[EquityPoint],
    from: Day,
    capital: Money,
) -> Vec<(Day, Money)> {
    let days = capital_in_force(points).filter(|(point, _)| point.day >= from);
    let relative = |(EquityPoint { day, mark }, in_force): (&EquityPoint, Money)| {
        if in_force == capital || in_force <= Money::ZERO {
            return (*day, mark.change);
        }
        let scaled = i128::from(mark.change.0) * i128::from(capital.0) / i128::from(in_force.0);
        (*day, Money(i64::try_from(scaled).unwrap_or(mark.change.0)))
    };
    days.map(relative).collect()
}

/// What was paid in; negative where it was taken out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Deposit {
    /// The first day that has it.
    pub day: Day,
    /// How much, for each track.
    pub amount: Money,
}

/// What was paid into a track that began with `capital`.
pub(crate) fn deposits(points: &[EquityPoint], capital: Money) -> Vec<Deposit> {
    let (mut before, mut found) = (capital, Vec::new());
    for (point, in_force) in capital_in_force(points) {
        if in_force != before {
            found.push(Deposit { day: point.day, amount: in_force - before });
        }
        before = in_force;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::events::TrackMarked;

    #[test]
    fn a_deposit_is_no_return_and_what_is_gained_on_it_counts_by_its_capital() {
        let point = |day, equity, change| EquityPoint {
            day: Day(day),
            mark: TrackMarked {
                equity: Money(equity),
                change: Money(change),
                ..TrackMarked::default()
            },
        };
        // 1,000 gain 10, then 1,000 more are paid in, and both gain 40; then 1,500 are taken out and 500 lose 5.
        let points =
            [point(1, 1_000, 0), point(2, 1_010, 10), point(3, 2_050, 40), point(4, 545, -5)];
        let found = relative_changes(&points, Day(2), Money(1_000));
        assert_eq!(found, [(Day(2), Money(10)), (Day(3), Money(20)), (Day(4), Money(-10))]);
        let paid = deposits(&points, Money(1_000));
        let paid: Vec<_> = paid.iter().map(|of| (of.day, of.amount)).collect();
        assert_eq!(paid, [(Day(3), Money(1_000)), (Day(4), Money(-1_500))]);
    }
}
