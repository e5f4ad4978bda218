//! Secrets in the configuration: which keys hold one, and files that hold their values.
//!
//! Wherever a key that holds a secret may stand, the key with `_file` or `.file` behind it may
//! stand instead and name a file whose content, without the space around it, is the value.

use anyhow::{Context, Result, bail};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What the names of secrets have in them, misspelt ones too.
const WORDS: [&str; 5] = ["pass", "secret", "token", "key.pem", "registry_auth"];

/// Whether what stands under `key` is never shown.
pub(super) fn secret(key: &str) -> bool {
    WORDS.iter().any(|word| key.contains(word)) && in_file(key).is_none()
}

/// The secret whose file `key` names, if it is such a key.
pub(super) fn in_file(key: &str) -> Option<&str> {
    let of = key.strip_suffix("_file").or_else(|| key.strip_suffix(".file"))?;
    WORDS.iter().any(|word| of.contains(word)).then_some(of)
}

/// Reads a secret.
///
/// # Errors
/// The file cannot be read or is empty.
pub(super) fn read(key: &str, file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("{key} names {}, which cannot be read; make it or name another", file.display())
    })?;
    let value = text.trim();
    if value.is_empty() {
        bail!("{key} names {}, which is empty; write the secret into it", file.display());
    }
    warn_if_open(file);
    Ok(value.to_owned())
}

/// Says so where every user of the machine can read a file that holds a secret.
pub(super) fn warn_if_open(file: &Path) {
    let open = std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o004 != 0);
    // A container's secrets are mounted with the mode they have outside; nobody else is in there.
    if open && !file.starts_with("/run/secrets") {
        let file = file.display();
        tracing::warn!("{file} holds a secret and every user can read it; `chmod 600 {file}`");
    }
}

/// Refuses a secret that one place gives twice.
pub(super) fn once<'a>(keys: impl Iterator<Item = &'a str> + Clone, place: &str) -> Result<()> {
    for key in keys.clone() {
        if let Some(of) = in_file(key)
            && keys.clone().any(|other| other == of)
        {
            bail!("{place} has both {of} and {key}; leave one of them");
        }
    }
    Ok(())
}
