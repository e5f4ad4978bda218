//! The position: two wings around a centre, as calls, as puts, or as an iron. By parity the
//! three are one payoff, so debit and cost are the same whatever the type; only legs and greeks
//! are those of the options actually held. Nothing here is capped, averaged or made up.

use crate::black_scholes::{OptionRight, Terms, quote};
use crate::settings::PricingSettings;
use crate::volatility::smile;
use schemas::Day;
use serde::{Deserialize, Serialize};

/// The options a butterfly is built of.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButterflyKind {
    /// Three calls, +1 −2 +1.
    Call,
    /// Three puts, +1 −2 +1.
    Put,
    /// A put spread and a call spread sold, centre shared: +1 put, −1 put, −1 call, +1 call.
    Iron,
}

/// One leg of a butterfly, priced; dollars per share of one option, not times the ratio.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct PricedLeg {
    /// Call or put.
    pub right: OptionRight,
    /// Strike, dollars.
    pub strike: f64,
    /// Options held per butterfly; below 0 sold.
    pub ratio: i32,
    /// Mid price.
    pub price: f64,
    /// The leg's own σ(K), a fraction per year.
    pub sigma: f64,
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

/// A butterfly as chosen at a close.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Butterfly {
    /// Calls, puts or iron.
    pub kind: ButterflyKind,
    /// K, dollars.
    pub centre: f64,
    /// w: distance of the outer strikes, dollars.
    pub wing: f64,
    /// Day of expiry.
    pub expiry: Day,
    /// Evaluation date; the day marked is the last bar on or before it.
    pub evaluation_day: Day,
    /// Calendar days from the scan to expiry.
    pub dte: i32,
    /// Trading days from the scan to the evaluation date.
    pub horizon: i32,
}

impl Butterfly {
    /// Strikes and wing of the new share count after a split (2 for two new shares for one).
    /// The price paid per share before it is divided likewise: [`crate::Entry::apply_split`].
    pub fn apply_split(&mut self, ratio: f64) {
        self.centre /= ratio;
        self.wing /= ratio;
    }

    /// T = (expiry − day)/365, not below 0.
    pub fn years(&self, day: Day) -> f64 {
        f64::from((self.expiry - day).max(0)) / 365.0
    }

    fn parts(&self) -> Vec<(OptionRight, f64, i32)> {
        use OptionRight::{Call, Put};
        let (low, mid, high) = (self.centre - self.wing, self.centre, self.centre + self.wing);
        match self.kind {
            ButterflyKind::Call => vec![(Call, low, 1), (Call, mid, -2), (Call, high, 1)],
            ButterflyKind::Put => vec![(Put, low, 1), (Put, mid, -2), (Put, high, 1)],
            ButterflyKind::Iron => {
                vec![(Put, low, 1), (Put, mid, -1), (Call, mid, -1), (Call, high, 1)]
            }
        }
    }
}

/// A butterfly priced at one moment; dollars per share, mid prices.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// D: the value of the call or put butterfly; for the iron w − credit.
    pub debit: f64,
    /// c: the cost of one way, half spreads and commissions of the four options.
    pub cost: f64,
    /// V: the value of the legs together (an iron's is minus its credit).
    pub value: f64,
    /// V_S.
    pub delta: f64,
    /// V_SS.
    pub gamma: f64,
    /// V_σ: the sum of the legs' vegas, per 1.00 of volatility.
    pub vega: f64,
    /// V_t, per year.
    pub theta: f64,
}

/// The legs priced with the proxy: `sigma` is `current_iv`, each leg has its own σ(K).
pub fn legs(
    butterfly: &Butterfly,
    spot: f64,
    sigma: f64,
    day: Day,
    settings: &PricingSettings,
) -> Vec<PricedLeg> {
    let years = butterfly.years(day);
    let leg = |(right, strike, ratio): (OptionRight, f64, i32)| {
        let sigma = smile(sigma, spot, strike, years);
        let (rate, dividend) = (settings.rate, settings.dividend);
        let q = quote(right, &Terms { spot, strike, sigma, years, rate, dividend });
        let (price, spread_base) = (q.price, q.spread_base);
        let (delta, gamma, vega, theta) = (q.delta, q.gamma, q.vega, q.theta);
        PricedLeg { right, strike, ratio, price, sigma, delta, gamma, vega, theta, spread_base }
    };
    butterfly.parts().into_iter().map(leg).collect()
}

/// Value, cost and greeks of a butterfly with the share at `spot` and the proxy at `sigma` on
/// `day`; T = (expiry − day)/365.
pub fn mark(
    butterfly: &Butterfly,
    spot: f64,
    sigma: f64,
    day: Day,
    settings: &PricingSettings,
) -> Mark {
    mark_legs(butterfly, &legs(butterfly, spot, sigma, day, settings), settings)
}

/// The mark of legs already priced.
pub(crate) fn mark_legs(
    butterfly: &Butterfly,
    legs: &[PricedLeg],
    settings: &PricingSettings,
) -> Mark {
    let sum =
        |of: fn(&PricedLeg) -> f64| legs.iter().map(|l| f64::from(l.ratio) * of(l)).sum::<f64>();
    let one_way = |leg: &PricedLeg| {
        let half_spread =
            (settings.half_spread_rate * leg.spread_base).max(settings.min_half_spread);
        f64::from(leg.ratio.abs()) * (half_spread + settings.commission_per_share)
    };
    let value = sum(|l| l.price);
    let debit = if butterfly.kind == ButterflyKind::Iron { butterfly.wing + value } else { value };
    Mark {
        debit,
        cost: legs.iter().map(one_way).sum(),
        value,
        delta: sum(|l| l.delta),
        gamma: sum(|l| l.gamma),
        vega: sum(|l| l.vega),
        theta: sum(|l| l.theta),
    }
}

/// The value of the butterfly at expiry with the share at `spot`, dollars per share, the same
/// for every type: max(0, w − |S − K|).
pub fn payoff(butterfly: &Butterfly, spot: f64) -> f64 {
    (butterfly.wing - (spot - butterfly.centre).abs()).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::Term;
    use schemas::TradingCalendar;

    fn fly(kind: ButterflyKind) -> Butterfly {
        let term = Term::of("2018-06-29".parse().unwrap(), 36.0, TradingCalendar::None);
        let Term { expiry, evaluation_day, dte, horizon } = term;
        Butterfly { kind, centre: 100.0, wing: 5.0, expiry, evaluation_day, dte, horizon }
    }

    #[test]
    fn every_type_is_worth_its_payoff_at_expiry() {
        let settings = PricingSettings::default();
        for kind in [ButterflyKind::Call, ButterflyKind::Put, ButterflyKind::Iron] {
            for spot in [90.0, 96.5, 100.0, 103.0, 120.0] {
                let fly = fly(kind);
                let end = mark(&fly, spot, 0.2, fly.expiry, &settings);
                assert!((end.debit - payoff(&fly, spot)).abs() < 1e-12, "{kind:?} {spot}");
                assert!((end.cost - 4.0 * 0.0165).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn an_iron_pays_its_credit_and_a_split_changes_no_share_of_the_wing() {
        let settings = PricingSettings::default();
        let mut fly = fly(ButterflyKind::Iron);
        let day = fly.expiry + -30;
        let before = mark(&fly, 101.0, 0.2, day, &settings);
        assert!(before.value < 0.0 && before.debit > 0.0);
        fly.apply_split(2.0);
        let after = mark(&fly, 50.5, 0.2, day, &settings);
        assert!((before.debit / 5.0 - after.debit / 2.5).abs() < 1e-12);
    }
}
