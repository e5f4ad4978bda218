//! The outcome of a verb, which becomes the exit code.

/// Whether a verb found what it looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// All is well: exit code 0.
    Nothing,
    /// It found something, such as a difference, or was stopped before it was done: exit code 1.
    Something,
}
