//! The files for Docker name only keys and files that exist.
#![allow(clippy::unwrap_used)] // a test

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tests::cli::{command, finish};

fn compose() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/deploy/compose")
}

/// The values of `key: ` anywhere in the compose file.
fn values(key: &str) -> Vec<String> {
    let text = std::fs::read_to_string(compose().join("compose.yaml")).unwrap();
    let lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
    let found = lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    found.map(|value| value.trim_matches('"').to_owned()).collect()
}

#[test]
fn the_compose_file_sets_only_keys_that_the_program_knows() {
    let text = std::fs::read_to_string(compose().join("compose.yaml")).unwrap();
    let is_key = |c: char| c.is_ascii_uppercase() || c == '_';
    let names = text.match_indices("BUTTERQUANT_");
    let names: BTreeSet<String> =
        names.map(|(at, _)| text[at..].chars().take_while(|c| is_key(*c)).collect()).collect();
    assert!(names.len() > 4, "{names:?}");
    let data = tempfile::tempdir().unwrap();
    let token = data.path().join("token");
    std::fs::write(&token, "secret").unwrap();
    let mut show = command(data.path(), "config show -o json");
    for name in &names {
        let value = match values(name).pop() {
            Some(file) if file.starts_with("/run/secrets/") => token.display().to_string(),
            Some(value) => value,
            None => "3".to_owned(), // named in words only
        };
        show.env(name, value);
    }
    let shown = finish(show).json();
    let from = |name: &String| {
        let set = shown.as_object().unwrap().values();
        let mut from = set.filter_map(|key| key["from"].as_str());
        from.any(|from| from.ends_with(&format!("environment {name}")))
    };
    assert!(names.iter().all(from), "{names:?}: {shown}");
}

#[test]
fn the_compose_file_names_files_that_are_there() {
    let text = std::fs::read_to_string(compose().join("compose.yaml")).unwrap();
    let lines = text.lines().map(str::trim);
    let mounted = lines.filter_map(|line| line.strip_prefix("- ").filter(|at| at.starts_with('.')));
    let mounted = mounted.map(|one| one.split(':').next().unwrap());
    let mounted: Vec<PathBuf> = mounted.map(|one| compose().join(one)).collect();
    assert_eq!(mounted.len(), 2, "{mounted:?}");
    let context = compose().join(&values("context")[0]);
    assert!(context.join("Cargo.toml").exists(), "{}", context.display());
    let built = values("dockerfile").into_iter().map(|file| context.join(file));
    // Grafana finds its start page in the folder mounted there.
    let home = values("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH").remove(0);
    let home = home.strip_prefix("/etc/grafana/provisioning").unwrap();
    let home = compose().join("grafana").join(home.trim_start_matches('/'));
    for file in mounted.into_iter().chain(built).chain([home]) {
        assert!(file.exists(), "{} is not there", file.display());
    }
    // The user creates the secret, as the head of the file explains, and git ignores it.
    let ignored = std::fs::read_to_string(compose().join("../../../.gitignore")).unwrap();
    for secret in values("file") {
        let secret = secret.trim_start_matches("./");
        assert!(
            text.contains(&format!("> {secret} ")),
            "the file does not explain how to create {secret}"
        );
        assert!(ignored.contains(&format!("/infra/deploy/compose/{secret}")), "{secret}");
    }
}
