//! Data for people and reports: materialised views in the embedded store, the parquet lake, and the
//! figures of a track's performance.
//!
//! The log is the truth; everything here is a fold of it. So each part can be removed
//! ([`Lake::remove_all`], [`Views::remove_all`]) and rebuilt, and two runs over the same log have the
//! same digests.

mod error;
pub mod figures;
pub mod json;
mod lake;
pub mod manifest;
pub mod rows;
pub mod table;
pub mod views;

pub use error::StoreError;
pub use lake::Lake;
pub use views::Views;
