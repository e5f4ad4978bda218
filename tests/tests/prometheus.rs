//! Prometheus, as Debian ships it, scrapes a running program by the settings and rules of `infra/deploy/prometheus`, with
//! shorter intervals: alerts fire and clear.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test

use serde_json::Value;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tests::cli::{Running, get, run, wait_for};

const MARKET: &str = "up --source sim:5,stocks=2,days=280";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Prometheus, until this is dropped.
struct Prometheus {
    process: Child,
    address: String,
}

impl Prometheus {
    /// Started over `folder`; none where it is not installed, which fails in CI.
    fn start(folder: &Path) -> Option<Prometheus> {
        let address = format!("127.0.0.1:{}", free_port());
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address={address}")).arg("--log.level=warn");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        match command.spawn() {
            Ok(process) => Some(Prometheus { process, address }),
            Err(error) if std::env::var_os("CI").is_none() => {
                eprintln!("skipped: prometheus: {error}");
                None
            }
            Err(error) => panic!("prometheus: {error}: install the package prometheus"),
        }
    }

    /// The answer to `query`, once it answers at all.
    fn query(&self, query: &str) -> Option<Vec<Value>> {
        std::net::TcpStream::connect(&self.address).ok()?;
        let (code, answer) = get(&self.address, &format!("/api/v1/query?query={query}"), None);
        let json = answer.lines().find(|line| line.starts_with('{'))?;
        let answer: Value = serde_json::from_str(json).ok()?;
        (code == 200).then(|| answer["data"]["result"].as_array().cloned())?
    }

    /// The names of alerts that fire.
    fn firing(&self) -> Option<BTreeSet<String>> {
        let found = self.query("ALERTS%7Balertstate%3D%22firing%22%7D")?;
        let name = |alert: &Value| alert["metric"]["alertname"].as_str().unwrap().to_owned();
        Some(found.iter().map(name).collect())
    }

    fn fires(&self, alert: &str) {
        wait_for(&format!("alert {alert}"), || self.firing()?.contains(alert).then_some(()));
    }

    fn is_quiet(&self, alert: &str) {
        let what = format!("end of the alert {alert}");
        wait_for(&what, || (!self.firing()?.contains(alert)).then_some(()));
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may have ended by itself
        let _ = self.process.wait();
    }
}

/// The settings and rules of the project, for a program at `address` that asks for the token in a file.
fn configured(folder: &Path, address: &str, token: &Path) {
    let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../infra/deploy/prometheus");
    let read = |name: &str| std::fs::read_to_string(from.join(name)).unwrap();
    let settings = read("prometheus.yml");
    for word in
        ["butterquant:8080", "/run/secrets/token", "scrape_interval: 5s", "refresh_interval: 30s"]
    {
        assert!(settings.contains(word), "{word}: {settings}");
    }
    let settings = settings
        .replace("butterquant:8080", address)
        .replace("/run/secrets/token", &token.display().to_string())
        .replace("scrape_interval: 5s", "scrape_interval: 500ms")
        .replace("evaluation_interval: 15s", "evaluation_interval: 500ms")
        .replace("refresh_interval: 30s", "refresh_interval: 1s");
    std::fs::write(folder.join("prometheus.yml"), settings).unwrap();
    std::fs::write(folder.join("recording.yml"), read("recording.yml")).unwrap();
    let rules = read("alerts.yml").replace("for: 1m\n", "for: 1s\n");
    std::fs::write(folder.join("alerts.yml"), rules).unwrap();
}

#[test]
fn alerts_fire_and_clear() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (data, folder) = (data.path(), folder.path());
    let token = folder.join("token");
    std::fs::write(&token, "a-secret").unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let keys = format!("listen = \"{address}\"\npartitions = 1\ntoken_file = {token:?}\n");
    std::fs::write(data.join("butterquant.toml"), keys).unwrap();
    configured(folder, &address, &token);
    let Some(prometheus) = Prometheus::start(folder) else { return };

    // Nothing is there yet.
    prometheus.fires("ButterQuantDown");
    let up = Running::start(data, MARKET);
    prometheus.is_quiet("ButterQuantDown");
    let one = |query: &str| {
        wait_for(query, || {
            let found = prometheus.query(query)?;
            found.first().map(|sample| sample["value"][1].as_str().unwrap().to_owned())
        })
    };
    wait_for("run that has caught up", || {
        (one("sum(kafka_consumergroup_group_sum_lag)") == "0").then_some(())
    });
    wait_for("recorded day", || {
        let (recorded, shown) =
            ("job:butterquant_newest_bar_day:max", "max(butterquant_views_day)");
        (one(recorded) == one(shown)).then_some(())
    });

    run(data, "halt --why test").well();
    prometheus.fires("TradingHalted");
    run(data, "resume").well();
    prometheus.is_quiet("TradingHalted");

    // A role beside the program is found through it.
    let beside = Running::start(data, "run scanner --name beside");
    wait_for("process beside", || {
        let found = prometheus.query("count(up%3D%3D1)")?;
        (found.first()?["value"][1] == "2").then_some(())
    });
    assert_eq!(beside.interrupt(), 0);

    assert_eq!(up.interrupt(), 0);
    prometheus.fires("ButterQuantDown");
    let up = Running::start(data, MARKET);
    prometheus.is_quiet("ButterQuantDown");
    assert_eq!(up.interrupt(), 0);
}
