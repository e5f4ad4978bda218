//! The embedded log on a full disk: the first failure names it, later writes are refused until the
//! log is opened again, remote processes wait for that, and no acknowledged record is lost. Needs the
//! right to mount a small disk in memory; without it the test is skipped and says so.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // helpers of tests

#[allow(dead_code)] // of the servers there only one is used here
mod loopback;

use eventlog::{
    Batch, EmbeddedLog, ErrorClass, Log, NewRecord, Producer, RemoteLog, Server, TopicPartition,
    TopicSpec,
};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

fn mounted(at: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(at);
    mount.output().is_ok_and(|done| done.status.success())
}

/// Takes all the space there is.
fn fill(file: &Path) {
    let mut file = std::fs::File::create(file).unwrap();
    let mut block = vec![0; 1 << 20];
    while !block.is_empty() {
        if file.write_all(&block).is_err() {
            block.truncate(block.len() / 2);
        }
    }
}

fn publish(producer: &mut dyn Producer) -> eventlog::Result<Vec<u64>> {
    let to = TopicPartition::new("bars", 0);
    let value = vec![7; 10_000];
    let record = NewRecord { to, timestamp_ms: 1, key: None, value, headers: Default::default() };
    producer.publish(Batch { records: vec![record], ..Batch::default() }, None)
}

#[test]
fn given_a_full_disk_then_the_owner_must_start_again_and_others_wait() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("disk");
    std::fs::create_dir(&at).unwrap();
    if !mounted(&at) {
        eprintln!("skipped: nothing may be mounted here");
        return;
    }
    let log = Arc::new(EmbeddedLog::open(at.join("log")).unwrap());
    log.ensure_topics(&[TopicSpec::new("bars", 1)]).unwrap();
    let mut producer = log.producer("source").unwrap();
    let mut acknowledged = 0;
    while acknowledged < 20 {
        publish(&mut *producer).unwrap();
        acknowledged += 1;
    }
    fill(&at.join("ballast"));
    let first = loop {
        match publish(&mut *producer) {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(first.class, ErrorClass::Uncertain, "{first}");
    assert!(first.to_string().contains("no space is left"), "{first}");
    let then = publish(&mut *producer).unwrap_err();
    assert_eq!(then.class, ErrorClass::Closed, "{then}");
    assert!(then.to_string().contains("until it is reopened"), "{then}");

    let mut idle = log.member("labeler", "0", &["bars".to_owned()]).unwrap();
    assert_eq!(idle.poll().unwrap_err().class, ErrorClass::Closed, "who only waits hears of it");

    let server = Arc::new(Server::new(Arc::clone(&log) as Arc<dyn Log>));
    let remote = RemoteLog::connect(&loopback::serve(server, 0), None).unwrap();
    let beside = publish(&mut *remote.producer("scorer").unwrap()).unwrap_err();
    assert_eq!(beside.class, ErrorClass::Retry, "{beside}");

    std::fs::remove_file(at.join("ballast")).unwrap();
    // The owner's process would have ended; the next one opens a copy of the folder.
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(at.join("log")).unwrap().flatten() {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    let place = TopicPartition::new("bars", 0);
    let reopened = EmbeddedLog::open(&copy).unwrap();
    assert!(reopened.watermarks(&place).unwrap().high >= acknowledged);
    let read = reopened.reader().unwrap().poll(&[(place, 0)], 100_000, Duration::ZERO).unwrap();
    assert!(read[0].records.len() as u64 >= acknowledged);
    Command::new("umount").arg("-l").arg(&at).status().unwrap();
}
