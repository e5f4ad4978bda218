//! What comes in from outside and cannot do harm: callers that half-send, names that lead elsewhere.

#![allow(clippy::unwrap_used)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tests::cli::{binary, finish, get, run, wait_for};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"))
}

/// A process that may have few files open; ended when it is dropped.
struct Limited(Child);

impl Limited {
    /// Starts it, with its standard error in a file of `data`.
    fn start(data: &Path, files: u32, words: &str) -> Limited {
        let line = format!("ulimit -n {files}; exec {} {words}", binary().display());
        let mut command = Command::new("sh");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BUTTERQUANT_")) {
            command.env_remove(name);
        }
        let log = std::fs::File::create(data.join("err")).unwrap();
        command.args(["-c", &line]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Limited(command.spawn().unwrap())
    }

    fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = (self.0.kill(), self.0.wait());
    }
}

/// The address in what a process has said, once it has.
fn address(data: &Path, before: &str) -> String {
    wait_for("address", || {
        let said = std::fs::read_to_string(data.join("err")).ok()?;
        let after = said.split_once(before)?.1.trim_start_matches("http://");
        Some(after.split_once(';')?.0.to_owned())
    })
}

/// Connections on which half a request was sent.
fn half_sent(address: &str, count: usize) -> Vec<TcpStream> {
    let connect = |_| {
        let mut stream = TcpStream::connect(address).ok()?;
        let _ = stream.write_all(b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ");
        Some(stream)
    };
    (0..count).filter_map(connect).collect()
}

fn still_open(streams: Vec<TcpStream>) -> usize {
    let open = |mut stream: TcpStream| {
        stream.set_nonblocking(true).unwrap();
        stream.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    };
    streams.into_iter().map(open).filter(|open| *open).count()
}

#[test]
fn half_sent_requests_end_no_run_and_keep_no_operator_out() {
    let _ = rlimit::increase_nofile_limit(4_096); // of this test, which holds the other ends
    for (files, calls) in [(256, 325), (1_024, 1_100)] {
        let data = folder();
        let path = data.path();
        let words = "up --source sim:5,stocks=4,days=3000 --from 2006-01-02 --data-dir";
        let mut up = Limited::start(path, files, &format!("{words} {}", path.display()));
        let address = address(path, "HTTP on ");
        let day = || {
            let ran = run(path, "rankings -o json");
            let found: serde_json::Value = serde_json::from_str(&ran.out).ok()?;
            Some(found["date"].as_str()?.to_owned()).filter(|_| ran.code == 0)
        };
        let before = wait_for("ranked day", day);
        let half = half_sent(&address, calls);
        assert!(half.len() >= calls.min(400), "only {} connections", half.len());
        for words in ["status -o json", "lag -o json"] {
            assert_eq!(run(path, words).code, 0, "{words} beside {} half-sent", half.len());
        }
        wait_for("later day", || day().filter(|now| *now > before));
        assert!(up.runs(), "{}", std::fs::read_to_string(path.join("err")).unwrap());
        let most = if files == 256 { 16 } else { 64 };
        let open = still_open(half);
        assert!(open <= most, "{open} of {calls} half-sent requests are open");
        // Nor do paths lead out of what is served.
        for path in ["/runs/..", "/views/..", "/views/..%2f..%2fetc", "/..%2f..", "/subjects/..%2f"]
        {
            let (code, said) = get(&address, path, None);
            assert!((400..=405).contains(&code), "{path}: {said}");
        }
    }
}

#[test]
fn the_paper_broker_and_the_registry_bear_them_too() {
    for (words, before, path) in [
        ("schemas serve --listen 127.0.0.1:0", "schemas on ", "/subjects"),
        ("paper-broker --listen 127.0.0.1:0 --dir", "paper broker on ", "/health"),
    ] {
        let data = folder();
        let dir = data.path().display().to_string();
        let dir = if words.ends_with("--dir") { dir } else { format!("--data-dir {dir}") };
        let mut served = Limited::start(data.path(), 64, &format!("{words} {dir}"));
        let address = address(data.path(), before);
        let half = half_sent(&address, 150);
        assert_eq!(get(&address, path, None).0, 200, "{words}");
        assert!(still_open(half) <= 4 && served.runs(), "{words}");
    }
}

#[test]
fn names_stay_in_their_folder_at_every_door() {
    let around = folder();
    let data = around.path().join("a/b/data");
    let rule = "1 to 100 letters, digits";
    let long = "n".repeat(101);
    for name in ["../../x", "..", ".x", "a/b", "/x", "ü", "~", long.as_str()] {
        for words in
            ["rankings", "status", "scan --source sim:5,stocks=2,days=280", "demo --days 1"]
        {
            run(&data, &format!("{words} --run {name}")).refused(&[name, "(flag)", rule]);
        }
        run(&data, &format!("runs remove {name} --yes")).refused(&[name, rule]);
        run(&data, &format!("run scorer --name {name}")).refused(&["instance", name, rule]);
        let mut by_environment = tests::cli::command(&data, "runs");
        by_environment.env("BUTTERQUANT_RUN", name);
        finish(by_environment).refused(&["environment BUTTERQUANT_RUN", name, rule]);
    }
    assert!(std::fs::read_dir(around.path()).unwrap().next().is_none(), "nothing was made");
}
