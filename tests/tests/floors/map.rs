//! What ARCHITECTURE.md and README.md say of the tree: the table of rooms, and the files they name.

use super::rooms::{FLOORS, rooms};
use super::sources;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The floor of each folder in the table of rooms of a page.
fn table(page: &str) -> BTreeMap<String, u32> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let (room, floor) = (cells.next()?, cells.next()?);
        let folder = room.strip_prefix('`')?.split('`').next()?.trim_end_matches('/');
        Some((folder.to_owned(), floor.parse().ok()?))
    };
    page.lines().filter_map(row).collect()
}

/// Where the table of rooms in `page` differs from the workspace at `root`.
pub(super) fn wrong_table(root: &Path, page: &str) -> Vec<String> {
    let written = table(page);
    let floor = |name: &str| FLOORS.iter().find(|(room, _)| *room == name).map(|(_, floor)| *floor);
    let actual: BTreeMap<String, u32> = rooms(root)
        .into_iter()
        .filter_map(|room| Some((room.folder.display().to_string(), floor(&room.name)?)))
        .collect();
    let missing = actual.iter().filter(|(folder, floor)| written.get(*folder) != Some(*floor));
    let missing = missing
        .map(|(folder, floor)| format!("ARCHITECTURE.md does not list {folder} on floor {floor}"));
    let unknown = written.keys().filter(|folder| !actual.contains_key(*folder));
    let unknown = unknown.map(|folder| format!("ARCHITECTURE.md lists {folder}, which is no room"));
    missing.chain(unknown).collect()
}

/// The `.rs` files that `page` names and `root` does not have; a name may leave out its first folders.
pub(super) fn missing_files(root: &Path, page: &str) -> Vec<String> {
    let mut files = Vec::new();
    for room in rooms(root) {
        sources(&root.join(room.folder), &mut files);
    }
    let named = page.split('`').skip(1).step_by(2);
    let named = named.filter(|name| name.ends_with(".rs") && !name.contains(['<', '*', ' ']));
    let missing = named.filter(|name| !files.iter().any(|file| file.ends_with(name)));
    missing.map(|name| format!("`{name}` does not exist")).collect()
}

#[test]
fn a_page_that_names_what_is_not_there_is_complained_of() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[workspace]\nmembers = [\"infra/log\"]");
    write("infra/log/Cargo.toml", "[package]\nname = \"eventlog\"");
    write("infra/log/src/lib.rs", "//! Why.\n");
    let good = "| room | floor |\n|---|---|\n| `infra/log/` (`eventlog`) | 2 | the log |\n";
    assert!(wrong_table(root.path(), good).is_empty());
    for bad in ["", "| `infra/log` | 3 | the log |", "| `infra/log` | 2 | |\n| `attic` | 0 | |"] {
        assert_eq!(wrong_table(root.path(), bad).len(), 1, "{bad}");
    }
    let page = "See `infra/log/src/lib.rs`, `src/lib.rs`, `verbs/<noun>.rs` and `gone.rs`.";
    assert_eq!(missing_files(root.path(), page), ["`gone.rs` does not exist"]);
}
