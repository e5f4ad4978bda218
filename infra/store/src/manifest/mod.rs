//! The manifest of a folder of derived files: of which log they are, through which day they are whole, and the
//! SHA-256 of each.

mod check;
mod contents;
mod sum;
mod writer;
mod wrong;

pub use check::{FileFault, FolderCheck, check_folder};
pub use contents::Contents;
pub use sum::FileSum;
pub(crate) use sum::relative;
pub use writer::Manifest;
pub use wrong::Wrong;
