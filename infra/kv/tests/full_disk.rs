//! A full disk: a clear error, an end without a hang, and nothing lost once there is space again.
//! Needs the right to mount a small disk in memory; without it the test is skipped and says so.
#![allow(clippy::unwrap_used)] // helpers of a test

use kv::{Db, KvError};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

fn mounted(at: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(at);
    mount.output().is_ok_and(|done| done.status.success())
}

/// Takes all the space there is.
fn fill(file: &Path) {
    let mut file = fs::File::create(file).unwrap();
    let mut block = vec![0; 1 << 20];
    while !block.is_empty() {
        if file.write_all(&block).is_err() {
            block.truncate(block.len() / 2);
        }
    }
}

/// Writes until it fails; gives the error and how many writes were flushed.
fn write_until_full(at: &Path) -> (KvError, u64) {
    let db = Db::open(at.join("db")).unwrap();
    let tree = db.tree("t").unwrap();
    let mut flushed = 0_u64;
    fill(&at.join("ballast"));
    loop {
        let value = vec![flushed as u8; 20_000];
        let written = tree.insert(flushed.to_be_bytes(), &value).and_then(|()| db.flush());
        match written {
            Ok(()) => flushed += 1,
            Err(error) => return (error, flushed),
        }
    }
}

#[test]
fn given_a_full_disk_then_it_says_so_ends_at_once_and_keeps_what_was_flushed() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("disk");
        fs::create_dir(&at).unwrap();
        if !mounted(&at) {
            eprintln!("skipped: nothing may be mounted here");
            return;
        }
        let (done, ended) = mpsc::sync_channel(1);
        let within = at.clone();
        std::thread::spawn(move || done.send(write_until_full(&within)));
        // The store is dropped before the channel is written to.
        let (error, flushed) = ended.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(error, KvError::Full { .. }), "{error}");
        assert!(error.to_string().contains("no space is left"), "{error}");

        fs::remove_file(at.join("ballast")).unwrap();
        // The failed store is kept until the process ends; another process would open a copy of
        // its files.
        let copy = at.join("copy");
        fs::create_dir(&copy).unwrap();
        for name in ["conf", "db"] {
            fs::copy(at.join("db").join(name), copy.join(name)).unwrap();
        }
        let reopened = Db::open(&copy).unwrap().tree("t").unwrap();
        for number in 0..flushed {
            let value = reopened.get(number.to_be_bytes()).unwrap().unwrap();
            assert!(value.iter().all(|byte| *byte == number as u8), "write {number}");
        }
        drop(reopened);
        Command::new("umount").arg("-l").arg(&at).status().unwrap();
    }
}
