//! Registering the schemas with a registry elsewhere, each version under its own id: the id that
//! events carry.
//!
//! 1. A registry that gives ids of its own is asked once and no more: its readers would not find
//!    the schema of an event, or find another one.
//! 2. Done twice it changes nothing the second time.
//! 3. What it says it did was read back from the registry.

mod client;

pub use client::{Client, address};

use anyhow::Result;
use schemas::codec::SchemaVersion;
use schemas::registry::COMPATIBILITY;
use schemas::{Topic, registry};
use serde::Serialize;
use serde_json::{Value, json};

/// What came of it.
#[derive(Serialize)]
pub struct Report {
    /// The registry's address.
    pub registry: String,
    /// Every version.
    pub versions: Vec<One>,
    /// What to do about those that are not there under their id.
    pub remedies: Vec<&'static str>,
}

/// What came of one version.
#[derive(Serialize)]
pub struct One {
    /// Its subject.
    pub subject: String,
    /// Its version.
    pub version: u32,
    /// Its id in events.
    pub id: u32,
    /// What was done.
    pub done: Done,
    /// Why it is not there.
    pub problem: Option<String>,
}

/// What was done with a version.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Nothing: it is there.
    There,
    /// It was registered and read back.
    Registered,
    /// It is missing; a dry run.
    Missing,
    /// It is not there under its id.
    Refused,
}

const ID_TAKEN: &str = "An id is in use there. Register in a context of its own: add /contexts/.butterquant to the registry's address, and give subscribers the address with it. Or let them use the schemas this program serves: `butterquant schemas serve`.";
const NO_IMPORT: &str = "The registry gives ids itself, and subscribers find a schema by the id in the event. Let it take ids (Confluent: mode.mutability=true, and a user that may set the mode IMPORT) and register again. Or let subscribers use the schemas this program serves: `butterquant schemas serve`.";
const OTHER_ID: &str = "The registry gave an id that no event carries. Delete that version there (DELETE /subjects/SUBJECT/versions/VERSION, and again with ?permanent=true) before somebody uses it. Then let the registry take ids (Confluent: mode.mutability=true) and register again, or let subscribers use the schemas this program serves: `butterquant schemas serve`.";

/// Registers every version for a run whose topics begin with `prefix`; a dry run only looks.
///
/// # Errors
/// The registry cannot be reached, or lets us not in.
pub fn register(client: &Client, prefix: &str, dry_run: bool) -> Result<Report> {
    let mut report =
        Report { registry: client.base.clone(), versions: Vec::new(), remedies: Vec::new() };
    for topic in Topic::ALL {
        let subject = registry::subject(topic, prefix);
        let mut of_subject = Subject { client, subject, report: &mut report };
        of_subject.register(topic, dry_run)?;
    }
    report.remedies.sort_unstable();
    report.remedies.dedup();
    Ok(report)
}

/// Registers at the start of a run whose topics begin with `prefix`. A run does not need a
/// registry: a failure is printed, and the run begins.
pub fn at_start(client: Option<&Client>, prefix: &str) {
    let Some(client) = client else { return };
    match register(client, prefix, false) {
        Ok(report) => {
            for problem in report.versions.iter().filter_map(|one| one.problem.as_ref()) {
                eprintln!("{}: {problem}", report.registry);
            }
            report.remedies.iter().for_each(|remedy| eprintln!("{remedy}"));
        }
        Err(error) => eprintln!(
            "the schemas were not registered: {error:#}; `butterquant schemas register` tries again"
        ),
    }
}

/// What a registry has in place of a version.
enum Found {
    There,
    Missing,
    Other(String, &'static str),
}

struct Subject<'a> {
    client: &'a Client,
    subject: String,
    report: &'a mut Report,
}

impl Subject<'_> {
    fn register(&mut self, topic: Topic, dry_run: bool) -> Result<()> {
        let mut missing = Vec::new();
        let mut some_there = false;
        for version in registry::versions(topic) {
            match self.look_up(version)? {
                Found::There => {
                    some_there = true;
                    self.tell(version, Done::There, None);
                }
                Found::Missing => missing.push(version),
                Found::Other(problem, remedy) => self.refused(version, problem, remedy),
            }
        }
        if dry_run {
            missing.iter().for_each(|version| self.tell(version, Done::Missing, None));
            return Ok(());
        }
        if missing.is_empty() {
            return if some_there { self.keep_compatible() } else { Ok(()) };
        }
        if self.report.remedies.contains(&OTHER_ID) {
            for version in missing {
                self.refused(version, "not tried, as it would get another id".to_owned(), OTHER_ID);
            }
            return Ok(());
        }
        if self.import(&missing, some_there)? || some_there {
            self.keep_compatible()?;
        }
        Ok(())
    }

    fn look_up(&self, version: &SchemaVersion) -> Result<Found> {
        let path = format!("/subjects/{}/versions/{}", self.subject, version.version);
        let same = |found: &Value| {
            found["schema"].as_str().is_some_and(|text| registry::same(text, version.text))
        };
        if let Some(found) = self.client.get(&path)? {
            return Ok(match (found["id"] == version.id, same(&found)) {
                (true, true) => Found::There,
                (false, true) => {
                    let id = &found["id"];
                    let problem = format!("it has id {id} there, but events carry {}", version.id);
                    Found::Other(problem, OTHER_ID)
                }
                (_, false) => Found::Other("it is another schema there".to_owned(), ID_TAKEN),
            });
        }
        let by_id = self.client.get(&format!("/schemas/ids/{}", version.id))?;
        if by_id.is_some_and(|found| !same(&found)) {
            let problem = format!("id {} is another schema there", version.id);
            return Ok(Found::Other(problem, ID_TAKEN));
        }
        Ok(Found::Missing)
    }

    /// Puts the missing versions there in the mode in which a registry takes ids, and leaves it
    /// in the mode it was in. Whether any is there now.
    fn import(&mut self, missing: &[&'static SchemaVersion], some_there: bool) -> Result<bool> {
        let path = format!("/mode/{}", self.subject);
        let former = self.client.get(&path)?;
        let force = if some_there { "?force=true" } else { "" };
        let import = json!({ "mode": "IMPORT" });
        // A registry without modes may take ids all the same; one that does not says so below.
        let switched = self.client.change("PUT", &format!("{path}{force}"), Some(&import))?;
        let no_import = switched.as_ref().err();
        let done = missing.iter().try_fold(false, |any, version| {
            let found = self.put(version, no_import)?;
            Ok(self.told(version, found) || any)
        });
        if switched.is_ok() {
            let restored = match former {
                Some(former) => self.client.change("PUT", &path, Some(&former))?,
                None => self.client.change("DELETE", &path, None)?,
            };
            if let Err(said) = restored {
                tracing::warn!("{} stays in mode IMPORT: {said}", self.subject);
            }
        }
        done
    }

    fn put(&self, version: &SchemaVersion, no_import: Option<&String>) -> Result<Found> {
        let body = json!({
            "schemaType": "AVRO",
            "schema": version.text,
            "id": version.id,
            "version": version.version,
        });
        let path = format!("/subjects/{}/versions", self.subject);
        let problem = match (self.client.change("POST", &path, Some(&body))?, no_import) {
            (Ok(given), _) if given["id"] != version.id => {
                let given = &given["id"];
                let problem =
                    format!("the registry gave it id {given}, but events carry {}", version.id);
                return Ok(Found::Other(problem, OTHER_ID));
            }
            (Ok(_), _) => return self.look_up(version),
            (Err(said), Some(mode)) => format!("the registry takes no ids ({mode}; {said})"),
            (Err(said), None) => format!("the registry refused it ({said})"),
        };
        Ok(Found::Other(problem, NO_IMPORT))
    }

    /// Reports what a version is after it was put there; whether it is.
    fn told(&mut self, version: &SchemaVersion, found: Found) -> bool {
        match found {
            Found::There => self.tell(version, Done::Registered, None),
            Found::Missing => {
                let problem = "the registry took it and does not have it".to_owned();
                self.refused(version, problem, NO_IMPORT);
            }
            Found::Other(problem, remedy) => self.refused(version, problem, remedy),
        }
        self.report.versions.last().is_some_and(|one| one.done == Done::Registered)
    }

    fn keep_compatible(&self) -> Result<()> {
        let path = format!("/config/{}", self.subject);
        let set = self.client.get(&path)?;
        if set.is_some_and(|set| set["compatibilityLevel"] == COMPATIBILITY) {
            return Ok(());
        }
        let wanted = json!({ "compatibility": COMPATIBILITY });
        if let Err(said) = self.client.change("PUT", &path, Some(&wanted))? {
            tracing::warn!("{}: the compatibility stays as it is: {said}", self.subject);
        }
        Ok(())
    }

    fn refused(&mut self, version: &SchemaVersion, problem: String, remedy: &'static str) {
        let problem = format!("{} version {}: {problem}", self.subject, version.version);
        self.tell(version, Done::Refused, Some(problem));
        self.report.remedies.push(remedy);
    }

    fn tell(&mut self, version: &SchemaVersion, done: Done, problem: Option<String>) {
        self.report.versions.push(One {
            subject: self.subject.clone(),
            version: version.version,
            id: version.id,
            done,
            problem,
        });
    }
}
