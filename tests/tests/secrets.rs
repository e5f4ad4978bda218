//! Secrets are read from files and never shown; the HTTP side is closed to other machines by default.
#![allow(clippy::unwrap_used)] // a test

use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tests::cli::{Running, command, finish, get, run, wait_for};
use tests::http_double::{Answers, HttpDouble};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"))
}

fn file(data: &Path, name: &str, content: &str, mode: u32) -> PathBuf {
    let path = data.join(name);
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_secret_is_read_from_its_file_and_never_shown() {
    let data = folder();
    let closed = file(data.path(), "token", "  s3cret-token\n", 0o600);
    let open = file(data.path(), "password", "s3cret-password", 0o644);
    let toml = format!(
        "token_file = {closed:?}\n[kafka]\nsasl.password.file = {open:?}\n\"ssl.key.password\" = \"s3cret-key\"\nsasl.passwrod = \"s3cret-typo\""
    );
    file(data.path(), "butterquant.toml", &toml, 0o600);
    for output in ["json", "human"] {
        let shown = run(data.path(), &format!("config show -o {output}"));
        shown.well();
        for said in ["kafka.sasl.password", "kafka.ssl.key.password", "(set, not shown)"] {
            assert!(shown.out.contains(said), "{said}: {}", shown.out);
        }
        assert!(!format!("{shown:?}").contains("s3cret"), "{shown:?}");
        let warned = shown.err.lines().filter(|line| line.contains("every user can read it"));
        let warned: Vec<&str> = warned.collect();
        assert!(warned.len() == 1 && warned[0].contains("chmod 600"), "{shown:?}");
        assert!(warned[0].contains("password"), "{shown:?}");
    }
    let shown = run(data.path(), "config show -o json").json();
    let from = shown["token"]["from"].as_str().unwrap();
    assert!(from.contains(&closed.display().to_string()) && from.contains("butterquant.toml"));
    // The environment overrides the file, and a secret in a file overrides one in a layer below.
    let mut asked = command(data.path(), "config show -o json");
    asked.env("BUTTERQUANT_KAFKA_SASL_PASSWORD_FILE", &closed);
    let shown = finish(asked).json();
    let from = shown["kafka.sasl.password"]["from"].as_str().unwrap();
    assert!(from.ends_with("environment BUTTERQUANT_KAFKA_SASL_PASSWORD_FILE"), "{from}");
}

#[test]
fn a_file_without_a_secret_is_refused() {
    let data = folder();
    let empty = file(data.path(), "empty", " \n", 0o600);
    for (name, value, says) in [
        ("BUTTERQUANT_TOKEN_FILE", Path::new("/nowhere"), "token_file names /nowhere"),
        ("BUTTERQUANT_KAFKA_SASL_PASSWORD_FILE", &empty, "kafka.sasl.password.file"),
        ("BUTTERQUANT_KAFKA_SASL_PASSWORD_FILE", &empty, "is empty"),
        ("BUTTERQUANT_SOURCE_FILE", &empty, "no key is called source_file"),
    ] {
        let mut asked = command(data.path(), "runs");
        asked.env(name, value);
        finish(asked).refused(&[says]);
    }
    let mut both = command(data.path(), "runs");
    both.env("BUTTERQUANT_TOKEN", "s3cret").env("BUTTERQUANT_TOKEN_FILE", &empty);
    let both = finish(both);
    both.refused(&["the environment has both token and token_file"]);
    assert!(!format!("{both:?}").contains("s3cret"), "{both:?}");
}

#[test]
fn the_configuration_file_is_to_be_closed_when_it_holds_a_secret() {
    let data = folder();
    for (toml, warns) in [("token = \"abc\"", true), ("token = \"\"\nrun = \"x\"", false)] {
        file(data.path(), "butterquant.toml", toml, 0o644);
        let ran = run(data.path(), "runs");
        assert_eq!(ran.err.contains("every user can read it"), warns, "{toml}: {ran:?}");
    }
}

/// An address of this machine that others can reach, if it has one.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?; // nothing is sent
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback()).then_some(ip)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn without_a_token_nobody_beyond_this_machine_is_heard() {
    let data = folder();
    let mut open = command(data.path(), "up --source sim:5,stocks=2,days=280");
    open.env("BUTTERQUANT_LISTEN", "0.0.0.0:0");
    finish(open).refused(&["0.0.0.0", "token"]);
    let port = free_port();
    std::fs::write(
        data.path().join("butterquant.toml"),
        format!("listen = \"127.0.0.1:{port}\"\npartitions = 1"),
    )
    .unwrap();
    let _up = Running::start(data.path(), "up --source sim:5,stocks=2,days=280");
    wait_for("HTTP side", || TcpStream::connect(("127.0.0.1", port)).ok());
    assert_eq!(get(&format!("127.0.0.1:{port}"), "/status", None).0, 200);
    if let Some(ip) = outward() {
        assert!(TcpStream::connect((ip, port)).is_err(), "{ip}:{port} is open to others");
    }
}

#[test]
fn with_a_token_every_call_must_show_it() {
    let data = folder();
    let port = free_port();
    let token = file(data.path(), "token", "s3cret-token\n", 0o600);
    let toml = format!("listen = \"0.0.0.0:{port}\"\npartitions = 1\ntoken_file = {token:?}");
    file(data.path(), "butterquant.toml", &toml, 0o600);
    let _up = Running::start(data.path(), "up --source sim:5,stocks=2,days=280");
    wait_for("HTTP side", || TcpStream::connect(("127.0.0.1", port)).ok());
    let reached = outward().unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let address = format!("{reached}:{port}");
    assert_eq!(get(&address, "/health", None).0, 200);
    for path in ["/status", "/metrics", "/views/rankings"] {
        for wrong in [None, Some("s3cret"), Some("s3cret-token2")] {
            let (code, answer) = get(&address, path, wrong);
            assert!(code == 401 && !answer.contains("s3cret"), "{path}: {answer}");
        }
        let (code, answer) = get(&address, path, Some("s3cret-token"));
        assert!(code == 200 && !answer.contains("s3cret"), "{path}: {answer}");
    }
    run(data.path(), "lag -o json").well();
}

/// Every file under `folder` but those named.
fn files(folder: &Path, but: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(files(&path, but));
        } else if kind.is_file() && !but.contains(&entry.file_name().to_str().unwrap()) {
            found.push(path);
        }
    }
    found
}

/// All of them begin alike, so that one search finds each.
const SECRETS: &str = "partitions = 1
token = \"s3cret-token\"
schema_registry_auth = \"ada:s3cret-registry\"
[alerts]
after_s = 0
[kafka]
\"sasl.password\" = \"s3cret-password\"
\"ssl.key.password\" = \"s3cret-key\"
\"security.protocol\" = \"SASL_PLAINTEXT\"
\"sasl.mechanism\" = \"PLAIN\"
\"sasl.username\" = \"ada\"
";

#[test]
fn no_file_of_a_run_and_no_line_of_its_log_holds_a_secret_even_while_logins_fail() {
    let data = folder();
    let (registry, webhook) = (
        HttpDouble::start(Answers::With(401, "{\"error_code\":401}".to_owned())),
        HttpDouble::start(Answers::With(403, "no".to_owned())),
    );
    file(data.path(), "butterquant.toml", SECRETS, 0o600);
    let with = |words: &str| {
        let mut asked = command(data.path(), words);
        asked.env("BUTTERQUANT_LOG_LEVEL", "trace");
        asked.env("BUTTERQUANT_SCHEMA_REGISTRY", format!("http://{}", registry.address));
        asked.env("BUTTERQUANT_ALERTS_WEBHOOK", format!("http://{}/s3cret-hook", webhook.address));
        asked
    };
    let err = std::fs::File::create(data.path().join("err")).unwrap();
    let mut up = with("-vv up --source sim:5,stocks=2,days=280");
    let mut up = up.stdout(std::process::Stdio::null()).stderr(err).spawn().unwrap();
    let said = || std::fs::read_to_string(data.path().join("err")).unwrap_or_default();
    let address = wait_for("address", || {
        let said = said();
        let (_, after) = said.split_once("HTTP on http://")?;
        Some(after.split(';').next()?.to_owned())
    });
    assert!(!registry.sent().is_empty(), "the registry was asked");
    assert_eq!(get(&address, "/status", Some("s3cret-guess")).0, 401);
    wait_for("halt", || (finish(with("halt --why drill")).code == 0).then_some(()));
    wait_for("failed alert", || said().contains("it answered 403").then_some(()));
    let interrupted =
        std::process::Command::new("kill").args(["-INT", &up.id().to_string()]).status();
    assert!(interrupted.unwrap().success() && up.wait().unwrap().success(), "{}", said());

    // A broker that is not there: librdkafka has user and password, and says all that it does.
    let mut kafka =
        with("-vv --log kafka --brokers 127.0.0.1:1 up --source sim:5,stocks=2,days=280");
    let kafka_err = std::fs::File::create(data.path().join("kafka-err")).unwrap();
    let mut kafka = kafka.stdout(std::process::Stdio::null()).stderr(kafka_err).spawn().unwrap();
    wait_for("failed connection", || {
        let said = std::fs::read_to_string(data.path().join("kafka-err")).unwrap_or_default();
        said.contains("127.0.0.1:1").then_some(())
    });
    kafka.kill().unwrap();
    kafka.wait().unwrap();

    let found = files(data.path(), &["butterquant.toml"]);
    let logs = found.iter().filter(|file| file.starts_with(data.path().join("logs")));
    assert!(logs.count() >= 3 && found.len() > 20, "{found:?}");
    for file in found {
        let bytes = std::fs::read(&file).unwrap();
        let holds = bytes.windows(7).any(|part| part.eq_ignore_ascii_case(b"s3cret-"));
        assert!(!holds, "{} holds a secret", file.display());
    }
}
