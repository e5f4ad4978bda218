//! Asking the user before something is downloaded or deleted.

use anyhow::{Result, bail};
use std::io::{IsTerminal, Write};

/// Asks `question` on the terminal; anything but yes means no.
///
/// # Errors
/// Standard input is not a terminal.
pub(crate) fn confirm(question: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("{question} Add --yes to confirm, as standard input is not a terminal");
    }
    write!(std::io::stderr().lock(), "{question} [y/N] ")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
