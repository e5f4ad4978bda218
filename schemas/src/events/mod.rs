//! The events. A topic has one Avro record: `kind`, the common fields, and one nullable field per
//! kind. In the program a topic is an enum with one variant per kind. The macro `records!` defines
//! both from one list, so that they cannot differ.

#[macro_use]
mod records;

mod analysis;
mod control;
mod dead_letters;
mod learning;
mod marker;
mod market;
mod model_ref;
mod predictions;
mod trading;

pub use analysis::*;
pub use control::*;
pub use dead_letters::*;
pub use learning::*;
pub use marker::*;
pub use market::*;
pub use model_ref::*;
pub use predictions::*;
pub use trading::*;
