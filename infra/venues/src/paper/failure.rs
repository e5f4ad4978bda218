//! The ways in which a paper broker misbehaves on purpose, the same way every time.

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::str::FromStr;
use std::time::Duration;

/// What happens to a submission.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Mode {
    /// It is accepted, but acknowledged only after this time.
    Late(Duration),
    /// It is accepted, but the connection is dropped.
    Never,
    /// It is accepted, but no question about it is answered for this time, or until the broker is
    /// restarted.
    Hang(Option<Duration>),
    /// It is refused.
    Refuse,
    /// The connection is dropped before anything is accepted.
    Lose,
}

/// A mode and the orders it applies to.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// What happens to them.
    pub mode: Mode,
    /// These ids only; if empty, a share of all orders.
    orders: Vec<i64>,
    share: f64,
    seed: u64,
}

impl Failure {
    /// Whether it applies to this order; the answer never changes.
    pub fn applies_to(&self, id: i64) -> bool {
        if !self.orders.is_empty() {
            return self.orders.contains(&id);
        }
        let digest = Sha256::digest(format!("{}:{id}", self.seed));
        let drawn = digest.iter().take(4).fold(0_u32, |drawn, byte| drawn << 8 | u32::from(*byte));
        f64::from(drawn) < self.share * 4_294_967_296.0
    }
}

/// `late:200,share:0.3,seed:7`, `hang,order:3,order:5`.
impl FromStr for Failure {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Failure> {
        let mut parts = text.split(',').map(|part| part.split_once(':').unwrap_or((part, "")));
        let millis = |value: &str| -> Result<Duration> {
            let ms = value
                .parse()
                .with_context(|| format!("{value:?} is not a number of milliseconds"))?;
            Ok(Duration::from_millis(ms))
        };
        let mode = match parts.next().unwrap_or_default() {
            ("late", ms) => Mode::Late(millis(ms)?),
            ("never", "") => Mode::Never,
            ("hang", "") => Mode::Hang(None),
            ("hang", ms) => Mode::Hang(Some(millis(ms)?)),
            ("refuse", "") => Mode::Refuse,
            ("lose", "") => Mode::Lose,
            (other, _) => {
                bail!(
                    "unknown failure {other:?}; choose late:MS, never, hang, hang:MS, refuse, lose"
                )
            }
        };
        let mut failure = Failure { mode, orders: Vec::new(), share: 1.0, seed: 0 };
        let mut shared = false;
        for (key, value) in parts {
            let fits = || format!("{key}:{value} does not fit");
            match key {
                "share" => {
                    let share = value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
                    failure.share = share.with_context(fits)?;
                    shared = true;
                }
                "seed" => failure.seed = value.parse().with_context(fits)?,
                "order" => failure.orders.push(value.parse().with_context(fits)?),
                _ => bail!("a failure has share, seed and order, but not {key:?}"),
            }
        }
        if shared && !failure.orders.is_empty() {
            bail!("a failure applies to a share of all orders or to those named, not both");
        }
        Ok(failure)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_orders_or_named_ones_fail_the_same_way_every_time() {
        let some: Failure = "late:200,share:0.3,seed:7".parse().unwrap();
        assert_eq!(some.mode, Mode::Late(Duration::from_millis(200)));
        let hit = |failure: &Failure| (1..=1_000).filter(|id| failure.applies_to(*id)).count();
        assert!((250..350).contains(&hit(&some)), "{}", hit(&some));
        let other: Failure = "never,share:0.3,seed:8".parse().unwrap();
        assert!((1..=1_000).any(|id| some.applies_to(id) != other.applies_to(id)));
        assert_eq!(hit(&"lose".parse().unwrap()), 1_000);
        assert_eq!(hit(&"refuse,share:0".parse().unwrap()), 0);
        let named: Failure = "hang:50,order:3,order:5".parse().unwrap();
        assert_eq!((1..9).filter(|id| named.applies_to(*id)).collect::<Vec<_>>(), [3, 5]);
        let unknown = ["", "later:3", "late", "never:3", "hang,share:x", "hang,colour:red"];
        let shares = ["lose,share:1.5", "lose,share:-1", "lose,share:NaN", "lose,order:3,share:1"];
        for wrong in unknown.into_iter().chain(shares) {
            assert!(wrong.parse::<Failure>().is_err(), "{wrong:?}");
        }
    }
}
