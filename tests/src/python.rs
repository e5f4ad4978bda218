//! Python scripts that read what the program writes. Where Python or its packages are missing, a
//! test says so and skips; in CI (env `CI`) it fails.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Runs `tests/python/<script>` on `folder` and returns its output; none when `packages` cannot be
/// imported.
///
/// # Panics
/// The script found something wrong, or CI lacks its packages.
pub fn run(script: &str, packages: &[&str], folder: &Path) -> Option<String> {
    if !has(packages) {
        return None;
    }
    let python = interpreter();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    match Command::new(&python).arg(&path).arg(folder).output() {
        Ok(output) if output.status.success() => Some(text(&output.stdout)),
        Ok(output) => panic!("{script} found:\n{}{}", text(&output.stdout), text(&output.stderr)),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// The Python that runs them.
pub fn interpreter() -> OsString {
    std::env::var_os("BUTTERQUANT_PYTHON").unwrap_or_else(|| "python3".into())
}

/// Whether that Python has these packages; says what is missing.
///
/// # Panics
/// They are missing in CI.
pub fn has(packages: &[&str]) -> bool {
    let imports = format!("import {}", packages.join(", "));
    let found = Command::new(interpreter()).arg("-c").arg(&imports).output();
    if found.as_ref().is_ok_and(|output| output.status.success()) {
        return true;
    }
    let why = found.map_or_else(|error| error.to_string(), |output| text(&output.stderr));
    let how =
        "pip install -r tests/python/requirements.txt, and name that python in BUTTERQUANT_PYTHON";
    let problem = format!("Python cannot run: {}; {how}", why.lines().last().unwrap_or_default());
    assert!(std::env::var_os("CI").is_none(), "{problem}");
    say(&format!("skipped: {problem}"));
    false
}

/// Says why a test does not run.
#[allow(clippy::print_stdout)]
pub fn say(what: &str) {
    println!("{what}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
