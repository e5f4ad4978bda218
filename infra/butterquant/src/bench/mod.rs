//! Measuring: the analysis, the hops of the loop, scoring, training, and what is learnt.

pub(crate) mod learning;
pub(crate) mod machine;
pub(crate) mod measure;
pub(crate) mod pipeline;
pub(crate) mod scoring;
pub(crate) mod training;
