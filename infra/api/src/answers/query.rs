//! A query of the views and its answer.

use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Views;

/// A query that the views answer with a typed value.
pub trait ViewQuery {
    /// The value; as JSON it is what `/views/…` serves and `-o json` prints.
    type Answer: Serialize + DeserializeOwned;

    /// Path and parameters of its URL.
    fn path(&self) -> String;

    /// The answer of `views`.
    ///
    /// # Errors
    /// The store's.
    fn answer(&self, views: &Views) -> Result<Self::Answer>;
}
