//! The volatility at which Black and Scholes give a price. The price is first moved to the side
//! out of the money by parity, where all of it is time value; there the logarithm of the price
//! is concave in σ, so that Newton's method on it converges from anywhere (the starting point
//! is the inflection of Manaster and Koehler 1982); a bracket guards it all the same.
//!
//! A price does not always determine its volatility: deep in the money, or a day from expiry, the
//! time value is less than the rounding of the price. Then there is a refusal, never a guess.

use crate::black_scholes::{OptionRight, Terms, quote};
use crate::probability::normal_cdf;
use libm::{exp, log};

/// A volatility is given only if the price determines it at least this well.
pub const IMPLIED_WITHIN: f64 = 1e-8;

/// σ√T above which the price no longer tells volatilities apart.
const WIDEST: f64 = 40.0;
/// Newton needs about ten steps and bisection sixty; more is a failure.
const MOST_STEPS: usize = 200;

/// Why a price has no implied volatility.
#[derive(thiserror::Error, Clone, Copy, Debug, PartialEq)]
pub enum NoInversion {
    /// Spot, strike, time or price is not a finite number above 0, or a rate is not finite.
    #[error("spot, strike, years and price must be finite and above 0, and rates finite")]
    NotAPrice,
    /// No volatility gives this price.
    #[error("the price {price} is outside {low} to {high}, between which there is no arbitrage")]
    OutsideBounds {
        /// The price given, dollars.
        price: f64,
        /// The option's value with volatility 0.
        low: f64,
        /// The value that no option exceeds.
        high: f64,
    },
    /// The rounding of the price moves the volatility by more than [`IMPLIED_WITHIN`].
    #[error(
        "the price's own rounding moves the volatility by {uncertainty}; it does not determine it"
    )]
    NotHeld {
        /// By how much, a fraction per year.
        uncertainty: f64,
    },
}

/// The σ at which [`quote`] gives `price`, a fraction per year, within [`IMPLIED_WITHIN`] of the
/// one the price was made with; `sigma` of `terms` is not read.
///
/// # Errors
/// [`NoInversion`] says why there is none.
pub fn implied_volatility(
    right: OptionRight,
    price: f64,
    terms: &Terms,
) -> Result<f64, NoInversion> {
    let Terms { spot, strike, years, rate, dividend, .. } = *terms;
    let positive = [price, spot, strike, years].iter().all(|x| x.is_finite() && *x > 0.0);
    if !positive || !rate.is_finite() || !dividend.is_finite() {
        return Err(NoInversion::NotAPrice);
    }
    let (share, bond) = (spot * exp(-dividend * years), strike * exp(-rate * years));
    let (worth, high) = match right {
        OptionRight::Call => (share - bond, share),
        OptionRight::Put => (bond - share, bond),
    };
    let low = worth.max(0.0);
    // Rounding of the price and of the parity it is moved by.
    let rounding = if worth > 0.0 { f64::EPSILON * (share + bond) } else { 0.0 };
    if price < low - rounding || price >= high {
        return Err(NoInversion::OutsideBounds { price, low, high });
    }
    let (side, time_value) =
        if worth > 0.0 { (other(right), price - worth) } else { (right, price) };
    if time_value <= rounding {
        return Err(NoInversion::NotHeld { uncertainty: f64::INFINITY });
    }
    let sigma = solve(side, time_value, terms, log(share / bond))
        .ok_or(NoInversion::NotHeld { uncertainty: f64::INFINITY })?;
    let uncertainty = uncertainty(right, sigma, terms, share, bond);
    if uncertainty <= IMPLIED_WITHIN {
        Ok(sigma)
    } else {
        Err(NoInversion::NotHeld { uncertainty })
    }
}

fn other(right: OptionRight) -> OptionRight {
    match right {
        OptionRight::Call => OptionRight::Put,
        OptionRight::Put => OptionRight::Call,
    }
}

/// The rounding of the two terms that a price is the difference of, as volatility.
fn uncertainty(right: OptionRight, sigma: f64, terms: &Terms, share: f64, bond: f64) -> f64 {
    let side = if right == OptionRight::Call { 1.0 } else { -1.0 };
    let s = sigma * terms.years.sqrt();
    let d1 = log(share / bond) / s + 0.5 * s;
    let d2 = d1 - s;
    let held = share * normal_cdf(side * d1) + bond * normal_cdf(side * d2);
    let vega = quote(right, &Terms { sigma, ..*terms }).vega;
    // Far out of the money Φ itself feels the rounding of d, d² times.
    let tail = if side * d1 < 0.0 { 1.0 + d1 * d1 } else { 1.0 };
    // Beyond 37 deviations Φ is subnormal and rounded to the smallest number there is.
    let smallest = f64::MIN_POSITIVE * f64::EPSILON * (share + bond);
    (f64::EPSILON * held * tail + smallest) / vega
}

/// σ of an out-of-the-money price; `moneyness` is ln(forward/strike).
fn solve(right: OptionRight, target: f64, terms: &Terms, moneyness: f64) -> Option<f64> {
    let root = terms.years.sqrt();
    let wanted = log(target);
    let (mut low, mut high) = (0.0, WIDEST / root);
    let mut sigma = ((2.0 * moneyness.abs()).sqrt() / root).clamp(0.01, 0.5 * high);
    for _ in 0..MOST_STEPS {
        let q = quote(right, &Terms { sigma, ..*terms });
        let miss = if q.price > 0.0 { log(q.price) - wanted } else { f64::NEG_INFINITY };
        if miss < 0.0 {
            low = sigma;
        } else {
            high = sigma;
        }
        if miss == 0.0 {
            return Some(sigma);
        }
        let newton = sigma - miss * q.price / q.vega;
        let inside = newton > low && newton < high;
        let next = if inside { newton } else { 0.5 * (low + high) };
        if (next - sigma).abs() <= 2.0 * f64::EPSILON * sigma {
            return Some(next);
        }
        if high - low <= 2.0 * f64::EPSILON * high {
            return Some(0.5 * (low + high));
        }
        sigma = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms =
        Terms { spot: 100.0, strike: 105.0, sigma: 0.25, years: 0.3, rate: 0.03, dividend: 0.01 };

    #[test]
    fn a_price_gives_back_its_volatility() {
        for right in [OptionRight::Call, OptionRight::Put] {
            for sigma in [0.01, 0.08, 0.25, 1.0, 3.0] {
                for strike in [99.0, 100.0, 101.0, 130.0] {
                    let terms = Terms { strike, sigma, ..TERMS };
                    let price = quote(right, &terms).price;
                    match implied_volatility(right, price, &terms) {
                        Ok(found) => assert!((found - sigma).abs() < 1e-8, "{strike} {sigma}"),
                        Err(NoInversion::NotHeld { .. } | NoInversion::NotAPrice) => {
                            assert!(quote(right, &terms).vega < 1e-4, "{strike} {sigma}");
                        }
                        Err(refused) => panic!("{strike} {sigma}: {refused}"),
                    }
                }
            }
        }
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        let refused = |right, price, terms: &Terms| implied_volatility(right, price, terms);
        let terms = Terms { rate: 0.0, dividend: 0.0, ..TERMS };
        let out = |price| {
            let (low, high) = (0.0, 100.0);
            Err(NoInversion::OutsideBounds { price, low, high })
        };
        assert_eq!(refused(OptionRight::Call, 100.0, &terms), out(100.0));
        assert!(matches!(
            refused(OptionRight::Put, 4.99, &terms),
            Err(NoInversion::OutsideBounds { low: 5.0, high: 105.0, .. })
        ));
        for price in [0.0, -1.0, f64::NAN] {
            assert_eq!(refused(OptionRight::Call, price, &terms), Err(NoInversion::NotAPrice));
        }
        let expired = Terms { years: 0.0, ..terms };
        assert_eq!(refused(OptionRight::Call, 1.0, &expired), Err(NoInversion::NotAPrice));
        // Worth its exercise and nothing that could be seen beside it.
        let deep = Terms { strike: 50.0, years: 1.0 / 365.0, ..terms };
        assert!(matches!(
            refused(OptionRight::Call, 50.0, &deep),
            Err(NoInversion::NotHeld { .. })
        ));
    }
}
