//! The systemd units, the container file, the compose file and the Kubernetes manifests, checked by tools that need no
//! cluster, and by the program that they start.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test

use schemas::Topic;
use schemas::role::Role;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tests::cli::{Running, binary, command, finish, get, run, unconfigured, wait_for};
use tests::python;

/// Exposure that `systemd-analyze security` may find, in tenths: 0 is none, 100 all.
const EXPOSURE: &str = "15";
/// Where the units have the program.
const INSTALLED: &str = "/usr/local/bin/butterquant";

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/deploy")
}

/// The units with the binary of this build in them, in a folder of their own.
fn units() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut pending = vec![(deploy().join("systemd"), folder.path().to_owned())];
    while let Some((from, to)) = pending.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                pending.push((entry.path(), to));
            } else {
                let text = fs::read_to_string(entry.path()).unwrap();
                let here = binary().canonicalize().unwrap();
                fs::write(to, text.replace(INSTALLED, here.to_str().unwrap())).unwrap();
            }
        }
    }
    folder
}

/// The value of each `key=` in a unit.
fn values(unit: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(deploy().join("systemd").join(unit)).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    lines.map(str::to_owned).collect()
}

#[test]
fn systemd_takes_the_units_and_they_may_do_little() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "no systemd-analyze: apt-get install systemd");
        return eprintln!("skipped: there is no systemd-analyze: apt-get install systemd");
    }
    let folder = units();
    let analyze = |words: &[&str], names: &[String]| {
        let mut command = Command::new("systemd-analyze");
        command.args(words).args(names.iter().map(|name| folder.path().join(name)));
        let path = format!("{}:", folder.path().display());
        let output = command.env("SYSTEMD_UNIT_PATH", path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let about = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.is_empty(), "{words:?}: {said}{about}");
    };
    let mut names = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".service") || name.ends_with(".timer"))
        .filter(|name| !name.contains('@'))
        .collect::<Vec<_>>();
    assert_eq!(names.len(), 6, "{names:?}");
    names.extend(Role::ALL.map(|role| format!("butterquant-role@{role}.service")));
    analyze(&["verify", "--man=no"], &names);
    names.retain(|name| name.ends_with(".service"));
    for name in names {
        analyze(&["security", "--offline=yes", "--no-pager", "--threshold", EXPOSURE], &[name]);
    }
}

/// Checks that the program takes these words: `--help` behind them is reached only then.
fn parses(words: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let mut help = command(folder.path(), "");
    help.args(words).arg("--help");
    let shown = finish(help);
    assert!(shown.code == 0 && shown.out.contains("Usage: butterquant"), "{words:?}: {shown:?}");
}

#[test]
fn the_program_takes_what_the_units_start_it_with() {
    for role in Role::ALL {
        let started = values("butterquant-role@.service", "ExecStart").remove(0);
        let started = started.replace("%i", role.name()).replace("%l", "host");
        let options = if role.by_partition() { "--instances 4" } else { "" };
        let started = started.replace("$BUTTERQUANT_ROLE_OPTIONS", options);
        let words = started.strip_prefix(INSTALLED).unwrap().split_whitespace();
        parses(&words.map(str::to_owned).collect::<Vec<_>>());
    }
    for unit in ["up", "dashboard", "doctor"].map(|name| format!("butterquant-{name}.service")) {
        let unit = &*unit;
        let started = values(unit, "ExecStart").remove(0);
        let words = started.strip_prefix(INSTALLED).unwrap().split_whitespace();
        parses(&words.map(str::to_owned).collect::<Vec<_>>());
    }
    assert!(finish(command(Path::new("x"), "up --no-such-flag --help")).code == 2);
}

/// Runs `line` in a shell in which `butterquant` is the program over `data` and its run `demo`.
fn shell(line: &str, data: &Path) -> std::process::Output {
    let folder = binary().parent().unwrap().canonicalize().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    // Lines that wait for something that does not come are ended.
    let mut shell = Command::new("timeout");
    unconfigured(&mut shell);
    shell.args(["60", "sh", "-ec", line]).env("PATH", path).env("BUTTERQUANT_RUN", "demo");
    shell.env("BUTTERQUANT_DATA_DIR", data).env("STATE_DIRECTORY", data);
    shell.output().unwrap()
}

#[test]
fn the_nightly_backup_can_be_restored_and_old_ones_go() {
    let data = tempfile::tempdir().unwrap();
    run(data.path(), "demo --days 20 --stocks 2 --history 0").well();
    let wait = manifests().map(|found| found["waits"][0].as_str().unwrap().to_owned());
    if let Some(wait) = wait {
        assert!(shell(&wait, data.path()).status.success(), "a run that is open is waited for");
        let once = wait.replace("sleep 5", "exit 7");
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(shell(&once, elsewhere.path()).status.code(), Some(7), "{wait}");
    }
    let old = data.path().join("live-20180629T070000Z.backup");
    fs::write(&old, "").unwrap();
    Command::new("touch").args(["-d", "40 days ago"]).arg(&old).status().unwrap();
    let line = values("butterquant-backup.service", "ExecStart").remove(0);
    let line = line.strip_prefix("/bin/sh -ec '").unwrap().strip_suffix('\'').unwrap();
    let line = line.replace("%%", "%").replace(INSTALLED, "butterquant");
    let written = shell(&line, data.path());
    assert!(written.status.success(), "{written:?}");
    let removes = values("butterquant-backup.service", "ExecStartPost").remove(0);
    let removes = removes.replace("live-*", "'live-*'");
    assert!(shell(&removes, data.path()).status.success(), "{removes}");
    assert!(!old.exists(), "{removes}");
    let mut names = fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().path());
    let file = names.find(|name| name.extension().is_some_and(|is| is == "backup")).unwrap();
    let restore = format!("restore {} --run again", file.display());
    run(data.path(), &restore).well();
}

/// What the manifests ask of the program; none without the Python packages that check them.
fn manifests() -> Option<&'static Value> {
    static FOUND: OnceLock<Option<Value>> = OnceLock::new();
    let check = || {
        let needed = ["kubernetes_validate", "yaml", "check_jsonschema"];
        let said = python::run("deploy_files.py", &needed, &deploy())?;
        Some(serde_json::from_str(&said).unwrap())
    };
    FOUND.get_or_init(check).as_ref()
}

#[test]
fn the_program_takes_what_containers_start_it_with() {
    let Some(found) = manifests() else { return };
    let commands: Vec<Vec<String>> = serde_json::from_value(found["commands"].clone()).unwrap();
    assert_eq!(commands.len(), Role::ALL.len() + 2, "{commands:?}");
    commands.iter().for_each(|words| parses(words));
    for topic in found["topics"].as_array().unwrap() {
        assert!(Topic::ALL.iter().any(|known| known.name() == topic), "{topic}");
    }
    // Every setting reaches its key.
    let data = tempfile::tempdir().unwrap();
    let token = data.path().join("token");
    fs::write(&token, "secret").unwrap();
    let settings: BTreeMap<String, String> =
        serde_json::from_value(found["settings"].clone()).unwrap();
    let mut show = command(data.path(), "config show -o json");
    for (name, value) in &settings {
        let path = token.to_str().unwrap();
        show.env(name, if name.ends_with("_FILE") { path } else { value });
    }
    let shown = finish(show).json();
    for name in settings.keys().filter(|name| *name != "BUTTERQUANT_DATA_DIR") {
        let from = format!("environment {name}");
        let mut keys = shown.as_object().unwrap().values();
        assert!(
            keys.any(|key| key["from"].as_str().is_some_and(|it| it.ends_with(&from))),
            "{name}: {shown}"
        );
    }
}

/// The kubelet has no token.
#[test]
fn probes_are_answered_without_a_token() {
    let Some(found) = manifests() else { return };
    let data = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let toml = format!("listen = \"{address}\"\ntoken = \"secret\"\npartitions = 1");
    fs::write(data.path().join("butterquant.toml"), toml).unwrap();
    let _up = Running::start(data.path(), "up --source sim:5,stocks=2,days=280");
    for path in found["probes"].as_array().unwrap() {
        wait_for("probe that is answered", || {
            std::net::TcpStream::connect(&address).ok()?;
            (get(&address, path.as_str()?, None).0 == 200).then_some(())
        });
    }
}

#[test]
fn images_are_built_with_the_rust_that_the_workspace_needs() {
    let read = |file: &str| fs::read_to_string(deploy().join(file)).unwrap();
    let workspace: toml::Table = read("../../Cargo.toml").parse().unwrap();
    let needed = workspace["workspace"]["package"]["rust-version"].as_str().unwrap();
    let file = read("compose/Dockerfile");
    assert!(file.contains(&format!("FROM rust:{needed}-")), "the workspace needs Rust {needed}");
    // No secret gets into an image or into git.
    let (ignored, kept) = (read("../../.gitignore"), read("compose/Dockerfile.dockerignore"));
    for secret in ["infra/deploy/compose/token", "infra/deploy/kubernetes/base/token"] {
        assert!(ignored.lines().any(|line| line == format!("/{secret}")), "{secret}");
        assert!(kept.lines().any(|line| line == secret), "{secret}");
    }
}
