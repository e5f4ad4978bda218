//! Files that are whole or absent.

use anyhow::{Context, Result};
use std::path::Path;

/// Replaces `path` with `bytes`, whole or not at all.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path)).with_context(
        || format!("{} cannot be written; check the folder and the space left", path.display()),
    )
}
