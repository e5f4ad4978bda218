//! An alert from its cause in a running `up` to the webhook, in both shapes, and to the command.
#![allow(clippy::unwrap_used)] // a test

use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tests::cli::{Running, command, finish, get, run, wait_for};
use tests::http_double::{Answers, HttpDouble};

const UP: &str = "up --source sim:5,stocks=2,days=280";

fn configured(data: &Path, alerts: &str) {
    let toml = format!("partitions = 1\n[alerts]\nafter_s = 0\n{alerts}\n");
    std::fs::write(data.join("butterquant.toml"), toml).unwrap();
}

fn bodies(double: &HttpDouble) -> Vec<Value> {
    let sent = double.sent();
    sent.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect()
}

/// The statuses that were sent of `key`, in their order.
fn told(double: &HttpDouble, key: &str) -> Vec<String> {
    let of = bodies(double).into_iter().filter(|body| body["key"] == key);
    of.map(|body| body["status"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_halt_is_told_once_and_so_is_its_end_and_what_is_silenced_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let double = HttpDouble::start(Answers::With(200, "ok".to_owned()));
    configured(data, &format!("webhook = \"http://{}/hook/s3cret\"", double.address));
    let shown = run(data, "config show");
    assert!(shown.out.contains("alerts.webhook") && !shown.out.contains("s3cret"), "{shown:?}");

    let up = Running::start(data, UP);
    let silence = "alerts silence halted/ButterBaseline --for 2h --why drill --by ada";
    wait_for("run's folder", || (run(data, silence).code == 0).then_some(()));
    wait_for("halt", || (run(data, "halt --why drill --by ada").code == 0).then_some(()));
    let ai = "halted/ButterAI";
    let raised = wait_for("alert", || {
        bodies(&double).into_iter().find(|body| body["key"] == ai && body["status"] == "raised")
    });
    assert_eq!((&raised["severity"], &raised["run"]), (&"warn".into(), &"live".into()), "{raised}");
    let detail = raised["detail"].as_str().unwrap();
    assert!(detail.contains("by ada") && detail.contains("drill"), "{raised}");
    assert!(double.sent()[0].line.starts_with("POST /hook/s3cret"));

    let listed = run(data, "alerts list -o json");
    assert_eq!(listed.code, 1, "an alert holds: {listed:?}");
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    let rows = listed["alerts"].as_array().unwrap();
    let silenced =
        |key: &str| rows.iter().find(|row| row["key"] == key).unwrap()["silenced"].clone();
    assert_eq!((silenced(ai), silenced("halted/ButterBaseline")), (false.into(), true.into()));
    assert_eq!(listed["silences"][0]["why"], "drill");

    // The page shows the same list.
    let at = run(data, "lag -o json").json()["running_at"].as_str().unwrap().to_owned();
    let (code, shown) = get(at.trim_start_matches("http://"), "/api/conditions", None);
    assert!(code == 200 && shown.contains("\"key\":\"halted/ButterAI\""), "{shown}");

    run(data, "resume").well();
    wait_for("recovery", || (told(&double, ai).len() > 1).then_some(()));
    assert_eq!(told(&double, ai), ["raised", "recovered"]);
    assert_eq!(told(&double, "halted/ButterBaseline"), [""; 0]);
    assert_eq!(up.interrupt(), 0);

    // The next process knows what was told.
    run(data, "halt --why again").well();
    let up = Running::start(data, UP);
    wait_for("alert", || (told(&double, ai).len() > 2).then_some(()));
    assert_eq!(up.interrupt(), 0);
    let up = Running::start(data, UP);
    wait_for("process", || {
        let listed: Value = serde_json::from_str(&run(data, "alerts list -o json").out).ok()?;
        (listed["process"] == up.id()).then_some(())
    });
    run(data, "resume").well();
    wait_for("recovery", || (told(&double, ai).len() > 3).then_some(()));
    assert_eq!(told(&double, ai), ["raised", "recovered", "raised", "recovered"]);
}

#[test]
fn a_command_is_told_and_days_close_while_a_webhook_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let double = HttpDouble::start(Answers::Never);
    let (read, keys) = (data.join("read"), data.join("keys"));
    let line = format!(
        "cat >> {}; echo \"$ALERT_STATUS $ALERT_KEY\" >> {}",
        read.display(),
        keys.display()
    );
    let webhook = format!("webhook = \"http://{}/\"\nshape = \"slack\"", double.address);
    configured(data, &format!("{webhook}\ncommand = {line:?}"));
    let up = Running::start(data, UP);
    wait_for("halt", || (run(data, "halt --why drill").code == 0).then_some(()));
    let told = wait_for("both tracks", || {
        let told = std::fs::read_to_string(&keys).ok()?;
        let of = |track: &str| told.contains(&format!("raised halted/{track}\n"));
        (of("ButterAI") && of("ButterBaseline")).then_some(told)
    });
    assert_eq!(told.matches("raised halted/ButterAI\n").count(), 1, "{told}");
    let text = std::fs::read_to_string(read).unwrap();
    let notices = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    assert!(notices.flatten().any(|notice| notice["key"] == "halted/ButterAI"), "{text}");
    wait_for("call that hangs", || (!double.sent().is_empty()).then_some(()));
    // The webhook has the first call still, and the roles have closed the market's last day.
    let status = run(data, "status -o json").json();
    assert_eq!(status["through"], status["newest_day"], "{status}");
    let began = Instant::now();
    assert_eq!(up.interrupt(), 0);
    assert!(began.elapsed() < Duration::from_secs(8), "it waited for the webhook");
}

#[test]
fn a_test_alert_says_whether_it_arrives_and_no_message_holds_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run(data, "alerts test").refused(&["alerts.webhook or alerts.command"]);
    let slack = HttpDouble::start(Answers::With(200, "ok".to_owned()));
    configured(data, &format!("webhook = \"http://{}/s3cret\"\nshape = \"slack\"", slack.address));
    run(data, "alerts test").well();
    let body = &bodies(&slack)[0];
    let block = body["attachments"][0]["blocks"][0]["text"]["text"].as_str().unwrap();
    assert!(body["text"].as_str().unwrap().starts_with("[WARN] a test"), "{body}");
    assert!(block.contains("`test` since") && body.get("key").is_none(), "{body}");
    assert_eq!(slack.sent()[0].headers["content-type"], "application/json");

    let refusing = HttpDouble::start(Answers::With(403, "invalid_token".to_owned()));
    configured(
        data,
        &format!("webhook = \"http://{}/s3cret\"\ncommand = \"exit 3\"", refusing.address),
    );
    let mut asked = command(data, "-vv alerts test -o json");
    asked.env("BUTTERQUANT_LOG_FORMAT", "json").stdin(Stdio::null());
    let failed = finish(asked);
    assert_eq!(failed.code, 1, "{failed:?}");
    let tried: Value = serde_json::from_str(&failed.out).unwrap();
    assert_eq!(tried[0]["problem"], "it answered 403", "{tried}");
    assert!(tried[1]["problem"].as_str().unwrap().contains('3'), "{tried}");
    assert!(!format!("{failed:?}").contains("s3cret"), "{failed:?}");
}
