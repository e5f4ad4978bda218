//! A live run whose broker role trades with a paper broker process: the processes, each of which a
//! test may kill, pause or replace, and (in `checks`) the invariants of the orders.
#![allow(clippy::unwrap_used)] // test code outside a test module

pub mod checks;
pub mod scenes;

use crate::cli::{command, finish, wait_for};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{File, read_to_string};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Eighteen made-up stocks; the run scans the last forty days of it.
pub const MARKET: &str = "sim:4,stocks=18,days=420,structure=on";
/// The first of these days.
pub const FROM: &str = "2016-06-20";
/// Orders go through one partition however many there are; each costs the brokers time.
pub const PARTITIONS: &str = "3";
/// All roles but the broker.
const OTHERS: &str = "run source scanner scorer labeler executor retrainer materializer";

/// Where the run's log lives.
#[derive(Clone)]
pub enum Home {
    /// In the run's folder, owned by the process of the other roles.
    Embedded,
    /// On these brokers.
    Kafka(String),
}

/// A run and its paper broker.
pub struct Site {
    folder: TempDir,
    home: Home,
    run: String,
    ports: (u16, u16),
    wait_ms: u32,
}

/// A process, killed when it is dropped.
pub struct Process {
    name: String,
    child: Child,
    errors: PathBuf,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Site {
    /// A run that waits so long for each answer of its broker.
    pub fn new(home: &Home, name: &str, wait_ms: u32) -> Site {
        let ports = (free_port(), free_port());
        // Runs that share a Kafka need distinct names.
        let run = format!("{name}-{}-{}", std::process::id(), ports.0);
        let folder = tempfile::tempdir().unwrap();
        Site { folder, home: home.clone(), run, ports, wait_ms }
    }

    /// The program, with a data folder of its own for a second broker role.
    fn command(&self, data: &str, words: &str) -> Command {
        let mut command =
            command(&self.folder.path().join(data), &format!("--run {} {words}", self.run));
        command.env("BUTTERQUANT_PARTITIONS", PARTITIONS);
        command.env("BUTTERQUANT_BROKER", format!("paper:127.0.0.1:{}", self.ports.0));
        command.env("BUTTERQUANT_BROKER_WAIT_MS", self.wait_ms.to_string());
        match &self.home {
            Home::Kafka(brokers) => {
                command.env("BUTTERQUANT_LOG", "kafka").env("BUTTERQUANT_BROKERS", brokers);
            }
            Home::Embedded if data == "main" => {
                command.env("BUTTERQUANT_LISTEN", format!("127.0.0.1:{}", self.ports.1));
            }
            Home::Embedded => {
                let owner = format!("http://127.0.0.1:{}", self.ports.1);
                command.env("BUTTERQUANT_ENDPOINT", owner);
            }
        }
        command
    }

    fn start(&self, name: &str, mut command: Command) -> Process {
        let errors = self.folder.path().join(format!("{name}.err"));
        let said = File::options().create(true).append(true).open(&errors).unwrap();
        command.stdout(Stdio::null()).stderr(said);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let process = Process { name: name.to_owned(), child, errors };
        process.says("Ctrl-C stops");
        process
    }

    /// Starts the paper broker with this misbehaviour.
    pub fn paper_broker(&self, failures: &[String]) -> Process {
        let dir = self.folder.path().join("paper");
        let listen = format!("127.0.0.1:{}", self.ports.0);
        let mut command = command(&dir, &format!("paper-broker --listen {listen}"));
        command.arg("--dir").arg(&dir);
        for failure in failures {
            command.arg("--fail").arg(failure);
        }
        let _ = std::fs::remove_file(self.folder.path().join("paper.err")); // of an earlier one
        self.start("paper", command)
    }

    /// Opens the run and closes its first day of scanning, whose orders are then due.
    pub fn open(&self) {
        let words = format!("up --source {MARKET} --from {FROM} --until {FROM} -o json");
        finish(self.command("main", &words)).json();
        self.copy("main/runs", "state", "opened", "state");
    }

    /// Copies a folder of the run.
    fn copy(&self, from: &str, name: &str, to: &str, new: &str) {
        let to = self.folder.path().join(to).join(&self.run);
        std::fs::create_dir_all(&to).unwrap();
        let from = self.folder.path().join(from).join(&self.run).join(name);
        let status = Command::new("cp").arg("-r").arg(from).arg(to.join(new)).status().unwrap();
        assert!(status.success());
    }

    /// Starts all roles but the broker, over the owned log.
    pub fn others(&self) -> Process {
        self.start("others", self.command("main", &format!("{OTHERS} --source {MARKET}")))
    }

    /// Starts a broker role with a data folder of its own; it goes on from the state at the opening, so
    /// that it need not read everything again.
    pub fn broker_role(&self, name: &str) -> Process {
        if !self.folder.path().join(name).exists() {
            self.copy("opened", "state", &format!("{name}/runs"), &format!("state-{name}"));
        }
        let _ = std::fs::remove_file(self.folder.path().join(format!("{name}.err")));
        self.start(name, self.command(name, &format!("run broker --name {name}")))
    }

    /// Runs the whole program to the market's last day.
    pub fn up(&self) -> Command {
        let market = producers::source::open(MARKET, None, schemas::TradingCalendar::None).unwrap();
        let last = market.days().last().unwrap();
        self.command("main", &format!("up --source {MARKET} --from {FROM} --until {last} -o json"))
    }

    /// Runs the rest undisturbed; returns the digest of every topic.
    pub fn finish(&self) -> BTreeMap<String, String> {
        let account = finish(self.up()).json();
        let topics = account["topics"].as_object().unwrap().iter();
        topics
            .map(|(name, topic)| (name.clone(), topic["sha256"].as_str().unwrap().to_owned()))
            .collect()
    }

    /// Runs a verb that prints one JSON document a line.
    pub fn lines(&self, words: &str) -> Vec<Value> {
        finish(self.command("main", words)).lines()
    }

    /// Runs a verb that must succeed.
    pub fn does(&self, words: &str) {
        let ran = finish(self.command("main", words));
        assert_eq!(ran.code, 0, "{words}: {ran:?}");
    }

    /// The paper broker's journal. The last line may be half written.
    pub fn journal(&self) -> Vec<Value> {
        let text = read_to_string(self.folder.path().join("paper/journal.jsonl"));
        let text = text.unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until the broker has accepted this order.
    pub fn accepted(&self, id: i64) {
        wait_for(&format!("acceptance of order {id}"), || {
            let accepted = |entry: &Value| {
                entry["happened"] == "accepted" && entry["order"]["id"].as_i64() == Some(id)
            };
            self.journal().iter().any(accepted).then_some(())
        });
    }
}

impl Process {
    /// Its standard error so far.
    pub fn said(&self) -> String {
        read_to_string(&self.errors).unwrap_or_default()
    }

    /// Waits until its standard error contains this.
    pub fn says(&self, word: &str) {
        wait_for(&format!("{word:?} from {}", self.name), || {
            self.said().contains(word).then_some(())
        });
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success(), "{} is gone: {}", self.name, self.said());
    }

    /// Kills it, as a power cut would.
    pub fn kill(mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "{} ended: {}", self.name, self.said());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().map(|status| status.code().unwrap_or(-1))
    }

    /// Pauses it.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Resumes it.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// Stops it and waits until it has ended.
    pub fn stop(mut self) {
        self.signal("-INT");
        wait_for(&format!("end of {}", self.name), || self.child.try_wait().unwrap());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill(); // it may have ended in between
            let _ = self.child.wait();
        }
    }
}
