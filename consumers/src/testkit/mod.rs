//! Shared by the machines' tests: artificial days, a trained model, numbers from a seed.

mod days;
mod held;
mod lcg;
pub(crate) mod learning;

pub(crate) use days::*;
pub(crate) use held::Held;
pub(crate) use lcg::Lcg;
pub(crate) use schemas::testkit::Driven;
