//! Counts: events, outcomes by class, refusals by code. A count here is a count of events seen,
//! never a difference of offsets.

use schemas::events::{Fills, Models, Orders, Outcomes, Predictions, Scans};
use schemas::{Body, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts over all days applied.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EventTally {
    /// Events by topic, then kind; day markers included.
    pub events: BTreeMap<String, BTreeMap<String, u64>>,
    /// Matured candidates by class: Loss, Minor, Good, Excellent.
    pub outcomes: [u64; 4],
    /// Refusals by origin (`scans`, `predictions`, `orders/ButterAI`, `fills/ButterAI`, `outcomes`,
    /// `models`), then code, or the event's kind where it has no code.
    pub refusals: BTreeMap<String, BTreeMap<String, u64>>,
    /// Fills without a position, or above its quantity.
    pub unmatched_fills: u64,
}

impl EventTally {
    pub(super) fn apply(&mut self, events: &[Event]) {
        for event in events {
            let kinds = self.events.entry(event.topic().dataset().to_owned()).or_default();
            *kinds.entry(event.body.kind().to_owned()).or_default() += 1;
            self.count_outcome(event);
        }
    }

    fn count_outcome(&mut self, event: &Event) {
        let kind = event.body.kind();
        match &event.body {
            Body::Scans(Scans::CandidateRefused(why)) => self.refused("scans", &why.code),
            Body::Predictions(Predictions::ScoringRefused(_)) => self.refused("predictions", kind),
            Body::Orders(Orders::OrderRefused(why)) => {
                self.refused(&format!("orders/{}", why.track.name()), &why.code);
            }
            Body::Fills(
                Fills::OrderCancelled(end) | Fills::OrderRejected(end) | Fills::OrderUnknown(end),
            ) => self.refused(&format!("fills/{}", end.track.name()), &end.code),
            Body::Outcomes(Outcomes::OutcomeMissing(why)) => self.refused("outcomes", &why.code),
            Body::Outcomes(Outcomes::CandidateMatured(outcome)) => {
                let class = usize::try_from(outcome.class).ok();
                match class.and_then(|class| self.outcomes.get_mut(class)) {
                    Some(count) => *count += 1,
                    None => self.refused("outcomes", "NO_SUCH_CLASS"),
                }
            }
            Body::Models(Models::ModelRefused(_)) => self.refused("models", kind),
            _ => {}
        }
    }

    fn refused(&mut self, by: &str, code: &str) {
        let codes = self.refusals.entry(by.to_owned()).or_default();
        *codes.entry(code.to_owned()).or_default() += 1;
    }
}
