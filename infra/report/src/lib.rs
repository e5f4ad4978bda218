//! Reports for people on a run, a model or a market: summaries, text, tables and charts.

pub mod ab;
pub mod analysis_detail;
pub mod charts;
pub mod compare;
pub mod compare_text;
pub mod data_quality;
mod figure_text;
pub mod html;
mod relative_changes;
mod round_trips;
pub mod run_report;
pub mod summary;
pub mod summary_text;
pub mod sweep;
pub mod tables;
mod two_tracks;
pub mod volatility_sensitivity;
pub mod why;
