//! Reports for people on a run, a model or a market: summaries, text, tables and charts.

pub mod analysis_detail;
pub mod charts;
pub mod data_quality;
mod relative_changes;
pub mod summary;
pub mod summary_text;
pub mod tables;
pub mod volatility_sensitivity;
