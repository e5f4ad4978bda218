//! The start of all rounds and the run they are compared with: a run whose warm-up is over, and the
//! same run continued undisturbed.

use crate::book::{Book, Places, places};
use eventlog::{EmbeddedLog, Log};
use schemas::role::Role;
use shell::checkpoint::{CheckpointStore, KvCheckpoints, UnitCheckpoint};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tests::cli::run;

/// Twelve stocks with something to learn; 41 days are scanned.
const MARKET: &str = "sim:4,stocks=12,days=900,structure=on";
const FROM: &str = "2018-04-20";
/// Rows of history: the first model passes and scores, and one of those trained during the faults
/// replaces it.
const HISTORY: u32 = 3_000;
/// Partitions of a data topic.
pub(crate) const PARTITIONS: u32 = 3;
/// Models are retrained every few days, and both tracks trade.
const CONFIGURATION: &str = r#"
partitions = 3
provider = "cpu"
[settings]
score_over = 45
expected_roi_over = 0.0
retrain_outcomes = 60
min_training_rows = 60
training_epochs = 3
shadow_days = 2
"#;

/// SHA-256 of every topic.
pub(crate) type Digests = BTreeMap<String, String>;

/// Saved units by name.
pub(crate) type States = BTreeMap<String, UnitCheckpoint>;

/// The base of all rounds.
pub(crate) struct Base {
    _folder: TempDir,
    /// The data folder at the start.
    pub data: PathBuf,
    /// Where its log ends.
    pub ends: Places,
    /// The log of the undisturbed run.
    pub reference: Book,
    /// Its roles' saved states.
    pub states: States,
    /// Its digests.
    pub digests: Digests,
    /// Records that a round writes.
    pub written: u64,
}

/// Opens a run and takes it through its first day; `words` name the log.
pub(crate) fn begin(data: &Path, words: &str) -> Result<(), String> {
    std::fs::create_dir_all(data).map_err(|error| error.to_string())?;
    let file = data.join("butterquant.toml");
    std::fs::write(file, CONFIGURATION).map_err(|error| error.to_string())?;
    let words = format!(
        "up {words} --source {MARKET} --from {FROM} --history {HISTORY} --until {FROM} -o json"
    );
    match run(data, &words) {
        ran if ran.code == 0 => Ok(()),
        ran => Err(format!("`{words}` ended with {}: {}", ran.code, ran.err)),
    }
}

/// Continues to the market's end and returns the digests.
pub(crate) fn go_on(data: &Path, words: &str) -> Result<Digests, String> {
    let words = format!("up {words} --until 2099-12-31 -o json");
    let ran = run(data, &words);
    if ran.code != 0 {
        return Err(format!("`{words}` ended with {}: {}", ran.code, ran.err));
    }
    let account: serde_json::Value =
        serde_json::from_str(&ran.out).map_err(|error| error.to_string())?;
    let topics = account["topics"].as_object().ok_or("a summary without topics")?;
    let digest = |one: &serde_json::Value| one["sha256"].as_str().unwrap_or_default().to_owned();
    Ok(topics.iter().map(|(topic, one)| (topic.clone(), digest(one))).collect())
}

/// Where the partitions of `log` end.
pub(crate) fn ends(log: &dyn Log) -> eventlog::Result<Places> {
    places(PARTITIONS).map(|place| Ok((place.clone(), log.watermarks(&place)?.high))).collect()
}

/// The folder of a run's log.
pub(crate) fn log_of(data: &Path) -> PathBuf {
    data.join("runs/live/log")
}

/// The units saved in the state folder `at`.
pub(crate) fn states(at: &Path) -> Result<States, String> {
    let open = || kv::Db::open(at)?.plain_tree("units");
    let states = KvCheckpoints::of(open().map_err(|error| error.to_string())?);
    let mut found = States::new();
    for role in Role::ALL {
        let units: Vec<String> = match role.by_partition() {
            true => (0..PARTITIONS).map(|one| format!("{role}-{one}")).collect(),
            false => vec![role.name().to_owned()],
        };
        for unit in units {
            let saved = states.load(&unit).map_err(|error| error.to_string())?;
            found.extend(saved.map(|saved| (unit, saved)));
        }
    }
    Ok(found)
}

impl Base {
    /// Runs both.
    pub(crate) fn make() -> Result<Base, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let folder = tempfile::tempdir().map_err(|error| said(&error))?;
        let (data, calm) = (folder.path().join("base"), folder.path().join("calm"));
        begin(&data, "")?;
        crate::actors::copy(&data, &calm).map_err(|error| said(&error))?;
        let digests = go_on(&calm, "")?;
        let read = |data: &Path| -> eventlog::Result<(Places, Book)> {
            let log = EmbeddedLog::open(log_of(data))?;
            Ok((ends(&log)?, Book::read(&log, PARTITIONS)?))
        };
        let (ends, begun) = read(&data).map_err(|error| said(&error))?;
        let (_, reference) = read(&calm).map_err(|error| said(&error))?;
        let unsound = crate::checks::unsound(&reference);
        if !unsound.is_empty() {
            return Err(unsound.join("; "));
        }
        let states = states(&calm.join("runs/live/state"))?;
        let written = reference.len() - begun.len();
        Ok(Base { _folder: folder, data, ends, reference, states, digests, written })
    }
}
