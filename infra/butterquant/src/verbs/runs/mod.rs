//! `runs`: the runs in the data folder.

pub(crate) mod list;
