//! Processes wait for a broker that is away for a minute: none ends, each logs what it waits for,
//! memory stays bounded, and afterwards every topic is the same as without the outage.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{File, read_to_string};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tests::cli::{command, finish};
use tests::cluster::Cluster;

const MARKET: &str = "sim:5,stocks=12,days=420,structure=on";
/// Forty days before that market's last.
const FROM: &str = "2016-06-20";
const OUTAGE: Duration = Duration::from_secs(60);
/// How far a process's peak memory may rise through an outage, in KiB: the buffers of a few clients,
/// not a growing queue.
const ROOM_KIB: u64 = 64 << 10;
/// Time for the rest of the run once the broker is back.
const PATIENCE: Duration = Duration::from_secs(180);

fn verb(data: &Path, words: &str) -> Command {
    let mut command = command(data, words);
    command.env("BUTTERQUANT_PARTITIONS", "3");
    command
}

/// The digest of every topic; none while a broker is starting.
fn digests(data: &Path, words: &str) -> Option<BTreeMap<String, String>> {
    let ran = finish(verb(data, &format!("topics list -o json {words}")));
    let topics: Value = serde_json::from_str(&ran.out).ok()?;
    let text = |one: &Value, name: &str| Some(one[name].as_str()?.to_owned());
    let pair = |one: &Value| Some((text(one, "topic")?, text(one, "sha256")?));
    topics.as_array()?.iter().map(pair).collect()
}

/// Some roles in a process of their own; killed when dropped.
struct Roles {
    child: Child,
    said: PathBuf,
}

impl Roles {
    fn start(data: &Path, name: &str, words: &str) -> Roles {
        let said = data.join(format!("{name}.err"));
        let mut command = verb(data, &format!("run --name {name} {words}"));
        command.stdout(Stdio::null()).stderr(File::create(&said).unwrap());
        Roles { child: command.spawn().unwrap(), said }
    }

    fn said(&self) -> String {
        read_to_string(&self.said).unwrap()
    }

    fn lives(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}: {}", self.said());
    }

    /// Its peak memory, in KiB.
    fn highest(&self) -> u64 {
        let status = read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn interrupt(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{}", self.said());
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// Waits until `done`; all processes must stay alive.
fn until(what: &str, roles: &mut [Roles], patience: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() {
        roles.iter_mut().for_each(Roles::lives);
        let words = || roles.iter().map(Roles::said).collect::<Vec<_>>().join("\n");
        assert!(Instant::now() < deadline, "{what}: not after {patience:?}: {}", words());
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn a_minute_without_a_broker_is_ridden_out() {
    let Some(cluster) = Cluster::start_own(1) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (calm, data) = (folder.path().join("calm"), folder.path().join("kafka"));
    let kafka = format!("--log kafka --brokers {} --run outage", cluster.brokers());

    let undisturbed = format!("up --source {MARKET} --from {FROM} --until 2099-12-31 -o json");
    finish(verb(&calm, &undisturbed)).well();
    let expected = digests(&calm, "").unwrap();
    let begin = format!("up {kafka} --source {MARKET} --from {FROM} --until {FROM} -o json");
    let begun = finish(verb(&data, &begin));
    assert_eq!(begun.code, 0, "{}", begun.err);
    let before = digests(&data, &kafka).unwrap();

    let mut roles = [
        Roles::start(&data, "a", &format!("source scanner scorer labeler {kafka}")),
        Roles::start(&data, "b", &format!("executor broker retrainer materializer {kafka}")),
    ];
    until("a scan", &mut roles, PATIENCE, || {
        digests(&data, &kafka).is_some_and(|now| now["scans"] != before["scans"])
    });
    let highest: Vec<u64> = roles.iter().map(Roles::highest).collect();
    cluster.kill(1);
    let begun = Instant::now();
    until("the outage", &mut roles, OUTAGE * 2, || begun.elapsed() > OUTAGE);
    for (roles, highest) in roles.iter().zip(&highest) {
        let said = roles.said();
        assert!(said.contains("check that the cluster runs and can be reached"), "{said}");
        let now = roles.highest();
        eprintln!("VmHWM {highest} KiB before the outage, {now} KiB in it");
        assert!(now < highest + ROOM_KIB, "{now} KiB after {highest} KiB: {said}");
    }
    cluster.restart(1);

    until("the rest", &mut roles, PATIENCE, || digests(&data, &kafka).as_ref() == Some(&expected));
    for (roles, highest) in roles.into_iter().zip(highest) {
        let now = roles.highest();
        eprintln!("VmHWM {now} KiB at the end");
        assert!(now < highest + ROOM_KIB, "{now} KiB after {highest} KiB: {}", roles.said());
        roles.interrupt();
    }
}
