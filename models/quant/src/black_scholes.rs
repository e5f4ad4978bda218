//! The price and greeks of one European option (Black and Scholes 1973; Merton 1973 for the
//! dividend yield). Greeks hold the option's own σ fixed and are per share and per unit: theta
//! per year, vega per 1.00 of volatility; displays scale them.

use crate::probability::{normal_cdf, normal_pdf};
use libm::{exp, log};
use serde::{Deserialize, Serialize};

/// The right that an option gives.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionRight {
    /// To buy at the strike.
    Call,
    /// To sell at the strike.
    Put,
}

/// Price and greeks of one option, dollars per share.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    /// Mid price.
    pub price: f64,
    /// ∂price/∂S.
    pub delta: f64,
    /// ∂²price/∂S².
    pub gamma: f64,
    /// ∂price/∂σ, per 1.00 of volatility.
    pub vega: f64,
    /// ∂price/∂t, per year.
    pub theta: f64,
    /// S·φ(d1)·√T, the base of the half spread.
    pub spread_base: f64,
}

/// The inputs of an option's price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Price of the share, dollars.
    pub spot: f64,
    /// Strike, dollars.
    pub strike: f64,
    /// Volatility, a fraction per year.
    pub sigma: f64,
    /// Time to expiry T in years of 365 days; at 0 or below the option is worth its exercise value.
    pub years: f64,
    /// Continuous interest rate, a fraction per year.
    pub rate: f64,
    /// Continuous dividend yield, a fraction per year.
    pub dividend: f64,
}

/// Price and greeks of one option.
pub fn quote(right: OptionRight, terms: &Terms) -> Quote {
    let Terms { spot, strike, sigma, years, rate, dividend } = *terms;
    // +1 for a call, −1 for a put: P = −(S·e^(−qT)·Φ(−d1) − K·e^(−rT)·Φ(−d2)).
    let side = if right == OptionRight::Call { 1.0 } else { -1.0 };
    if years <= 0.0 {
        return exercised(side, spot, strike);
    }
    let root = years.sqrt();
    let d1 =
        (log(spot / strike) + (rate - dividend + 0.5 * sigma * sigma) * years) / (sigma * root);
    let d2 = d1 - sigma * root;
    let (share, bond) = (exp(-dividend * years), strike * exp(-rate * years));
    let (n1, n2) = (normal_cdf(side * d1), normal_cdf(side * d2));
    let density = normal_pdf(d1);
    let carried = side * (dividend * spot * share * n1 - rate * bond * n2);
    Quote {
        price: side * (spot * share * n1 - bond * n2),
        delta: side * share * n1,
        gamma: share * density / (spot * sigma * root),
        vega: spot * share * density * root,
        theta: carried - 0.5 * spot * share * density * sigma / root,
        spread_base: spot * density * root,
    }
}

fn exercised(side: f64, spot: f64, strike: f64) -> Quote {
    let price = (side * (spot - strike)).max(0.0);
    let delta = if price > 0.0 { side } else { 0.0 };
    Quote { price, delta, gamma: 0.0, vega: 0.0, theta: 0.0, spread_base: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms =
        Terms { spot: 100.0, strike: 105.0, sigma: 0.25, years: 0.3, rate: 0.03, dividend: 0.01 };

    #[test]
    fn greeks_are_the_slopes_of_the_price() {
        for right in [OptionRight::Call, OptionRight::Put] {
            let at = |change: &dyn Fn(&mut Terms)| {
                let mut terms = TERMS;
                change(&mut terms);
                quote(right, &terms).price
            };
            let q = quote(right, &TERMS);
            let h = 1e-4;
            let slope = |up: f64, down: f64| (up - down) / (2.0 * h);
            let delta = slope(at(&|t| t.spot += h), at(&|t| t.spot -= h));
            let vega = slope(at(&|t| t.sigma += h), at(&|t| t.sigma -= h));
            let theta = slope(at(&|t| t.years -= h), at(&|t| t.years += h));
            let bend = (at(&|t| t.spot += 0.01) + at(&|t| t.spot -= 0.01) - 2.0 * q.price) / 1e-4;
            assert!((q.delta - delta).abs() < 1e-7 && (q.vega - vega).abs() < 1e-4);
            assert!((q.theta - theta).abs() < 1e-4 && (q.gamma - bend).abs() < 1e-6);
        }
    }

    #[test]
    fn hulls_example_and_the_day_of_expiry() {
        // Hull, "Options, Futures and Other Derivatives": S 42, K 40, r 10 %, σ 20 %, ½ year.
        let hull =
            Terms { spot: 42.0, strike: 40.0, sigma: 0.2, years: 0.5, rate: 0.1, dividend: 0.0 };
        assert!((quote(OptionRight::Call, &hull).price - 4.759_422_392_871_535).abs() < 1e-12);
        assert!((quote(OptionRight::Put, &hull).price - 0.808_599_372_900_096).abs() < 1e-12);
        let now = Terms { years: 0.0, ..TERMS };
        assert_eq!(quote(OptionRight::Call, &now).price, 0.0);
        assert_eq!(quote(OptionRight::Put, &now).price, 5.0);
    }
}
