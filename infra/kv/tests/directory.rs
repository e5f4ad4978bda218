//! The directory's promises: order, whole batches, one owner, and errors that help.

use kv::{Batch, Db, KvError, owner};

#[test]
fn values_come_back_in_key_order_and_survive_reopening() {
    let dir = tempfile::tempdir().unwrap();
    {
        let db = Db::open(dir.path()).unwrap();
        let tree = db.tree("t").unwrap();
        for key in ["b/2", "a/1", "b/1", "c"] {
            tree.insert(key, key.to_uppercase()).unwrap();
        }
        db.flush().unwrap();
        assert_eq!(db.trees(), ["t"]);
    }
    let db = Db::open(dir.path()).unwrap();
    let tree = db.tree("t").unwrap();
    let keys: Vec<_> = tree.scan_prefix("b/").map(|e| e.unwrap().0.to_vec()).collect();
    assert_eq!(keys, [b"b/1".to_vec(), b"b/2".to_vec()]);
    assert_eq!(tree.range("a".."c").count(), 3);
    assert_eq!(tree.range("a".."c").next_back().unwrap().unwrap().0.to_vec(), b"b/2");
    assert_eq!(tree.last().unwrap().unwrap().1.to_vec(), b"C");
    assert!(tree.remove("c").unwrap());
    assert!(!tree.remove("c").unwrap());
    assert!(tree.get("c").unwrap().is_none());
}

#[test]
fn a_batch_is_applied_with_values_of_megabytes() {
    let dir = tempfile::tempdir().unwrap();
    let big = vec![7u8; 5 << 20];
    {
        let db = Db::open(dir.path()).unwrap();
        let tree = db.tree("state").unwrap();
        tree.insert("old", "x").unwrap();
        let mut batch = Batch::new();
        batch.insert("big", &big);
        batch.insert("small", "y");
        batch.remove("old");
        tree.apply(batch).unwrap();
        db.flush().unwrap();
        assert!(db.size_on_disk().unwrap() >= 5 << 20);
    }
    let tree = Db::open(dir.path()).unwrap().tree("state").unwrap();
    assert_eq!(tree.get("big").unwrap().unwrap().to_vec(), big);
    assert_eq!(tree.get("small").unwrap().unwrap().to_vec(), b"y");
    assert!(tree.get("old").unwrap().is_none());
}

#[test]
fn a_second_opening_names_the_owner() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(dir.path()).unwrap();
    db.announce("http://127.0.0.1:8080").unwrap();
    let Err(error) = Db::open(dir.path()) else { panic!("opened twice") };
    assert!(
        matches!(&error, KvError::Locked { owner: Some(o), .. } if o.pid == std::process::id())
    );
    let said = error.to_string();
    assert!(said.contains("process") && said.contains("http://127.0.0.1:8080"), "{said}");
    let copy = tempfile::tempdir().unwrap();
    for name in ["owner", "db"] {
        std::fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
    }
    assert_eq!(owner(copy.path()), None, "nobody has the copy open");
    drop(db);
    Db::open(dir.path()).unwrap();
    assert_eq!(owner(dir.path()).unwrap().endpoint, None, "a new owner has said nothing yet");
}

#[test]
fn a_file_in_the_way_is_unwritable_and_says_where() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("taken");
    std::fs::write(&path, "not a directory").unwrap();
    let Err(error) = Db::open(&path) else { panic!("opened a file") };
    assert!(matches!(error, KvError::Unwritable { .. }), "{error:?}");
    assert!(error.to_string().contains("taken"), "{error}");
}

#[test]
fn a_damaged_directory_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    {
        let db = Db::open(dir.path()).unwrap();
        let tree = db.tree("t").unwrap();
        for i in 0..2_000u32 {
            tree.insert(i.to_be_bytes(), [1u8; 300]).unwrap();
        }
        db.flush().unwrap();
    }
    std::fs::write(dir.path().join("conf"), b"these are not the bytes sled wrote").unwrap();
    let Err(error) = Db::open(dir.path()) else { panic!("opened damaged bytes") };
    assert!(matches!(error, KvError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains(&dir.path().display().to_string()), "{error}");
}

/// Found by the chaos test, which fills the disk.
#[test]
fn an_unfinished_snapshot_left_by_a_full_disk_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    {
        let db = Db::open(dir.path()).unwrap();
        db.tree("t").unwrap().insert("key", "value").unwrap();
        db.flush().unwrap();
    }
    let unfinished = dir.path().join("snap.00000000FFFFFFFF.generating");
    std::fs::write(&unfinished, b"").unwrap();
    let db = Db::open(dir.path()).unwrap();
    assert_eq!(db.tree("t").unwrap().get("key").unwrap().unwrap().to_vec(), b"value");
    assert!(!unfinished.exists());
}
