//! What a running program serves at `/metrics` is what the page of metrics, the dashboards, the rules and the runbook
//! say, and Prometheus' own tools find nothing wrong with any of them.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use tests::cli::{Running, get, run, wait_for};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn text(path: &str) -> String {
    let path = root(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs `promtool`, whose absence fails in CI; its output where it succeeds.
fn promtool(words: &str, folder: &Path, input: &str) {
    let mut command = Command::new("promtool");
    command.args(words.split(' ')).current_dir(folder).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut started = match command.spawn() {
        Ok(started) => started,
        Err(error) if std::env::var_os("CI").is_none() => {
            return eprintln!("skipped: promtool: {error}");
        }
        Err(error) => panic!("promtool: {error}: install the package prometheus"),
    };
    started.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = started.wait_with_output().unwrap();
    assert!(output.status.success(), "{words}: {output:?}");
}

/// The page of a program at work.
fn served() -> &'static str {
    static SERVED: OnceLock<String> = OnceLock::new();
    SERVED.get_or_init(|| {
        let data = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let toml = format!("listen = \"127.0.0.1:{port}\"\npartitions = 1");
        std::fs::write(data.path().join("butterquant.toml"), toml).unwrap();
        let _up = Running::start(data.path(), "up --source sim:5,stocks=2,days=280");
        // Once every role has closed the day and the run has been sampled since.
        wait_for("unit at work", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
            let (code, answer) = get(&format!("127.0.0.1:{port}"), "/metrics", None);
            assert_eq!(code, 200, "{answer}");
            let page = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
            let shown = |line: &str| page.lines().any(|found| found.starts_with(line));
            let done = shown("butterquant_day_seconds_count{role=\"materializer\"} ")
                && shown("butterquant_views_day ")
                && shown("butterquant_vix ")
                && shown("kafka_consumergroup_group_max_lag_seconds{");
            done.then_some(page)
        })
    })
}

/// A metric: type, labels, meaning.
type Metrics = BTreeMap<String, (String, BTreeSet<String>, String)>;

/// The metrics on a page, with the labels of their samples.
fn metrics_of(page: &str) -> Metrics {
    let (mut found, mut help) = (Metrics::new(), BTreeMap::new());
    for line in page.lines() {
        if let Some((name, meaning)) =
            line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '))
        {
            help.insert(name, meaning);
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let meaning = help[name].to_owned();
            found.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new(), meaning));
        } else {
            let name = line.split(['{', ' ']).next().unwrap();
            let of = found.iter_mut().find(|(of, (kind, ..))| {
                let rest = name.strip_prefix(of.as_str());
                let parts = ["_bucket", "_sum", "_count"];
                rest == Some("") || kind == "histogram" && rest.is_some_and(|r| parts.contains(&r))
            });
            let (_, (_, labels, _)) = of.unwrap_or_else(|| panic!("no type of {line}"));
            labels.extend(labels_in(line).into_iter().filter(|label| label != "le"));
        }
    }
    found
}

/// The labels in the first braces of `text`.
fn labels_in(text: &str) -> Vec<String> {
    let braces = text.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
    let Some((braces, _)) = braces else { return Vec::new() };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = |at: usize| {
        let name = braces[..at].trim_end_matches(['!', '=', '~']);
        name.rsplit(|c| !is_name(c)).next().unwrap_or_default().to_owned()
    };
    braces.match_indices("=\"").map(|(at, _)| before(at)).collect()
}

#[test]
fn the_page_of_metrics_lists_what_is_served() {
    let served = metrics_of(served());
    let page = text("docs/metrics.md");
    let rows = page.split("## OpenTelemetry names").next().unwrap().lines();
    let rows = rows.filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let listed: Metrics = rows
        .map(|row| {
            let cells: Vec<&str> = row.splitn(4, " | ").collect();
            let name = cells[0].trim_end_matches('`').to_owned();
            (name, (cells[1].to_owned(), words(cells[2]), cells[3].to_owned()))
        })
        .collect();
    let names = |of: &Metrics| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&listed), names(&served));
    for (name, (kind, labels, meaning)) in &served {
        let (of_kind, of_labels, of_meaning) = &listed[name];
        assert_eq!((kind, meaning), (of_kind, of_meaning), "{name}");
        assert!(labels.is_empty() || labels == of_labels, "{name}: {labels:?} {of_labels:?}");
    }
    // Most metrics have samples in so short a run, so that the comparison of labels is one.
    let with_labels = served.values().filter(|(_, labels, _)| !labels.is_empty()).count();
    assert!(with_labels > 30, "{with_labels}");
    let beside = page.split("## OpenTelemetry names").nth(1).unwrap();
    for name in named(beside).keys() {
        assert!(served.contains_key(name), "{name} has an OpenTelemetry name and is not served");
    }
}

#[test]
fn promtool_finds_nothing_wrong_with_what_is_served() {
    promtool("check metrics", &root("."), served());
}

/// Every metric of this program in an expression or a text, with the labels in its braces. Names with a colon are those
/// of recording rules.
fn named(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for start in ["butterquant_", "kafka_"] {
        for (at, _) in text.match_indices(start) {
            let name: String = text[at..].chars().take_while(|c| is_name(*c)).collect();
            let rest = &text[at + name.len()..];
            if text[..at].ends_with(|c: char| is_name(c) || c == ':') || rest.starts_with(':') {
                continue;
            }
            let labels = match rest.starts_with('{') {
                true => labels_in(&rest[..=rest.find('}').unwrap_or(0)]),
                false => Vec::new(),
            };
            let name = name.trim_end_matches("_bucket").to_owned();
            named.entry(name).or_default().extend(labels);
        }
    }
    named
}

/// The values of `key` in a file of rules, also where they go over several lines.
fn values(rules: &str, key: &str) -> Vec<String> {
    let (mut found, mut open): (Vec<String>, bool) = (Vec::new(), false);
    for line in rules.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let line = line.trim_start_matches("- ");
        if let Some(value) = line.strip_prefix(&format!("{key}: ")) {
            open = value == ">-";
            found.push(if open { String::new() } else { value.to_owned() });
        } else if ["for", "labels", "annotations", "alert", "record", "expr", "name"]
            .iter()
            .any(|key| line.starts_with(&format!("{key}:")))
            || line.is_empty()
        {
            open = false;
        } else if open {
            found.last_mut().unwrap().push_str(&format!("{line} "));
        }
    }
    found
}

const RULES: &str = "infra/deploy/prometheus";

fn dashboards() -> Vec<(String, serde_json::Value)> {
    let folder = std::fs::read_dir(root("infra/deploy/compose/grafana/dashboards")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "json"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.display().to_string(), serde_json::from_str(&text).unwrap())
    };
    files.map(read).collect()
}

/// The expressions of the dashboards and of the rules.
fn expressions() -> Vec<String> {
    let mut found = Vec::new();
    for (_, dashboard) in dashboards() {
        let panels = dashboard["panels"].as_array().unwrap().iter();
        let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
        found.extend(targets.map(|target| target["expr"].as_str().unwrap().to_owned()));
    }
    for rules in ["recording.yml", "alerts.yml"] {
        found.extend(values(&text(&format!("{RULES}/{rules}")), "expr"));
    }
    assert!(found.len() > 80, "{found:?}");
    found
}

#[test]
fn dashboards_and_rules_name_what_is_served_and_all_of_it() {
    let served = metrics_of(served());
    let recorded = values(&text(&format!("{RULES}/recording.yml")), "record");
    let mut shown = BTreeSet::new();
    for expression in expressions() {
        for (name, wanted) in named(&expression) {
            let of = served.get(&name);
            let (_, labels, _) = of.unwrap_or_else(|| panic!("{name} is not served: {expression}"));
            let has = |label: &String| labels.contains(label) || label == "job";
            assert!(labels.is_empty() || wanted.iter().all(has), "{expression}: {labels:?}");
            shown.insert(name);
        }
        let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c)));
        for rule in words.filter(|word| word.contains(':') && !word.starts_with(':')) {
            assert!(recorded.iter().any(|of| of == rule), "{rule} is not recorded: {expression}");
        }
    }
    let not_shown: Vec<&String> = served.keys().filter(|name| !shown.contains(*name)).collect();
    assert!(not_shown.is_empty(), "served, and on no dashboard: {not_shown:?}");
}

/// The places of panels do not overlap, and every dashboard is reached from every other one.
#[test]
fn dashboards_are_laid_out_and_linked() {
    let all = dashboards();
    let ids: BTreeSet<String> =
        all.iter().map(|(_, of)| of["uid"].as_str().unwrap().into()).collect();
    assert_eq!(ids.len(), all.len());
    for (file, dashboard) in &all {
        let links = dashboard["links"].as_array().unwrap().iter();
        let linked: BTreeSet<String> = links
            .map(|link| link["url"].as_str().unwrap().trim_start_matches("/d/").to_owned())
            .collect();
        assert_eq!(linked, ids, "{file}");
        let panels = dashboard["panels"].as_array().unwrap();
        let place = |panel: &serde_json::Value| {
            ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap())
        };
        for (n, panel) in panels.iter().enumerate() {
            let [x, y, w, h] = place(panel);
            assert!(x + w <= 24, "{file}: {}", panel["title"]);
            for other in &panels[n + 1..] {
                let [ox, oy, ow, oh] = place(other);
                let apart = x + w <= ox || ox + ow <= x || y + h <= oy || oy + oh <= y;
                assert!(apart, "{file}: {} and {}", panel["title"], other["title"]);
            }
        }
    }
}

#[test]
fn promtool_takes_the_settings_and_the_rules_and_their_tests_pass() {
    let folder = root(RULES);
    promtool("check config --syntax-only prometheus.yml", &folder, "");
    promtool("check rules recording.yml alerts.yml", &folder, "");
    promtool("test rules recording_test.yml alerts_test.yml alerts_days_test.yml", &folder, "");
}

/// Each alert has its entry in the runbook and is tested, and each entry has its alert.
#[test]
fn every_alert_has_its_entry_in_the_runbook() {
    let rules = text(&format!("{RULES}/alerts.yml"));
    let alerts = values(&rules, "alert");
    let page = text("docs/runbook.md");
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(headings, alerts, "in the order of the rules");
    for part in page.split("\n## ").skip(1) {
        for word in ["**Means**", "**Look**", "**Do**"] {
            assert!(part.contains(word), "{word}: {part}");
        }
    }
    let named = values(&rules, "runbook_url");
    let wanted = alerts.iter().map(|alert| format!("docs/runbook.md#{}", alert.to_lowercase()));
    assert_eq!(named, wanted.collect::<Vec<_>>());
    let tested =
        text(&format!("{RULES}/alerts_test.yml")) + &text(&format!("{RULES}/alerts_days_test.yml"));
    for alert in alerts {
        assert!(tested.contains(&format!("alertname=\"{alert}\"")), "{alert} is not tested");
    }
}

/// The commands that the runbook names are verbs of this program.
#[test]
fn the_runbook_names_verbs_that_there_are() {
    let (page, data) = (text("docs/runbook.md"), tempfile::tempdir().unwrap());
    let is_verb = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let mut verbs = BTreeSet::new();
    for command in page.split("`butterquant ").skip(1) {
        let words = command.split('`').next().unwrap().split_whitespace();
        let words: Vec<&str> =
            words.take(2).take_while(|w| is_verb(w) && !w.starts_with('-')).collect();
        verbs.insert(words.join(" "));
    }
    assert!(verbs.len() > 15, "{verbs:?}");
    for verb in verbs {
        let verb = verb.strip_suffix(" scorer").unwrap_or(&verb);
        run(data.path(), &format!("{verb} --help")).well();
    }
}
