//! The layout as ARCHITECTURE.md describes it. Each check is a test of its own:
//!
//! 1. A room depends only on rooms of floors below its own, and a heavy package is named by one room.
//! 2. Every file says why it exists, and none is too long.
//! 3. No two files of a room import each other, directly or through others.
//! 4. No verb imports another verb.
//! 5. ARCHITECTURE.md lists exactly the rooms there are, each on its floor; the files that it,
//!    README.md and the pages of docs name exist.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "floors/arrows.rs"]
mod arrows;
#[path = "floors/map.rs"]
mod map;
#[path = "floors/rooms.rs"]
mod rooms;

use arrows::Arrows;
use rooms::{FLOORS, Room, rooms, wrong_dependencies};

use std::fs;
use std::path::{Path, PathBuf};

/// Files through which a circle still runs, one for each circle; an entry without a circle is an error.
const IN_CIRCLES: &[&str] = &[];

/// Lines of a source file at most; tests may be longer.
const LONGEST: usize = 400;

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Files without their reason, and files that are too long.
fn wrong_files(root: &Path) -> Vec<String> {
    let files = rooms(root).into_iter().flat_map(|room| room.files(root));
    files.flat_map(|file| of_file(root, &file)).collect()
}

fn of_file(root: &Path, file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let name = file.strip_prefix(root).unwrap();
    let shown = name.display();
    let mut found = Vec::new();
    if !text.lines().take(3).any(|line| line.starts_with("//! ")) {
        found.push(format!("{shown} does not say why it exists (`//!` in its first lines)"));
    }
    let of_tests = name.with_extension("").iter().any(|part| part == "tests");
    let lines = text.lines().count();
    if !of_tests && lines > LONGEST {
        found.push(format!("{shown} has {lines} lines, more than {LONGEST}"));
    }
    found
}

fn arrows(root: &Path, room: &Room) -> Arrows {
    Arrows::of(&root.join(&room.folder).join("src"))
}

fn shown(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap().display().to_string()
}

/// Circles between files that `allowed` does not name, and names in `allowed` without a circle.
fn circles(root: &Path, allowed: &[&str]) -> Vec<String> {
    let rooms = rooms(root);
    let arrows: Vec<Arrows> = rooms.iter().map(|room| arrows(root, room)).collect();
    let circles: Vec<Vec<String>> = arrows
        .iter()
        .flat_map(Arrows::circles)
        .map(|circle| circle.into_iter().map(|file| shown(root, file)).collect())
        .collect();
    let known = |circle: &[String]| circle.iter().any(|file| allowed.contains(&file.as_str()));
    let new = circles.iter().filter(|circle| !known(circle));
    let new = new.map(|circle| format!("a circle of files: {}", circle.join(", ")));
    let gone = allowed.iter().filter(|file| !circles.iter().flatten().any(|other| other == *file));
    let gone = gone.map(|file| format!("{file} is in no circle: take it out of IN_CIRCLES"));
    new.chain(gone).collect()
}

/// Verbs that import another verb.
fn verbs_that_import_verbs(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for room in rooms(root) {
        let arrows = arrows(root, &room);
        let pairs = arrows.pairs().into_iter().filter(|(file, other)| tied_verbs(file, other));
        found.extend(pairs.map(|(file, other)| {
            format!("the verb {} imports {}", shown(root, file), shown(root, other))
        }));
    }
    found
}

/// Whether `file` and `other` are two verbs: neither is a part of the other, nor are both parts of
/// one (`analyze.rs` has its parts in `analyze/`; a `mod.rs` lists verbs), nor is `other` a file
/// without a `run` that the verbs of one noun share.
fn tied_verbs(file: &Path, other: &Path) -> bool {
    let folder = |file: &Path| match file.file_stem() {
        Some(stem) if stem == "mod" => file.parent().unwrap().to_owned(),
        _ => file.with_extension(""),
    };
    let (one, two) = (folder(file), folder(other));
    let both = [&one, &two].into_iter().all(|verb| verb.iter().any(|part| part == "verbs"));
    let part = one.starts_with(&two) || two.starts_with(&one);
    let whole = |verb: &Path| verb.with_extension("rs").is_file() && two.starts_with(verb);
    let of_noun = one.parent() == two.parent() && !two.parent().unwrap().ends_with("verbs");
    let shared = of_noun && !fs::read_to_string(other).unwrap().contains("fn run(");
    both && !part && !shared && !one.ancestors().any(whole)
}

#[test]
fn a_verb_names_its_own_parts_and_no_other_verb() {
    let root = tempfile::tempdir().unwrap();
    let file = |path: &str| {
        let file = root.path().join("verbs").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let verb = !path.ends_with("letters.rs");
        fs::write(&file, if verb { "fn run() {}" } else { "" }).unwrap();
        file
    };
    let (list, analyze, scan) = (file("mod.rs"), file("analyze.rs"), file("scan.rs"));
    let (tables, prices) = (file("analyze/tables.rs"), file("analyze/prices.rs"));
    let (models, show, diff) = (file("model/mod.rs"), file("model/show.rs"), file("model/diff.rs"));
    let (letters, loose) = (file("model/letters.rs"), file("letters.rs"));
    for (one, two) in [
        (&list, &scan),
        (&analyze, &tables),
        (&tables, &prices),
        (&models, &show),
        (&show, &letters),
    ] {
        assert!(!tied_verbs(one, two), "{one:?} {two:?}");
    }
    for (one, two) in [
        (&scan, &analyze),
        (&scan, &tables),
        (&tables, &scan),
        (&show, &diff),
        (&scan, &letters),
        (&scan, &loose),
    ] {
        assert!(tied_verbs(one, two), "{one:?} {two:?}");
    }
}

#[test]
fn a_new_circle_and_a_stale_entry_are_complained_of() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[workspace]\nmembers = [\"kv\"]");
    write("kv/Cargo.toml", "[package]\nname = \"kv\"");
    write("kv/src/lib.rs", "mod a;\nmod b;");
    write("kv/src/a.rs", "use crate::b::B;");
    write("kv/src/b.rs", "use crate::a::A;");
    let circles = |allowed: &[&str]| circles(root.path(), allowed);
    assert_eq!(circles(&[]), ["a circle of files: kv/src/a.rs, kv/src/b.rs"]);
    assert!(circles(&["kv/src/b.rs"]).is_empty());
    let stale = circles(&["kv/src/b.rs", "kv/src/lib.rs"]);
    assert_eq!(stale, ["kv/src/lib.rs is in no circle: take it out of IN_CIRCLES"]);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Fails with what was found wrong in `subject`, and otherwise prints that it was checked.
fn report(subject: &str, found: &[String]) {
    assert!(found.is_empty(), "{subject}:\n{}", found.join("\n"));
    eprintln!("checked: {subject}");
}

#[test]
fn rooms_depend_on_floors_below_and_heavy_packages_have_one_owner() {
    let rooms = rooms(&root()).len();
    assert_eq!(rooms, FLOORS.len(), "every room is in the table and in the workspace");
    report(&format!("dependencies of {rooms} rooms"), &wrong_dependencies(&root()));
}

#[test]
fn every_file_says_why_it_exists_and_is_not_too_long() {
    let files: usize = rooms(&root()).iter().map(|room| room.files(&root()).len()).sum();
    report(&format!("{files} files"), &wrong_files(&root()));
}

#[test]
fn no_files_import_each_other() {
    let subject = format!("imports in circles, {} known", IN_CIRCLES.len());
    report(&subject, &circles(&root(), IN_CIRCLES));
}

#[test]
fn no_verb_imports_another() {
    report("imports among verbs", &verbs_that_import_verbs(&root()));
}

#[test]
fn the_pages_describe_the_tree() {
    let read = |page: &str| fs::read_to_string(root().join(page)).unwrap();
    let architecture = read("ARCHITECTURE.md");
    report("ARCHITECTURE.md's table of rooms", &map::wrong_table(&root(), &architecture));
    report("files in ARCHITECTURE.md", &map::missing_files(&root(), &architecture));
    report("files in README.md", &map::missing_files(&root(), &read("README.md")));
    for page in fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()) {
        if page.extension().is_some_and(|extension| extension == "md") {
            let name = shown(&root(), &page);
            report(&format!("files in {name}"), &map::missing_files(&root(), &read(&name)));
        }
    }
}

/// Given a workspace of one room with these dependencies and one file, then this is complained of.
fn check(room: &str, dependencies: &str, file: &str, text: String, expected: &[&str]) {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: String| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let shared = "store2 = { package = \"sled\", version = \"0.34\" }";
    let workspace =
        format!("[workspace]\nmembers = [{room:?}]\n[workspace.dependencies]\n{shared}");
    write("Cargo.toml", workspace);
    write(&format!("{room}/Cargo.toml"), format!("[package]\nname = {room:?}\n{dependencies}"));
    write(&format!("{room}/src/{file}"), text);

    let mut found = wrong_dependencies(root.path());
    found.extend(wrong_files(root.path()));
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_bad_tree_is_complained_of_and_a_good_one_is_not() {
    let good = || "//! Why.\n".to_owned();
    let with = |room: &str, dependencies: &str, expected: &[&str]| {
        check(room, dependencies, "lib.rs", good(), expected);
    };
    with("store", "[dependencies]\nkv = {}\nschemas = {}\narrow = \"60\"\nparquet = \"60\"", &[]);
    with("schemas", "[dependencies]\nquant = {}", &["schemas depends on quant"]);
    with("store", "[dev-dependencies]\nconsumers = {}", &["store depends on consumers"]);
    with("shell", "[build-dependencies]\nbutterquant = {}", &["shell depends on butterquant"]);
    with("kv", "[target.'cfg(unix)'.dependencies]\ntests = {}", &["kv depends on tests"]);
    with("store", "[dependencies]\nsled = \"0.34\"", &["store names sled"]);
    with(
        "quant",
        "[dependencies]\na = { package = \"candle-nn\", version = \"1\" }",
        &["quant names candle-nn"],
    );
    with("quant", "[dependencies]\nstore2.workspace = true", &["quant names sled"]);
    with(
        "tests",
        "[dev-dependencies]\narrow-array = \"60\"\nrdkafka = \"1\"",
        &["arrow-array", "rdkafka"],
    );
    with("kv", "[dependencies]\nsled = \"0.34\"\norts = \"1\"", &[]);
    with("attic", "", &["attic has no floor"]);

    let headless = "use std::fs;\n\n\n//! Too late.\n".to_owned();
    check("kv", "", "lib.rs", headless.clone(), &["src/lib.rs does not say why"]);
    check("kv", "", "tests/made.rs", headless, &["tests/made.rs does not say why"]);
    let long = |lines: usize| format!("//! Why.\n{}", "// …\n".repeat(lines - 1));
    check("kv", "", "lib.rs", long(400), &[]);
    check("kv", "", "lib.rs", long(401), &["src/lib.rs has 401 lines"]);
    check("kv", "", "tests.rs", long(900), &[]);
    check("kv", "", "tests/made.rs", long(900), &[]);
}
