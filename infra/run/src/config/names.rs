//! Names that become folders, topics and ids: checked here alone, at every door where one comes in.

use anyhow::{Result, bail};

/// Characters of a name, at most: topics, groups and folders are called by more than it.
pub(super) const LONGEST_NAME: usize = 100;

/// What a name is, for people.
pub(super) const NAME_RULE: &str =
    "1 to 100 letters, digits, '-', '_' and '.', not beginning with '.' or '-'";

/// Checks the name of `what`, such as an instance.
///
/// # Errors
/// It could lead out of its folder, or be another file there.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    bail!("{what} {name:?}: a name consists of {NAME_RULE}; choose another")
}

/// Checks a run's name. Rules that hold for runs alone belong here.
///
/// # Errors
/// As [`check_name`].
pub fn check_run_name(name: &str) -> Result<()> {
    check_name("run", name)
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(plain)
        && !name.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        for name in ["live", "what-if-2018-06-29-0a1b2c3d", "a", "_x", "v1.2", &"n".repeat(100)] {
            check_run_name(name).unwrap();
        }
        for name in [
            "",
            ".",
            "..",
            "../x",
            "../../evil",
            "/etc",
            "a/b",
            "a\\b",
            ".hidden",
            "a b",
            "a\0",
            "ü",
            "a\n",
            "%2e%2e",
            "~",
            &"n".repeat(101),
        ] {
            let error = check_name("instance", name).unwrap_err().to_string();
            assert!(error.starts_with("instance ") && error.contains(NAME_RULE), "{error}");
        }
    }
}
