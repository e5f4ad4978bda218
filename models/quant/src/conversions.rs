//! Conversions between this crate's types and those on the log.

use crate::butterfly::{Butterfly, ButterflyKind};
use crate::settings::PricingSettings;
use crate::window::PriceBar;
use schemas::events::{Bar, Pricing, Strategy, Structure};

impl From<ButterflyKind> for Strategy {
    fn from(kind: ButterflyKind) -> Strategy {
        match kind {
            ButterflyKind::Call => Strategy::CallButterfly,
            ButterflyKind::Put => Strategy::PutButterfly,
            ButterflyKind::Iron => Strategy::IronButterfly,
        }
    }
}

impl From<Strategy> for ButterflyKind {
    fn from(strategy: Strategy) -> ButterflyKind {
        match strategy {
            Strategy::CallButterfly => ButterflyKind::Call,
            Strategy::PutButterfly => ButterflyKind::Put,
            Strategy::IronButterfly => ButterflyKind::Iron,
        }
    }
}

impl From<&Butterfly> for Structure {
    fn from(butterfly: &Butterfly) -> Structure {
        let Butterfly { kind, centre, wing, expiry, evaluation_day, dte, horizon } = *butterfly;
        Structure { strategy: kind.into(), centre, wing, expiry, evaluation_day, dte, horizon }
    }
}

impl From<&Structure> for Butterfly {
    fn from(structure: &Structure) -> Butterfly {
        let Structure { strategy, centre, wing, expiry, evaluation_day, dte, horizon } = *structure;
        Butterfly { kind: strategy.into(), centre, wing, expiry, evaluation_day, dte, horizon }
    }
}

impl From<&Pricing> for PricingSettings {
    fn from(pricing: &Pricing) -> PricingSettings {
        PricingSettings {
            rate: pricing.rate,
            dividend: pricing.dividend,
            strike_step: pricing.strike_step,
            min_half_spread: pricing.min_half_spread,
            half_spread_rate: pricing.half_spread_rate,
            commission_per_share: pricing.commission,
        }
    }
}

impl From<&Bar> for PriceBar {
    fn from(bar: &Bar) -> PriceBar {
        let Bar { bar_day: day, open, high, low, close, volume } = *bar;
        PriceBar { day, open, high, low, close, volume }
    }
}
