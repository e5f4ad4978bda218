//! What an effect may ask for, without a log.

use schemas::Event;
use schemas::controls::ControlState;
use schemas::events::Settings;
use schemas::role::{EffectContext, EffectError};

/// A log whose `samples` hold these, or that cannot be read; with the usual settings.
pub(crate) struct Held(pub(crate) Result<Vec<Event>, String>);

impl EffectContext for Held {
    fn samples(&self, _: &[i64]) -> Result<Vec<Event>, EffectError> {
        self.0.clone().map_err(EffectError::from)
    }

    fn settings(&self, _: i64) -> Result<Settings, EffectError> {
        Ok(Settings::default())
    }

    fn controls(&self) -> Result<ControlState, EffectError> {
        Ok(ControlState::default())
    }

    fn overdue(&self) -> bool {
        false
    }
}
