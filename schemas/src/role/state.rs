//! A machine's state as bytes.

use super::table::Role;
use serde::{Serialize, de::DeserializeOwned};

/// The saved state cannot be read by this program.
#[derive(Debug, thiserror::Error)]
#[error(
    "the saved state of {role} cannot be read: {cause}; `butterquant rebuild --all` makes it again"
)]
pub struct BadState {
    /// The role.
    pub role: Role,
    /// The decoder's error.
    pub cause: String,
}

/// The bytes of a machine's state; equal states have equal bytes.
pub fn save_state<S: Serialize>(state: &S) -> Vec<u8> {
    // Plain data into growable memory cannot fail.
    postcard::to_stdvec(state).unwrap_or_default()
}

/// The state in `saved`.
///
/// # Errors
/// [`BadState`] if the bytes are not a state of this shape.
pub fn restore_state<S: DeserializeOwned>(role: Role, saved: &[u8]) -> Result<S, BadState> {
    postcard::from_bytes(saved).map_err(|cause| BadState { role, cause: cause.to_string() })
}
