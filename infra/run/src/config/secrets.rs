//! Secrets in the configuration: which keys hold one, and the files that hold their values.
//!
//! A key that holds a secret may be replaced by the same key with `_file` or `.file` appended. It
//! then names a file whose content, without surrounding white space, is the value.

use anyhow::{Context, Result, bail};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Parts of the names of secret keys; a misspelt key is recognised, too.
const WORDS: [&str; 6] = ["pass", "secret", "token", "key.pem", "registry_auth", "webhook"];

/// Whether the value of `key` must never be shown.
pub(super) fn secret(key: &str) -> bool {
    WORDS.iter().any(|word| key.contains(word)) && in_file(key).is_none()
}

/// The secret key whose file `key` names, if `key` names one.
pub(super) fn in_file(key: &str) -> Option<&str> {
    let of = key.strip_suffix("_file").or_else(|| key.strip_suffix(".file"))?;
    WORDS.iter().any(|word| of.contains(word)).then_some(of)
}

/// Reads a secret from its file.
///
/// # Errors
/// The file cannot be read or is empty.
pub(super) fn read(key: &str, file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("{key} names {}, which cannot be read; create it or name another", file.display())
    })?;
    let value = text.trim();
    if value.is_empty() {
        bail!("{key} names {}, which is empty; write the secret into it", file.display());
    }
    warn_if_open(file);
    Ok(value.to_owned())
}

/// Warns if every user of the machine can read a file that holds a secret.
pub(super) fn warn_if_open(file: &Path) {
    let open = std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o004 != 0);
    // A container mounts its secrets with the mode they have on the host; it has no other users.
    if open && !file.starts_with("/run/secrets") {
        let file = file.display();
        tracing::warn!("{file} holds a secret and every user can read it; `chmod 600 {file}`");
    }
}

/// Refuses a secret that is given twice in one place.
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
