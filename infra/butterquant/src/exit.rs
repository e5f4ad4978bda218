//! What a verb found; the exit code carries it.

/// Whether a verb found what it looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// All is well: exit code 0.
    Nothing,
    /// Something that the caller asked about: exit code 1.
    Something,
}
