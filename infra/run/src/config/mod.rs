//! The configuration: flags override the environment (`BUTTERQUANT_…`), which overrides a TOML
//! file. Every value remembers its origin; unknown keys are refused.

mod choices;
mod commented;
mod keys;
mod layered;
mod layers;
mod secrets;
mod settled;
mod typed;

pub use choices::{Choice, LogHome, Output, Provider};
pub use commented::commented_file;
pub use keys::KEYS;
pub use layered::{Config, FILE_NAME, Flags, Origin};
pub use settled::{RunSpec, Scoring};
