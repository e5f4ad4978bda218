//! `infra/deploy/kafka/kafka start` on a busy machine and with much to load, tried with a stand-in
//! for Java: the script must neither give up a healthy broker nor leave a hopeless one running.
#![allow(clippy::unwrap_used)] // a test

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Formats storage at once; as a broker it does what the shell words in `BROKER` say, and stays.
const JAVA: &str = "#!/bin/sh
case \"$*\" in *StorageTool*) exit 0 ;; esac
eval \"$BROKER\"
sleep 30
";

/// The script with a stand-in broker; the node's folder is `dir/node-1`.
struct Script {
    folder: tempfile::TempDir,
}

impl Script {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [("bin/java", JAVA), ("libs/kafka_stand-in.jar", "")] {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, text).unwrap();
            assert!(Command::new("chmod").arg("+x").arg(&file).status().unwrap().success());
        }
        Self { folder }
    }

    fn run(&self, words: &[&str], set: &[(&str, &str)]) -> Output {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/deploy/kafka/kafka");
        let path = std::env::var("PATH").unwrap();
        let own = self.folder.path();
        let mut command = Command::new(file);
        command.args(words).arg("--dir").arg(own.join("dir")).stdin(Stdio::null());
        command.env("PATH", format!("{}:{path}", own.join("bin").display()));
        command.env("KAFKA_LIBS", own.join("libs")).envs(set.iter().copied());
        command.output().unwrap()
    }

    /// Starts a broker that behaves as the shell words `broker` say, and gives up after two silent
    /// seconds.
    fn start(&self, broker: &str, set: &[(&str, &str)]) -> Output {
        let port = free_port();
        let words = ["start", "--port", &port.to_string()];
        let patience = [("BROKER", broker), ("KAFKA_PATIENCE", "2")];
        self.run(&words, &[&patience, set].concat())
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.run(&["stop", "--now"], &[]);
    }
}

/// A port that is free together with the five above it, which the script looks at too.
fn free_port() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).ok();
    let own = 20_000 + (std::process::id() % 300) as u16 * 10;
    let mut bases = (own..23_990).step_by(10);
    bases.find(|base| (*base..base + 6).all(|port| free(port).is_some())).unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_broker_whose_process_is_slow_to_begin_is_waited_for() {
    let script = Script::new();
    // Until it runs Java, the new process is a copy of the script's shell, as after a slow `fork`.
    let slow = script.folder.path().join("slow.sh");
    std::fs::write(&slow, "nohup() { sleep 0.7; exec nohup \"$@\"; }").unwrap();
    let started =
        script.start("echo Kafka Server started", &[("BASH_ENV", &slow.display().to_string())]);
    assert!(started.status.success(), "{}", errors(&started));
    assert!(script.run(&["status"], &[]).status.success());
}

#[test]
fn a_broker_that_logs_on_after_its_start_has_started() {
    let script = Script::new();
    // More than a pipe holds.
    let lines = "echo Kafka Server started; seq 1 100000";
    let started = script.start(lines, &[]);
    assert!(started.status.success(), "{}", errors(&started));
}

#[test]
fn a_broker_is_waited_for_as_long_as_it_logs_and_no_longer() {
    let busy = Script::new();
    let lines =
        "for n in 1 2 3 4 5 6 7; do echo loading $n; sleep 0.5; done; echo Kafka Server started";
    let started = busy.start(lines, &[]);
    assert!(started.status.success(), "{}", errors(&started));

    let silent = Script::new();
    let given_up = silent.start("echo loading", &[]);
    assert_eq!(given_up.status.code(), Some(2));
    assert!(errors(&given_up).contains("has logged nothing for 2 s"), "{}", errors(&given_up));
    let status = silent.run(&["status"], &[]);
    assert_eq!(status.status.code(), Some(1), "nothing is left running");

    let ended = Script::new();
    let ended = ended.start("echo a cause; exit 3", &[]);
    assert_eq!(ended.status.code(), Some(2));
    let said = errors(&ended);
    assert!(said.contains("a cause") && said.contains("ended at once"), "{said}");
}
