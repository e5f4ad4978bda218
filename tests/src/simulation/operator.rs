//! The operator of a simulation, who writes random commands to `controls`.

use super::faults::Weather;
use super::world::World;
use eventlog::MemoryLog;
use schemas::events::{
    Controls, Halted, PromotionRequested, Resumed, RolledBack, SettingsChanged, Track,
    TrainingRequested,
};
use shell::ShellError;

/// Writes one command.
///
/// # Errors
/// The log's.
pub fn speak(world: &World, log: &MemoryLog, weather: &Weather) -> Result<(), ShellError> {
    let reason = || "the simulation says so".to_owned();
    let tracks = [None, Some(Track::ButterAI), Some(Track::ButterBaseline)];
    let track = tracks[weather.within(0, 2) as usize];
    let word = match weather.within(0, 6) {
        0 | 1 => Controls::Halted(Halted { track, reason: reason() }),
        2 => Controls::Resumed(Resumed { track, reason: reason() }),
        3 => {
            let version = i64::from(weather.within(1, 2));
            Controls::RolledBack(RolledBack { version, reason: reason() })
        }
        5 => {
            // There are two versions: the third is refused.
            let version = i64::from(weather.within(1, 3));
            Controls::PromotionRequested(PromotionRequested { version, reason: reason() })
        }
        4 => Controls::TrainingRequested(TrainingRequested { reason: reason() }),
        _ => {
            let mut settings = world.opened.settings.clone();
            settings.max_new_per_day = i64::from(weather.within(0, 3));
            Controls::SettingsChanged(SettingsChanged { settings, ..SettingsChanged::default() })
        }
    };
    shell::open::say(log, word).map(|_| ())
}
