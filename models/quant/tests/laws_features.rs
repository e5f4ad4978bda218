//! The 23 features of any series that is not refused are finite and inside their documented
//! ranges: calm and wild series, jumps, drifts, cheap and dear shares.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use quant::{FEATURE_RANGES, PriceBar, PriceWindow, PricingSettings, Refusal, VixWindow, analyze};
use schemas::contract::FEATURE_NAMES;
use schemas::{Day, TradingCalendar};

/// A window whose returns are `unit` draws times a scale that changes by the month, with a drift
/// and now and then a jump.
fn market(
    first: f64,
    scale: f64,
    drift: f64,
    draws: &[(f64, f64, f64)],
) -> (PriceWindow, VixWindow, Day) {
    let (mut window, mut vix, mut day) = (PriceWindow::new(), VixWindow::new(), Day(17_000));
    let (mut close, mut index) = (first, 18.0_f64);
    for (i, (unit, other, volume)) in draws.iter().enumerate() {
        day = day.next_weekday();
        let wild = if (i / 21) % 4 == 1 { 3.0 } else { 1.0 };
        let jump = if *other > 0.98 { 6.0 } else { 1.0 };
        let open = close * (0.2 * scale * other).exp();
        close *= (drift * scale + scale * wild * jump * unit).exp();
        let (high, low) = (open.max(close), open.min(close));
        window.push(PriceBar { day, open, high, low, close, volume: 1e6 * volume }).unwrap();
        index = (index * (0.1 * other).exp()).clamp(9.0, 80.0);
        vix.push(day, index).unwrap();
    }
    (window, vix, day)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn features_are_finite_and_inside_their_ranges(
        first in 3.0..3_000.0, scale in 0.001..0.06, drift in -0.6..0.6,
        draws in prop::collection::vec((-1.0..1.0, -1.0..1.0, 0.0..9.0), 253..261),
    ) {
        let (window, vix, day) = market(first, scale, drift, &draws);
        match analyze(&window, &vix, day, TradingCalendar::None, &PricingSettings::default()) {
            Ok(found) => {
                for (at, (value, range)) in found.features.iter().zip(FEATURE_RANGES).enumerate() {
                    let name = FEATURE_NAMES[at];
                    prop_assert!(value.is_finite() && range.contains(value), "{name}: {value}");
                }
                prop_assert!((0.0..=100.0).contains(&found.score.total));
                prop_assert!(found.expected_value().is_finite());
                prop_assert!(found.expected_value() >= -found.max_loss);
                prop_assert!(found.expected_value() <= found.max_profit);
            }
            // What a valid series may be refused for; no fit may fail.
            Err(refused) => prop_assert!(matches!(
                refused,
                Refusal::MaxLossOutOfRange { .. } | Refusal::CentreBelowWing { .. }
                    | Refusal::VolatilityOutOfRange { .. } | Refusal::OneSidedReturns
            ), "{refused}"),
        }
    }
}
