//! A sink that records its days, so that runs can be compared without views.

use consumers::materializer::{ClosedDay, Projections};
use schemas::id::sha256_hex;
use schemas::role::EffectError;
use schemas::{Day, codec};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Days by their contents' hash.
#[derive(Default)]
pub struct RecordingSink {
    days: Mutex<BTreeMap<Day, String>>,
}

impl RecordingSink {
    /// The recorded days.
    pub fn days(&self) -> BTreeMap<Day, String> {
        super::faults::held(&self.days).clone()
    }

    fn record(&self, closed: &ClosedDay) -> Result<(), EffectError> {
        let (day, settings) = (closed.day, &closed.settings);
        let mut bytes = format!("{settings:?}").into_bytes();
        for event in closed.events() {
            bytes.extend(codec::encode(event).map_err(|error| error.to_string())?);
            bytes.extend(format!("{:?}{:?}", event.causation, event.correlation).into_bytes());
        }
        let given = sha256_hex(&bytes);
        let known = super::faults::held(&self.days).insert(day, given.clone());
        match known {
            Some(known) if known != given => {
                Err(format!("{day} was handed over before with other contents").into())
            }
            _ => Ok(()),
        }
    }
}

impl Projections for RecordingSink {
    fn write_days(&self, days: &[ClosedDay]) -> Result<(), EffectError> {
        days.iter().try_for_each(|day| self.record(day))
    }
}
