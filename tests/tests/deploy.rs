//! The files for Prometheus and Grafana name only metrics that a running program serves, and those for
//! Docker only keys and files that exist.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::cli::{Running, command, finish, get, wait_for};

/// The labels of each metric.
type Metrics = BTreeMap<String, BTreeSet<String>>;

fn compose() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/deploy/compose")
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Every metric of this program in `text`, with the labels in its braces.
fn named(text: &str) -> Metrics {
    let mut named = Metrics::new();
    for (at, _) in text.match_indices("butterquant_") {
        if text[..at].ends_with(is_name) {
            continue;
        }
        let name: String = text[at..].chars().take_while(|c| is_name(*c)).collect();
        let rest = &text[at + name.len()..];
        let braces = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or("");
        let labels = named.entry(name).or_default();
        let matchers = braces.split(',').filter_map(|one| one.split(['=', '!']).next());
        labels.extend(matchers.map(|label| label.trim().to_owned()).filter(|l| !l.is_empty()));
    }
    named
}

/// The labels of every `by (…)` in `text`.
fn grouped_by(text: &str) -> BTreeSet<String> {
    let lists = text.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    lists.flat_map(|list| list.split(',').map(|label| label.trim().to_owned())).collect()
}

/// The expressions of the dashboard and of the alert rules.
fn expressions() -> Vec<String> {
    let read = |name: &str| std::fs::read_to_string(compose().join(name)).unwrap();
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("grafana/dashboards/butterquant.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut found: Vec<String> =
        targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    let rules = read("alerts.yml");
    found.extend(
        rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).map(Into::into),
    );
    assert!(found.len() > 12, "{found:?}");
    found
}

fn told_by_a_running_program() -> Metrics {
    let data = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let toml = format!("listen = \"127.0.0.1:{port}\"\npartitions = 1");
    std::fs::write(data.path().join("butterquant.toml"), toml).unwrap();
    let _up = Running::start(data.path(), "up --source sim:5,stocks=2,days=280");
    wait_for("unit at work", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
        let (code, answer) = get(&format!("127.0.0.1:{port}"), "/metrics", None);
        assert_eq!(code, 200, "{answer}");
        let helped = answer.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        // A metric without a value yet has its `# TYPE` line.
        let mut told: Metrics = helped
            .filter_map(|l| Some((l.split(' ').next()?.to_owned(), BTreeSet::new())))
            .collect();
        let lines: String =
            answer.lines().filter(|l| !l.starts_with('#')).collect::<Vec<_>>().join("\n");
        for (name, labels) in named(&lines) {
            told.entry(name).or_default().extend(labels);
        }
        told.get("butterquant_unit_closed_day").is_some_and(|l| !l.is_empty()).then_some(told)
    })
}

#[test]
fn dashboard_and_alerts_name_what_is_told_and_all_of_it() {
    let told = told_by_a_running_program();
    let labels: BTreeSet<&String> = told.values().flatten().collect();
    let mut shown = BTreeSet::new();
    for expression in expressions() {
        for (name, wanted) in named(&expression) {
            let of =
                told.get(&name).unwrap_or_else(|| panic!("{name} is not served: {expression}"));
            // Dead letters have no lines where there are none.
            assert!(of.is_empty() || wanted.is_subset(of), "{expression}: {of:?}");
            shown.insert(name);
        }
        let by = grouped_by(&expression);
        let known = |label: &String| {
            labels.contains(label) || ["reason", "state"].contains(&label.as_str())
        };
        assert!(by.iter().all(known), "{expression}: {labels:?}");
    }
    let told: BTreeSet<String> = told.into_keys().collect();
    assert_eq!(shown, told, "every metric served is shown");
}

#[test]
fn prometheus_takes_its_settings_and_rules() {
    for words in ["check config --syntax-only prometheus.yml", "check rules alerts.yml"] {
        let mut command = Command::new("promtool");
        command.args(words.split(' ')).current_dir(compose());
        match command.output() {
            Ok(output) => assert!(output.status.success(), "{words}: {output:?}"),
            Err(error) => return eprintln!("skipped: promtool: {error}"),
        }
    }
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
    let mounted: Vec<&str> = lines.filter_map(|line| line.strip_prefix("- ./")).collect();
    let mounted = mounted.iter().map(|one| one.split(':').next().unwrap());
    let mounted: Vec<PathBuf> = mounted.map(|one| compose().join(one)).collect();
    assert_eq!(mounted.len(), 3, "{mounted:?}");
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
