//! What is kept comes back unchanged or not at all.

use super::*;
use std::fs;

const DAY: Day = Day(17_000);

fn entry(n: u8) -> (AnalysisKey, Vec<u8>) {
    ([n; 16], vec![n; 100 + usize::from(n)])
}

fn found(data: &Path, n: u8) -> Option<Vec<u8>> {
    KeptFiles::analyses(data, false).find(DAY, &entry(n).0)
}

fn path(data: &Path) -> PathBuf {
    data.join("cache/analyses").join(DAY.to_string())
}

#[test]
fn two_processes_share_what_either_keeps() {
    let data = tempfile::tempdir().unwrap();
    let (one, other) =
        (KeptFiles::analyses(data.path(), true), KeptFiles::analyses(data.path(), true));
    // Both have read the file before the other writes.
    assert_eq!((one.find(DAY, &entry(1).0), other.find(DAY, &entry(1).0)), (None, None));
    one.keep(DAY, vec![entry(1), entry(2)]);
    other.keep(DAY, vec![entry(3)]);
    assert_eq!(one.find(DAY, &entry(2).0), Some(entry(2).1), "its own at once");
    for n in 1..=3 {
        assert_eq!(found(data.path(), n), Some(entry(n).1));
    }
    assert_eq!(KeptFiles::analyses(data.path(), false).find(DAY + 1, &entry(1).0), None);
}

#[test]
fn a_flipped_bit_anywhere_loses_entries_and_changes_none() {
    let data = tempfile::tempdir().unwrap();
    KeptFiles::analyses(data.path(), true).keep(DAY, vec![entry(1), entry(2)]);
    let whole = fs::read(path(data.path())).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(path(data.path()), bytes).unwrap();
        let both = [1, 2].map(|n| found(data.path(), n).is_none_or(|kept| kept == entry(n).1));
        assert_eq!(both, [true, true], "bit {bit}");
        let lost = [1, 2].into_iter().any(|n| found(data.path(), n).is_none());
        assert!(lost, "bit {bit} belongs to nothing");
    }
}

#[test]
fn behind_an_end_that_was_cut_off_entries_are_kept_again() {
    let data = tempfile::tempdir().unwrap();
    KeptFiles::analyses(data.path(), true).keep(DAY, vec![entry(1), entry(2)]);
    let whole = fs::read(path(data.path())).unwrap();
    for end in [vec![], vec![0; 64]] {
        let cut = [&whole[..whole.len() - 1], &end[..]].concat();
        fs::write(path(data.path()), cut).unwrap();
        assert_eq!(found(data.path(), 1), Some(entry(1).1));
        KeptFiles::analyses(data.path(), true).keep(DAY, vec![entry(3)]);
        assert_eq!([1, 3].map(|n| found(data.path(), n)), [1, 3].map(|n| Some(entry(n).1)));
    }
}

#[test]
fn a_pipe_or_a_file_too_long_holds_nothing_and_is_replaced() {
    let data = tempfile::tempdir().unwrap();
    KeptFiles::analyses(data.path(), true).keep(DAY, vec![entry(1)]);
    let path = path(data.path());
    fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(found(data.path(), 1), None);
    KeptFiles::analyses(data.path(), true).keep(DAY, vec![entry(2)]);
    assert_eq!(found(data.path(), 2), Some(entry(2).1));
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(found(data.path(), 2), None);
    KeptFiles::analyses(data.path(), true).keep(DAY, vec![entry(3)]);
    assert_eq!(found(data.path(), 3), Some(entry(3).1));
}

#[test]
fn what_cannot_be_written_is_not_kept_and_what_was_deleted_is_kept_again() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("cache"), "no folder").unwrap();
    let files = KeptFiles::analyses(data.path(), true);
    files.keep(DAY, vec![entry(1)]);
    fs::remove_file(data.path().join("cache")).unwrap();
    files.keep(DAY, vec![entry(1)]);
    assert_eq!(found(data.path(), 1), None, "it has given up");

    let files = KeptFiles::analyses(data.path(), true);
    files.keep(DAY, vec![entry(1)]);
    fs::remove_dir_all(data.path().join("cache")).unwrap();
    files.keep(DAY, vec![entry(2)]);
    assert_eq!(found(data.path(), 2), Some(entry(2).1));
}

#[test]
fn the_files_written_longest_ago_make_room() {
    let data = tempfile::tempdir().unwrap();
    let files = KeptFiles::analyses(data.path(), true);
    files.state.lock().most = 4_000;
    for n in 0..30 {
        files.state.lock().unmeasured = 0;
        files.keep(DAY + i32::from(n), vec![entry(n)]);
        let file = path(data.path()).with_file_name((DAY + i32::from(n)).to_string());
        let when = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(n) + 1);
        fs::File::options().append(true).open(file).unwrap().set_modified(when).unwrap();
    }
    let left: Vec<bool> = (0..30)
        .map(|n| {
            let files = KeptFiles::analyses(data.path(), false);
            files.find(DAY + i32::from(n), &entry(n).0).is_some()
        })
        .collect();
    assert!(left.is_sorted() && !left[0] && left[15..].iter().all(|left| *left), "{left:?}");
}

#[test]
fn memory_holds_the_days_asked_for_last() {
    let data = tempfile::tempdir().unwrap();
    let files = KeptFiles::analyses(data.path(), true);
    for n in 0..40 {
        files.keep(DAY + n, vec![entry(1)]);
        assert_eq!(files.find(DAY + n, &entry(1).0), Some(entry(1).1));
    }
    assert_eq!(files.state.lock().held.len(), DAYS_HELD);
    assert_eq!(files.find(DAY, &entry(1).0), Some(entry(1).1));
}
