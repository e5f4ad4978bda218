//! The laws of options and butterflies, for every price: implied volatility over its whole
//! range or a refusal that is due, greeks as slopes, payoffs within greatest profit and loss,
//! and a smile without arbitrage.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use quant::{
    Butterfly, ButterflyKind, IMPLIED_WITHIN, NoInversion, OptionRight, PricingSettings, Terms,
    implied_volatility, legs, mark, normal_cdf, payoff, quote, smile,
};
use schemas::Day;

const KINDS: [ButterflyKind; 3] = [ButterflyKind::Call, ButterflyKind::Put, ButterflyKind::Iron];

fn fly(kind: ButterflyKind, centre: f64, wing: f64, days: i32) -> Butterfly {
    let (expiry, evaluation_day) = (Day(17_000 + days), Day(17_000 + days - 3));
    Butterfly { kind, centre, wing, expiry, evaluation_day, dte: days, horizon: days / 2 }
}

fn rights() -> impl Strategy<Value = OptionRight> {
    prop_oneof![Just(OptionRight::Call), Just(OptionRight::Put)]
}

/// How far the rounding of a price of these terms moves its volatility, reckoned here once more:
/// the price is the difference of two terms, each rounded, and Φ feels the rounding of d in its
/// tail.
fn held_within(right: OptionRight, terms: &Terms) -> f64 {
    let side = if right == OptionRight::Call { 1.0 } else { -1.0 };
    let root = terms.years.sqrt();
    let share = terms.spot * (-terms.dividend * terms.years).exp();
    let bond = terms.strike * (-terms.rate * terms.years).exp();
    let d1 = (share / bond).ln() / (terms.sigma * root) + 0.5 * terms.sigma * root;
    let d2 = d1 - terms.sigma * root;
    let tail = if side * d1 < 0.0 { 1.0 + d1 * d1 } else { 1.0 };
    let size = share * normal_cdf(side * d1) + bond * normal_cdf(side * d2);
    f64::EPSILON * tail * size / quote(right, terms).vega
}

fn check_inversion(right: OptionRight, terms: &Terms) -> Result<bool, TestCaseError> {
    let price = quote(right, terms).price;
    match implied_volatility(right, price, terms) {
        Ok(found) => {
            prop_assert!((found - terms.sigma).abs() <= IMPLIED_WITHIN, "{found} {terms:?}");
            Ok(true)
        }
        // Below 1e-300 a price is no longer a normal number.
        Err(NoInversion::NotAPrice) => {
            prop_assert!(price < 1e-300, "{price} {terms:?}");
            Ok(false)
        }
        Err(refused) => {
            let within = held_within(right, terms);
            prop_assert!(
                price < 1e-300 || within > 0.2 * IMPLIED_WITHIN,
                "{refused} {within} {terms:?}"
            );
            Ok(false)
        }
    }
}

#[test]
fn the_whole_grid_is_inverted_or_refused_with_reason() {
    let (mut inverted, mut refused) = (0, 0);
    for right in [OptionRight::Call, OptionRight::Put] {
        for i in 0..=24 {
            let strike = 100.0 * 0.5 * 4.0_f64.powf(f64::from(i) / 24.0);
            for days in [1.0, 2.0, 7.0, 30.0, 91.0, 365.0, 730.0] {
                for percent in [1, 2, 4, 8, 15, 25, 40, 70, 100, 150, 200, 300] {
                    let (sigma, years) = (f64::from(percent) / 100.0, days / 365.0);
                    let terms =
                        Terms { spot: 100.0, strike, sigma, years, rate: 0.0, dividend: 0.0 };
                    let found = check_inversion(right, &terms).unwrap();
                    *(if found { &mut inverted } else { &mut refused }) += 1;
                }
            }
        }
    }
    println!("{inverted} inverted, {refused} refused");
    assert!(inverted > 2_800, "{inverted} {refused}");
}

/// Thirty-eight deviations out Φ is 3e-321, which has two digits: σ came out as 0.08255.
#[test]
fn a_price_too_small_to_have_its_digits_is_refused() {
    let (strike, years) = (129.97524056235451, 0.006890191992666954);
    let terms =
        Terms { spot: 100.0, strike, sigma: 0.0824052293984269, years, rate: 0.0, dividend: 0.0 };
    assert!(!check_inversion(OptionRight::Call, &terms).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_price_gives_back_its_volatility_or_does_not_hold_it(
        right in rights(), moneyness in 0.5..2.0, days in 1.0..730.0, sigma in 0.01..3.0,
        rate in 0.0..0.08, dividend in 0.0..0.04,
    ) {
        let (strike, years) = (100.0 / moneyness, days / 365.0);
        check_inversion(right, &Terms { spot: 100.0, strike, sigma, years, rate, dividend })?;
    }

    #[test]
    fn greeks_are_finite_differences_and_parity_holds(
        right in rights(), moneyness in 0.6..1.6, days in 5.0..730.0, sigma in 0.05..2.0,
        rate in 0.0..0.08, dividend in 0.0..0.04,
    ) {
        let (strike, years) = (100.0 / moneyness, days / 365.0);
        let terms = Terms { spot: 100.0, strike, sigma, years, rate, dividend };
        let at = |change: &dyn Fn(&mut Terms)| {
            let mut changed = terms;
            change(&mut changed);
            quote(right, &changed)
        };
        let q = quote(right, &terms);
        let h = 1e-4;
        let slope = |up: f64, down: f64| (up - down) / (2.0 * h);
        let delta = slope(at(&|t| t.spot += h).price, at(&|t| t.spot -= h).price);
        let gamma = slope(at(&|t| t.spot += h).delta, at(&|t| t.spot -= h).delta);
        let vega = slope(at(&|t| t.sigma += h).price, at(&|t| t.sigma -= h).price);
        let theta = slope(at(&|t| t.years -= h).price, at(&|t| t.years += h).price);
        prop_assert!((q.delta - delta).abs() < 1e-6, "delta {} {delta}", q.delta);
        prop_assert!((q.gamma - gamma).abs() < 1e-6, "gamma {} {gamma}", q.gamma);
        prop_assert!((q.vega - vega).abs() < 2e-3, "vega {} {vega}", q.vega);
        prop_assert!((q.theta - theta).abs() < 2e-4 * (100.0 + q.theta.abs()), "theta {} {theta}", q.theta);
        let forward = 100.0 * (-dividend * years).exp() - strike * (-rate * years).exp();
        let parity = quote(OptionRight::Call, &terms).price - quote(OptionRight::Put, &terms).price;
        prop_assert!((parity - forward).abs() < 1e-11 * 100.0);
    }

    #[test]
    fn no_end_gains_or_loses_more_than_the_most(
        spot in 20.0..400.0, place in -0.2..0.2, width in 0.01..0.3, sigma in 0.05..2.0,
        days in 1..182_i32, ends in prop::collection::vec(0.0..1_000.0, 20),
    ) {
        let centre = spot * (1.0_f64 + place);
        for kind in KINDS {
            let fly = fly(kind, centre, centre * width, days);
            let held = mark(&fly, spot, sigma, Day(17_000), &PricingSettings::default());
            // The value at expiry from the legs themselves, as they are exercised.
            for end in ends.iter().copied().chain([centre, centre - fly.wing, centre + fly.wing]) {
                let worth = mark(&fly, end, sigma, fly.expiry, &PricingSettings::default()).debit;
                let rounding = 1e-12 * (centre + end);
                prop_assert!((worth - payoff(&fly, end)).abs() <= rounding);
                prop_assert!(worth >= -rounding && worth <= fly.wing + rounding);
                let gain = payoff(&fly, end) - held.debit - held.cost;
                prop_assert!(gain <= fly.wing - held.debit - held.cost);
                prop_assert!(gain >= -(held.debit + held.cost));
            }
        }
    }

    #[test]
    fn the_smile_prices_no_arbitrage(
        spot in 10.0..500.0, sigma in 0.05..2.0, days in 1..182_i32, place in -4.0..4.0_f64,
        width in 0.05..3.0,
    ) {
        let years = f64::from(days) / 365.0;
        let deviation = sigma * years.sqrt();
        let centre: f64 = spot * f64::exp(place * deviation);
        let wing = f64::min(spot * width * deviation, 0.95 * centre);
        let rounding = 1e-12 * (spot + centre + wing);
        for kind in KINDS {
            let fly = fly(kind, centre, wing, days);
            let held = mark(&fly, spot, sigma, Day(17_000), &PricingSettings::default());
            prop_assert!(held.debit >= -rounding && held.debit <= wing + rounding, "{held:?}");
        }
        let calls = legs(&fly(ButterflyKind::Call, centre, wing, days), spot, sigma, Day(17_000),
            &PricingSettings::default());
        let [low, mid, high] = [0, 1, 2].map(|i| calls[i].price);
        prop_assert!(low >= mid - rounding && mid >= high - rounding);
        prop_assert!(low - 2.0 * mid + high >= -rounding);
        prop_assert!(smile(sigma, spot, centre - wing, years) >= smile(sigma, spot, centre, years));
    }
}
