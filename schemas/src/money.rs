//! Money in orders, fills and books is fixed-point: millionths of a dollar in an `i64`
//! (±9.2 trillion dollars). Floating point stays in the analytics. Arithmetic saturates, so that an
//! event with an absurd amount cannot stop the program.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// An amount in US dollars, to a millionth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// No money.
    pub const ZERO: Money = Money(0);

    /// The amount nearest to `dollars`; `None` if that is not finite or does not fit.
    pub fn from_dollars(dollars: f64) -> Option<Money> {
        let micros = (dollars * 1e6).round();
        (micros.is_finite() && micros.abs() < 9.2e18).then_some(Money(micros as i64))
    }

    /// In dollars, for analytics and display.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl From<Money> for f64 {
    fn from(money: Money) -> f64 {
        money.dollars()
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.saturating_neg())
    }
}

impl Mul<i64> for Money {
    type Output = Money;
    fn mul(self, times: i64) -> Money {
        Money(self.0.saturating_mul(times))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0.unsigned_abs() + 5_000) / 10_000;
        let sign = if self.0 < 0 && cents > 0 { "-" } else { "" };
        f.pad(&format!("{sign}{}.{:02}", cents / 100, cents % 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_are_shown_and_millionths_kept() {
        let price = Money::from_dollars(1.2345678).unwrap();
        assert_eq!(price, Money(1_234_568));
        assert_eq!((price * -3).to_string(), "-3.70");
        assert_eq!(Money(-4).to_string(), "0.00");
        assert_eq!(Money::from_dollars(f64::NAN), None);
    }

    #[test]
    fn what_is_too_much_stays_at_the_end() {
        let (most, least) = (Money(i64::MAX), Money(i64::MIN));
        assert_eq!((most + Money(1), most * 2, least - most, -least), (most, most, least, most));
    }
}
