//! Figures of what the models predicted, from the views.

mod quality;

pub use quality::{Period, QualityReport, matured_rows, quality_report};
