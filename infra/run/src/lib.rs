//! A run from its configuration to its end: its settings, its folder, how it is opened, the context
//! its roles share, the loop over them, and what is written beside the log.

pub mod config;
pub mod context;
pub mod data_dir;
pub mod day_figures;
pub mod derived_files;
pub mod kept_analyses;
pub mod model_acceptance;
pub mod open_run;
pub mod projections;
pub mod question;
pub mod rebuild;
pub mod registration;
pub mod resume_run;
pub mod run_loop;
pub mod run_reader;
pub mod run_request;
pub mod same_past;
pub mod standing;
pub mod topic_digest;
pub mod topic_settings;
pub mod trials;
pub mod whole_file;
