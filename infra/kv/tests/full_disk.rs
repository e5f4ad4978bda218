//! A full disk: a clear error, an end without a hang, and nothing lost once there is space again.
//! Needs the right to mount a small disk in memory; without it the test is skipped and says so.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // helpers of a test

use kv::{Db, KvError};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

fn mounted(at: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=96m", "tmpfs"]).arg(at);
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

/// An opening writes a snapshot; here the disk fills at every byte of it.
#[test]
fn given_a_disk_that_fills_in_the_middle_of_a_snapshot_then_the_next_opening_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("disk");
    fs::create_dir(&at).unwrap();
    if !mounted(&at) {
        eprintln!("skipped: nothing may be mounted here");
        return;
    }
    let store = at.join("db");
    {
        let db = Db::open(&store).unwrap();
        let tree = db.tree("t").unwrap();
        for number in 0..3_000_u32 {
            tree.insert(number.to_be_bytes(), [7; 600]).unwrap();
        }
        db.flush().unwrap();
    }
    let mut failed = 0;
    // A page of the disk in memory has 4 KiB; the snapshot has some of them.
    for pages in 0..12 {
        let copy = at.join(format!("copy-{pages}"));
        copy_dir(&store, &copy);
        fill(&at.join("ballast"));
        let ballast = fs::OpenOptions::new().write(true).open(at.join("ballast")).unwrap();
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length - pages * 4096).unwrap();
        match Db::open(&copy) {
            Ok(_) => {}
            Err(KvError::Full { .. }) => failed += 1,
            Err(other) => panic!("{pages} pages: {other}"),
        }
        drop(ballast);
        fs::remove_file(at.join("ballast")).unwrap();
        // A store that failed is kept until the process ends.
        let left = at.join(format!("left-{pages}"));
        copy_dir(&copy, &left);
        let db = Db::open(&left).unwrap();
        assert_eq!(db.tree("t").unwrap().scan_prefix([]).count(), 3_000, "{pages} pages");
        drop(db);
        [copy, left].iter().for_each(|folder| fs::remove_dir_all(folder).unwrap());
    }
    assert!(failed > 0, "the disk was full for {failed} openings");
    Command::new("umount").arg("-l").arg(&at).status().unwrap();
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
