//! What happens to the files behind the store's back: it opens whole, or says what is wrong, and it never
//! hangs, panics or shows less than was flushed.
#![allow(clippy::unwrap_used)] // helpers of tests

use kv::{Batch, Db, KvError, Repair, Tree};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

/// Writes `batches` of values that overwrite each other; each batch is flushed.
fn write(tree: &Tree, db: &Db, batches: std::ops::Range<u32>) {
    for batch in batches {
        let mut changes = Batch::new();
        for key in 0..40u32 {
            changes.insert((batch * 7 + key).to_be_bytes(), vec![(batch % 251) as u8; 700]);
        }
        changes.remove((batch * 3).to_be_bytes());
        changes.insert("last", batch.to_be_bytes());
        tree.apply(changes).unwrap();
        db.flush().unwrap();
    }
}

fn contents(tree: &Tree) -> Result<Contents, KvError> {
    tree.scan_prefix([]).map(|entry| entry.map(|(k, v)| (k.to_vec(), v.to_vec()))).collect()
}

fn read(folder: &Path) -> Result<Contents, KvError> {
    contents(&Db::open(folder)?.tree("t")?)
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A store with a snapshot, and more written after it.
fn store(at: &Path) -> Contents {
    for batches in [0..60, 60..90] {
        let db = Db::open(at).unwrap();
        write(&db.tree("t").unwrap(), &db, batches);
    }
    let copy = at.with_extension("read");
    copy_dir(at, &copy);
    let contents = read(&copy).unwrap();
    assert!(contents.len() > 100);
    contents
}

fn snapshot(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("snap.");
    names.filter(is).max().unwrap()
}

fn kept(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with("aside-")).count()
}

#[test]
fn a_snapshot_that_is_torn_empty_flipped_unfinished_or_foreign_is_moved_aside_and_nothing_is_lost()
{
    let folder = tempfile::tempdir().unwrap();
    let (base, other) = (folder.path().join("base"), folder.path().join("other"));
    let whole = store(&base);
    {
        let db = Db::open(&other).unwrap();
        write(&db.tree("foreign").unwrap(), &db, 0..200);
    }
    drop(Db::open(&other).unwrap());
    let foreign = fs::read(snapshot(&other)).unwrap();
    type Wound<'a> = (&'a str, Box<dyn Fn(&Path)>);
    let own = |at: &Path| fs::read(snapshot(at)).unwrap();
    let wounds: [Wound<'_>; 7] = [
        ("empty", Box::new(|at| fs::write(snapshot(at), b"").unwrap())),
        ("torn", Box::new(move |at| fs::write(snapshot(at), &own(at)[..100]).unwrap())),
        (
            "cut by a byte",
            Box::new(move |at| {
                let bytes = own(at);
                fs::write(snapshot(at), &bytes[..bytes.len() - 1]).unwrap();
            }),
        ),
        (
            "flipped",
            Box::new(move |at| {
                let mut bytes = own(at);
                bytes[20] ^= 1;
                fs::write(snapshot(at), bytes).unwrap();
            }),
        ),
        (
            "unfinished",
            Box::new(|at| {
                fs::write(at.join("snap.00000000FFFFFFFF.generating"), b"x").unwrap();
            }),
        ),
        (
            "foreign in its place",
            Box::new({
                let foreign = foreign.clone();
                move |at| fs::write(snapshot(at), &foreign).unwrap()
            }),
        ),
        (
            "foreign beside it",
            Box::new(move |at| {
                fs::write(at.join("snap.00000000FFFFFFFF"), &foreign).unwrap();
            }),
        ),
    ];
    for (name, wound) in wounds {
        let copy = folder.path().join("copy");
        copy_dir(&base, &copy);
        wound(&copy);
        assert_eq!(read(&copy).unwrap(), whole, "{name}");
        assert_eq!(kept(&copy), 1, "{name}");
        // And again, with what the opening has left.
        assert_eq!(read(&copy).unwrap(), whole, "{name}");
        fs::remove_dir_all(&copy).unwrap();
    }
}

#[test]
fn a_byte_flipped_or_an_end_cut_anywhere_is_an_error_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base");
    let whole = store(&base);
    let opened = base.with_extension("read"); // its snapshot covers all of it
    let (mut harmless, mut found) = (0, 0);
    for from in [&base, &opened] {
        let length = fs::metadata(from.join("db")).unwrap().len() as usize;
        let flips = (1..40).map(|part| (length / 40 * part + part, None));
        let cuts = [1, 300, length / 1000, 5_000, 70_000, 300_000, length / 2, length - 1, length];
        for (at, cut) in flips.chain(cuts.map(|cut| (0, Some(cut)))) {
            let copy = folder.path().join("copy");
            copy_dir(from, &copy);
            let mut bytes = fs::read(copy.join("db")).unwrap();
            match cut {
                Some(cut) => bytes.truncate(length - cut),
                None => bytes[at] ^= 0x10,
            }
            fs::write(copy.join("db"), bytes).unwrap();
            match read(&copy) {
                Ok(contents) => {
                    assert!(contents == whole, "flip at {at}, cut {cut:?}: less is shown");
                    harmless += 1;
                }
                Err(error) => {
                    assert!(matches!(error, KvError::Damaged { .. }), "{at} {cut:?}: {error}");
                    assert!(error.to_string().contains("doctor"), "{error}");
                    found += 1;
                }
            }
            fs::remove_dir_all(&copy).unwrap();
        }
    }
    assert!(harmless > 0 && found > 20, "{harmless} harmless, {found} found");
}

#[test]
fn a_store_from_before_there_were_seals_is_read_and_sealed_by_its_first_write() {
    let folder = tempfile::tempdir().unwrap();
    {
        let db = Db::open(folder.path()).unwrap();
        let plain = db.plain_tree("t").unwrap();
        for key in 0..50u8 {
            plain.insert([key], [key; 30]).unwrap();
        }
        db.flush().unwrap();
    }
    {
        let db = Db::open(folder.path()).unwrap();
        let tree = db.tree("t").unwrap();
        assert_eq!(contents(&tree).unwrap().len(), 50);
        tree.insert([50], "new").unwrap();
        db.flush().unwrap();
        // Behind the seal's back, as a hole in sled's file would be.
        db.plain_tree("t").unwrap().remove([7]).unwrap();
        db.flush().unwrap();
    }
    let error = read(folder.path()).unwrap_err();
    assert!(error.to_string().contains("t lacks some of its entries"), "{error}");
}

#[test]
fn a_tree_that_is_cleared_or_dropped_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(folder.path()).unwrap();
    let tree = db.tree("t").unwrap();
    write(&tree, &db, 0..5);
    tree.clear().unwrap();
    db.flush().unwrap();
    drop((tree, db));
    assert!(read(folder.path()).unwrap().is_empty());
    let db = Db::open(folder.path()).unwrap();
    write(&db.tree("t").unwrap(), &db, 0..5);
    assert!(db.drop_tree("t").unwrap());
    db.flush().unwrap();
    drop(db);
    assert_eq!(Db::open(folder.path()).unwrap().trees(), Vec::<String>::new());
}

#[test]
fn a_directory_that_cannot_be_written_is_read_from_a_copy_that_takes_no_writes() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base");
    let whole = store(&base);
    // Not even the superuser writes to a directory of that name.
    fs::remove_file(base.join("conf")).unwrap();
    fs::create_dir(base.join("conf")).unwrap();
    assert!(Db::open(&base).is_err());
    fs::remove_dir(base.join("conf")).unwrap();
    fs::copy(base.with_extension("read").join("conf"), base.join("conf")).unwrap();
    let files = || fs::read_dir(&base).unwrap().count();
    let before = files();
    let db = Db::copy_to_read(&base).unwrap();
    let tree = db.tree("t").unwrap();
    assert_eq!((contents(&tree).unwrap(), files()), (whole, before));
    let error = tree.insert("key", "value").unwrap_err();
    assert!(matches!(error, KvError::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains(&base.display().to_string()), "{error}");
}

#[test]
fn a_second_try_without_snapshots_keeps_the_directory_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base");
    let whole = store(&base);
    let before = fs::read(base.join("db")).unwrap();
    let repair = Repair::without_snapshots(&base).unwrap();
    assert_eq!(contents(&repair.db().unwrap().tree("t").unwrap()).unwrap(), whole);
    let kept = repair.keep().unwrap();
    assert_eq!(fs::read(kept.join("db")).unwrap(), before);
    assert_eq!(read(&base).unwrap(), whole);
}

/// sled alone takes some of these files for empty: the segment it begins with was freed.
#[test]
fn without_its_snapshots_a_store_comes_back_whole_whatever_was_freed() {
    let folder = tempfile::tempdir().unwrap();
    let (base, copy) = (folder.path().join("base"), folder.path().join("copy"));
    for round in 0..60u32 {
        let whole = {
            let db = Db::open(&base).unwrap();
            let tree = db.tree("t").unwrap();
            for number in 0..1 + round % 7 {
                let mut batch = Batch::new();
                for key in 0..60u32 {
                    batch.insert(key.to_be_bytes(), vec![(round + number) as u8; 1_500]);
                }
                tree.apply(batch).unwrap();
                db.flush().unwrap();
            }
            contents(&tree).unwrap()
        };
        copy_dir(&base, &copy);
        for entry in fs::read_dir(&copy).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with("snap.") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        assert!(read(&copy).unwrap() == whole, "round {round}");
        fs::remove_dir_all(&copy).unwrap();
    }
}
