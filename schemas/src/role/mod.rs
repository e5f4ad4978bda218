//! The roles: the table of what each reads and writes, and the trait of their machines.

mod machine;
mod state;
mod table;

pub use machine::{Cause, Context, Decision, Effect, EffectContext, EffectError, Machine};
pub use state::{BadState, restore_state, save_state};
pub use table::{Input, Role, UnknownRole};
