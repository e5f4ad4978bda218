//! Subjects on the command line.

use anyhow::{Context, Result};
use schemas::{Topic, registry};

/// The topic of a subject's or a topic's name.
pub(crate) fn topic_of(name: &str) -> Result<Topic> {
    registry::topic_of(name).or_else(|| name.parse().ok()).with_context(|| {
        format!("no subject or topic {name:?}; `butterquant schemas list` lists them")
    })
}
