//! Measuring: the analysis, the hops of the loop, and scoring.

pub(crate) mod machine;
pub(crate) mod measure;
pub(crate) mod pipeline;
pub(crate) mod scoring;
