//! The layout as DESIGN.md has it: each room depends on floors below its own, heavy packages are
//! named by one crate each, every file says why it exists, none is too long, no two files name each
//! other, and no verb names another one.

#![allow(clippy::unwrap_used)]

#[path = "floors/arrows.rs"]
mod arrows;

use arrows::Arrows;

use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The rooms and their floors.
const FLOORS: [(&str, u32); 19] = [
    ("schemas", 0),
    ("statistics", 0),
    ("quant", 1),
    ("success", 1),
    ("kv", 1),
    ("web", 1),
    ("telemetry", 1),
    ("eventlog", 2),
    ("store", 2),
    ("consumers", 2),
    ("producers", 2),
    ("shell", 3),
    ("venues", 3),
    ("run", 4),
    ("api", 5),
    ("report", 5),
    ("server", 6),
    ("butterquant", 7),
    ("tests", 8),
];

/// Packages and the one room that names each; also their family (`arrow-array`).
const OWNERS: [(&str, &str); 7] = [
    ("apache-avro", "schemas"),
    ("arrow", "store"),
    ("candle", "success"),
    ("ort", "success"),
    ("parquet", "store"),
    ("rdkafka", "eventlog"),
    ("sled", "kv"),
];

/// Files through which a circle still runs.
const IN_CIRCLES: [&str; 18] = [
    "schemas/src/event.rs",
    "models/quant/src/climb.rs",
    "models/success/src/lib.rs",
    "infra/kv/src/db.rs",
    "infra/log/src/conformance/mod.rs",
    "infra/log/src/kafka/mod.rs",
    "infra/log/src/local/engine.rs",
    "infra/log/src/remote/mod.rs",
    "infra/store/src/figures/mod.rs",
    "producers/src/history/mod.rs",
    "producers/src/simulated/mod.rs",
    "consumers/src/broker/mod.rs",
    "consumers/src/retrainer/mod.rs",
    "consumers/src/retrainer/rows.rs",
    "infra/shell/src/unit.rs",
    "infra/butterquant/src/config.rs",
    "infra/butterquant/src/prepare.rs",
    "infra/butterquant/src/verbs/mod.rs",
];

/// Verbs that still name another one: the file and the file it names, below `verbs/`.
const TIED_VERBS: [(&str, &str); 19] = [
    ("analyze.rs", "loops.rs"),
    ("bench.rs", "loops.rs"),
    ("bench/pipeline/scale.rs", "live.rs"),
    ("history.rs", "loops.rs"),
    ("live.rs", "loops.rs"),
    ("model/bench.rs", "bench/machine.rs"),
    ("model/bench.rs", "bench/pipeline/stage.rs"),
    ("model/bench.rs", "model/onlog.rs"),
    ("model/bench/measure.rs", "bench/pipeline/stage.rs"),
    ("model/diff.rs", "model/explain.rs"),
    ("model/diff.rs", "model/onlog.rs"),
    ("model/explain.rs", "model/onlog.rs"),
    ("model/steer.rs", "control.rs"),
    ("model/steer.rs", "model/onlog.rs"),
    ("model/verify.rs", "model/onlog.rs"),
    ("model/which.rs", "model/onlog.rs"),
    ("scan.rs", "loops.rs"),
    ("topics.rs", "consume.rs"),
    ("topics.rs", "describe.rs"),
];

/// Lines of a source file at most; tests may be longer.
const LONGEST: usize = 400;

fn floor(room: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

fn owner(package: &str) -> Option<&'static str> {
    let family = |name: &str| {
        package.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    OWNERS.iter().find(|(name, _)| family(name)).map(|(_, owner)| *owner)
}

fn manifest(folder: &Path) -> Table {
    let path = folder.join("Cargo.toml");
    fs::read_to_string(&path)
        .unwrap()
        .parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn table<'a>(of: &'a Table, path: &[&str]) -> Option<&'a Table> {
    path.iter().try_fold(of, |table, name| table.get(*name)?.as_table())
}

/// The packages that a manifest depends on, in whatever section and under whatever alias.
fn packages(manifest: &Table, workspace: &Table) -> Vec<String> {
    let none = Table::new();
    let shared = table(workspace, &["workspace", "dependencies"]).unwrap_or(&none);
    let targets =
        table(manifest, &["target"]).unwrap_or(&none).values().filter_map(Value::as_table);
    let sections = [manifest].into_iter().chain(targets).flat_map(|part| {
        ["dependencies", "dev-dependencies", "build-dependencies"].map(|name| table(part, &[name]))
    });
    let renamed = |of: &Value| Some(of.get("package")?.as_str()?.to_owned());
    let dependencies = sections.flatten().flatten();
    let name = |(alias, value): (&String, &Value)| {
        renamed(value).or_else(|| renamed(shared.get(alias)?)).unwrap_or_else(|| alias.clone())
    };
    dependencies.map(name).collect()
}

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

/// What is wrong with the workspace at `root`, each a sentence.
fn complaints(root: &Path) -> Vec<String> {
    let workspace = manifest(root);
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let mut found = Vec::new();
    for member in members.iter().map(|member| root.join(member.as_str().unwrap())) {
        let manifest = manifest(&member);
        let room = manifest["package"]["name"].as_str().unwrap();
        let Some(own) = floor(room) else {
            found.push(format!("{room} has no floor: add it to the table here and in DESIGN.md"));
            continue;
        };
        for package in packages(&manifest, &workspace) {
            if floor(&package).is_some_and(|other| other >= own) {
                found.push(format!("{room} depends on {package}, which is on no floor below it"));
            }
            if let Some(owner) = owner(&package).filter(|owner| *owner != room) {
                found.push(format!("{room} names {package}, which only {owner} may name"));
            }
        }
        let mut files = Vec::new();
        sources(&member, &mut files);
        files.sort();
        found.extend(files.iter().flat_map(|file| of_file(root, file)));
        found.extend(of_arrows(root, &Arrows::of(&member.join("src"))));
    }
    found
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

/// Circles between files, and verbs that name each other.
fn of_arrows(root: &Path, arrows: &Arrows) -> Vec<String> {
    let shown = |file: &Path| file.strip_prefix(root).unwrap().display().to_string();
    let mut found = Vec::new();
    for circle in arrows.circles() {
        let files: Vec<String> = circle.into_iter().map(shown).collect();
        if !files.iter().any(|file| IN_CIRCLES.contains(&file.as_str())) {
            found.push(format!("a circle of files: {}", files.join(", ")));
        }
    }
    let verb = |file: &Path| shown(file).rsplit_once("verbs/").map(|(_, verb)| verb.to_owned());
    for (file, other) in arrows.pairs().into_iter().filter(|(file, other)| tied_verbs(file, other))
    {
        let (from, to) = (verb(file).unwrap_or_default(), verb(other).unwrap_or_default());
        if !TIED_VERBS.contains(&(&from, &to)) {
            found.push(format!("the verb {from} names the verb {to}"));
        }
    }
    found
}

/// Whether `file` and `other` are two verbs: neither is a part of the other, nor are both parts of
/// one (`analyze.rs` has its parts in `analyze/`; a `mod.rs` lists verbs).
fn tied_verbs(file: &Path, other: &Path) -> bool {
    let folder = |file: &Path| match file.file_stem() {
        Some(stem) if stem == "mod" => file.parent().unwrap().to_owned(),
        _ => file.with_extension(""),
    };
    let (one, two) = (folder(file), folder(other));
    let both = [&one, &two].into_iter().all(|verb| verb.iter().any(|part| part == "verbs"));
    let part = one.starts_with(&two) || two.starts_with(&one);
    let whole = |verb: &Path| verb.with_extension("rs").is_file() && two.starts_with(verb);
    both && !part && !one.ancestors().any(whole)
}

#[test]
fn a_verb_names_its_own_parts_and_no_other_verb() {
    let root = tempfile::tempdir().unwrap();
    let file = |path: &str| {
        let file = root.path().join("verbs").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        file
    };
    let (list, analyze, scan) = (file("mod.rs"), file("analyze.rs"), file("scan.rs"));
    let (tables, prices) = (file("analyze/tables.rs"), file("analyze/prices.rs"));
    let (models, show, diff) = (file("model/mod.rs"), file("model/show.rs"), file("model/diff.rs"));
    for (one, two) in [(&list, &scan), (&analyze, &tables), (&tables, &prices), (&models, &show)] {
        assert!(!tied_verbs(one, two), "{one:?} {two:?}");
    }
    for (one, two) in [(&scan, &analyze), (&scan, &tables), (&tables, &scan), (&show, &diff)] {
        assert!(tied_verbs(one, two), "{one:?} {two:?}");
    }
}

#[test]
fn the_workspace_is_as_designed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let members = manifest(&root)["workspace"]["members"].as_array().unwrap().len();
    assert_eq!(members, FLOORS.len(), "every room is in the table and in the workspace");
    let found = complaints(&root);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
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

    let found = complaints(root.path());
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
