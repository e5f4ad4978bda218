//! What people look at: materialised views in the embedded store, the parquet lake, and the
//! quality of predictions.
//!
//! None of it is truth. Everything here is a fold of the log, so each part can be removed
//! ([`Lake::remove_all`], [`Views::remove_all`]) and made again, and two runs over the same
//! log have the same digests.

mod error;
pub mod figures;
mod lake;
pub mod rows;
pub mod views;

pub use error::StoreError;
pub use lake::Lake;
pub use views::Views;
