//! Which conditions have been told of. Pure: time is given.
//!
//! Invariants:
//! 1. A condition is told once when it has held for a while, again only as a reminder or when it became worse, and once
//!    when it has been gone for a while. One that comes and goes in between is told of as one.
//! 2. What is silenced is not told, and told when its silence ends, if it still holds. The recovery of what was told is
//!    told in a silence too.
//! 3. While the log is away nothing is known to have recovered.

use super::notice::AlertStatus;
use api::conditions::{Condition, LOG_AWAY};
use run::config::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When a condition is told; times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How long it must hold, or be gone.
    pub after_ms: i64,
    /// After what time it is told again, if ever.
    pub repeat_ms: Option<i64>,
    /// The least severity.
    pub minimum: Severity,
}

/// A condition that holds, or was told of.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Held {
    /// As it was last.
    pub condition: Condition,
    /// Since when.
    pub since_ms: i64,
    /// When it was told last, and as what severity; none before.
    pub told: Option<(i64, Severity)>,
    /// Since when it is gone.
    pub gone_ms: Option<i64>,
}

/// The conditions that hold or were told of, by key.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Ledger(pub BTreeMap<String, Held>);

impl Ledger {
    /// Takes in the conditions of now, and says what is to be told: the status, and the condition with its time.
    pub fn update(
        &mut self,
        now_ms: i64,
        conditions: &[Condition],
        rules: Rules,
        silenced: &dyn Fn(&str) -> bool,
    ) -> Vec<(AlertStatus, Held)> {
        let mut told = Vec::new();
        for condition in conditions.iter().filter(|one| one.severity >= rules.minimum) {
            let held = self.0.entry(condition.key.clone()).or_insert_with(|| Held {
                condition: condition.clone(),
                since_ms: now_ms,
                told: None,
                gone_ms: None,
            });
            (held.condition, held.gone_ms) = (condition.clone(), None);
            if let Some(status) = held.due(now_ms, rules).filter(|_| !silenced(&condition.key)) {
                held.told = Some((now_ms, condition.severity));
                told.push((status, held.clone()));
            }
        }
        let here = |key: &str| {
            conditions.iter().any(|one| one.key == key && one.severity >= rules.minimum)
        };
        let blind = here(LOG_AWAY);
        self.0.retain(|key, held| {
            if blind {
                held.gone_ms = None;
            }
            if blind || here(key) {
                return true;
            }
            let gone = *held.gone_ms.get_or_insert(now_ms);
            let over = now_ms - gone >= rules.after_ms;
            if over && held.told.is_some() {
                told.push((AlertStatus::Recovered, held.clone()));
            }
            held.told.is_some() && !over
        });
        told
    }
}

impl Held {
    fn due(&self, now_ms: i64, rules: Rules) -> Option<AlertStatus> {
        match self.told {
            None => (now_ms - self.since_ms >= rules.after_ms).then_some(AlertStatus::Raised),
            Some((_, severity)) if self.condition.severity > severity => Some(AlertStatus::Raised),
            Some((at, _)) => {
                let repeat = rules.repeat_ms.is_some_and(|repeat| now_ms - at >= repeat);
                repeat.then_some(AlertStatus::Repeated)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AlertStatus::{Raised, Recovered, Repeated};

    fn condition(severity: Severity) -> Condition {
        let text = String::new;
        Condition {
            key: "lag/scorer".to_owned(),
            severity,
            summary: text(),
            detail: text(),
            remedy: text(),
        }
    }

    /// Plays what holds at each second; what is told, with its second.
    fn told(seconds: &[(i64, Option<Severity>, bool)]) -> Vec<(i64, AlertStatus)> {
        let rules = Rules { after_ms: 10_000, repeat_ms: Some(60_000), minimum: Severity::Warn };
        let (mut ledger, mut all) = (Ledger::default(), Vec::new());
        for (second, holds, silenced) in seconds {
            let now: Vec<Condition> = holds.iter().copied().map(condition).collect();
            let told = ledger.update(second * 1_000, &now, rules, &|_| *silenced);
            all.extend(told.into_iter().map(|(status, _)| (*second, status)));
        }
        all
    }

    const WARN: Option<Severity> = Some(Severity::Warn);

    #[test]
    fn it_is_told_once_then_as_a_reminder_and_when_it_is_gone() {
        let mut seconds: Vec<_> = (0..85).map(|second| (second, WARN, false)).collect();
        seconds.extend((85..120).map(|second| (second, None, false)));
        assert_eq!(told(&seconds), [(10, Raised), (70, Repeated), (95, Recovered)]);
    }

    #[test]
    fn what_comes_and_goes_is_told_of_as_one() {
        let flaps = (0..40).map(|second| (second, WARN.filter(|_| second % 4 < 2), false));
        assert_eq!(told(&flaps.collect::<Vec<_>>()), []);
        let mut seconds: Vec<_> = (0..12).map(|second| (second, WARN, false)).collect();
        seconds.extend((12..40).map(|second| (second, WARN.filter(|_| second % 5 == 0), false)));
        assert_eq!(told(&seconds), [(10, Raised)]);
    }

    #[test]
    fn what_becomes_worse_is_told_at_once() {
        let critical = Some(Severity::Critical);
        let seconds =
            [(0, WARN, false), (10, WARN, false), (11, critical, false), (12, critical, false)];
        assert_eq!(told(&seconds), [(10, Raised), (11, Raised)]);
    }

    #[test]
    fn a_silence_withholds_until_it_ends_but_not_the_recovery() {
        let mut seconds: Vec<_> = (0..30).map(|second| (second, WARN, second < 20)).collect();
        seconds.extend((30..50).map(|second| (second, None, true)));
        assert_eq!(told(&seconds), [(20, Raised), (40, Recovered)]);
        let silent: Vec<_> =
            (0..30).map(|second| (second, WARN.filter(|_| second < 15), true)).collect();
        assert_eq!(told(&silent), []);
    }

    #[test]
    fn nothing_recovers_while_the_log_is_away() {
        let rules = Rules { after_ms: 0, repeat_ms: None, minimum: Severity::Warn };
        let (mut ledger, lag) = (Ledger::default(), condition(Severity::Warn));
        let away = Condition { key: LOG_AWAY.to_owned(), ..lag.clone() };
        let mut statuses = |now_ms: i64, conditions: &[Condition]| {
            let told = ledger.update(now_ms, conditions, rules, &|_| false);
            told.into_iter().map(|(status, held)| (held.condition.key, status)).collect::<Vec<_>>()
        };
        let of = |key: &str, status| (key.to_owned(), status);
        assert_eq!(statuses(0, std::slice::from_ref(&lag)), [of("lag/scorer", Raised)]);
        assert_eq!(statuses(1, std::slice::from_ref(&away)), [of(LOG_AWAY, Raised)]);
        assert_eq!(statuses(2, std::slice::from_ref(&away)), []);
        assert_eq!(statuses(3, &[]), [of("lag/scorer", Recovered), of(LOG_AWAY, Recovered)]);
    }

    #[test]
    fn less_than_the_minimum_is_nothing() {
        let rules = Rules { after_ms: 0, repeat_ms: None, minimum: Severity::Critical };
        let mut ledger = Ledger::default();
        assert_eq!(ledger.update(0, &[condition(Severity::Warn)], rules, &|_| false), []);
        assert_eq!(ledger.update(1, &[condition(Severity::Critical)], rules, &|_| false).len(), 1);
    }
}
