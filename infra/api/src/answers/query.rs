//! What a query of the views is.

use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Views;

/// A query that the views answer with a typed value.
pub trait ViewQuery {
    /// The value; as JSON it is what `/views/…` serves and `-o json` prints.
    type Answer: Serialize + DeserializeOwned;

    /// Path and parameters on the HTTP side of the process that owns the run.
    fn path(&self) -> String;

    /// The answer of `views`.
    ///
    /// # Errors
    /// The store's.
    fn answer(&self, views: &Views) -> Result<Self::Answer>;
}
