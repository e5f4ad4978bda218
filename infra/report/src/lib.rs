//! What is said of a run, a model or a market to people: summary, text, tables, charts.

pub mod analysis_detail;
pub mod charts;
pub mod data_quality;
pub mod summary;
pub mod summary_text;
pub mod tables;
pub mod volatility_sensitivity;
