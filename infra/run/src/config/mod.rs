//! The configuration: flags override the environment (`BUTTERQUANT_…`), which overrides a TOML
//! file. Every value remembers its origin; unknown keys are refused, and so are values that cannot be meant.

mod addresses;
mod alerts;
mod choices;
mod commented;
mod keys;
mod layered;
mod layers;
mod names;
mod ranges;
mod refused;
mod secrets;
mod settled;
mod typed;

pub use alerts::AlertSettings;
pub use choices::{AlertShape, Choice, LogHome, Output, Provider, Severity};
pub use commented::commented_file;
pub use keys::KEYS;
pub use layered::{Config, FILE_NAME, Flags, Origin};
pub use names::{check_name, check_run_name};
pub use ranges::{RANGES, Range};
pub use refused::{RefusedValue, RefusedValues};
pub use settled::{RunSpec, Scoring};
