//! The rooms: their floors, the packages that only one of them names, and what their manifests say.

use super::sources;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The rooms and their floors.
pub(super) const FLOORS: [(&str, u32); 19] = [
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

/// Packages and the room that names each; also their family (`arrow-array`). Two rooms name `parquet`: the store writes
/// and reads rows, and producers read price files of that format (`parquet:DIR`), row by row and without Arrow.
const OWNERS: [(&str, &[&str]); 9] = [
    ("apache-avro", &["schemas"]),
    ("arrow", &["store"]),
    ("candle", &["success"]),
    ("opentelemetry", &["telemetry", "tests"]),
    ("opentelemetry_sdk", &["telemetry"]),
    ("ort", &["success"]),
    ("parquet", &["store", "producers"]),
    ("rdkafka", &["eventlog"]),
    ("sled", &["kv"]),
];

fn floor(room: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

fn owners(package: &str) -> Option<&'static [&'static str]> {
    let family = |name: &str| {
        package.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    OWNERS.iter().find(|(name, _)| family(name)).map(|(_, owners)| *owners)
}

pub(super) fn manifest(folder: &Path) -> Table {
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

/// A room of the workspace.
pub(super) struct Room {
    /// Its package's name.
    pub(super) name: String,
    /// Its folder, from the workspace's root.
    pub(super) folder: PathBuf,
    manifest: Table,
}

impl Room {
    /// Every `.rs` file, ascending.
    pub(super) fn files(&self, root: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        sources(&root.join(&self.folder), &mut files);
        files.sort();
        files
    }
}

/// The rooms of the workspace at `root`.
pub(super) fn rooms(root: &Path) -> Vec<Room> {
    let workspace = manifest(root);
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let room = |member: &Value| {
        let folder = PathBuf::from(member.as_str().unwrap());
        let manifest = manifest(&root.join(&folder));
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        Room { name, folder, manifest }
    };
    members.iter().map(room).collect()
}

/// Dependencies on a floor that is not below, packages of other rooms, and rooms without a floor.
pub(super) fn wrong_dependencies(root: &Path) -> Vec<String> {
    let workspace = manifest(root);
    let mut found = Vec::new();
    for Room { name, manifest, .. } in rooms(root) {
        let Some(own) = floor(&name) else {
            found.push(format!(
                "{name} has no floor: add it to the table in floors/rooms.rs and in ARCHITECTURE.md"
            ));
            continue;
        };
        for package in packages(&manifest, &workspace) {
            if floor(&package).is_some_and(|other| other >= own) {
                found
                    .push(format!("{name} depends on {package}, which is not on a floor below it"));
            }
            if let Some(owners) = owners(&package).filter(|owners| !owners.contains(&name.as_str()))
            {
                let owners = owners.join(" and ");
                found.push(format!("{name} names {package}, which only {owners} may name"));
            }
        }
    }
    found
}
