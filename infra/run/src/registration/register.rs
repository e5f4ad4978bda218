//! Registers every version of every schema, and reports each.

use super::client::Client;
use super::report::{Done, One, Report};
use anyhow::Result;
use schemas::codec::SchemaVersion;
use schemas::registry::COMPATIBILITY;
use schemas::{Topic, registry};
use serde_json::{Value, json};

const ID_TAKEN: &str = "An id is already in use in the registry. Register in a context of its own: add /contexts/.butterquant to the registry's address, and give subscribers the address with it. Or let them use the schemas this program serves: `butterquant schemas serve`.";
const NO_IMPORT: &str = "The registry assigns ids itself, but subscribers find a schema by the id in the event. Let it accept ids (Confluent: mode.mutability=true, and a user that may set the mode IMPORT) and register again. Or let subscribers use the schemas this program serves: `butterquant schemas serve`.";
const OTHER_ID: &str = "The registry assigned an id that no event carries. Delete that version there (DELETE /subjects/SUBJECT/versions/VERSION, and again with ?permanent=true) before anybody uses it. Then let the registry accept ids (Confluent: mode.mutability=true) and register again, or let subscribers use the schemas this program serves: `butterquant schemas serve`.";

/// Registers every version for a run whose topics begin with `prefix`; a dry run only looks them up.
///
/// # Errors
/// The registry cannot be reached, or refuses the user and password.
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

/// Registers at the start of a run whose topics begin with `prefix`. A run works without a
/// registry, so a failure is only printed.
pub fn at_start(client: Option<&Client>, prefix: &str) {
    let Some(client) = client else { return };
    match register(client, prefix, false) {
        Ok(report) => {
            for problem in report.versions.iter().filter_map(|one| one.problem.as_ref()) {
                telemetry::say!("{}: {problem}", report.registry);
            }
            report.remedies.iter().for_each(|remedy| telemetry::say!("{remedy}"));
        }
        Err(error) => telemetry::say!(
            "the schemas were not registered: {error:#}; `butterquant schemas register` tries again"
        ),
    }
}

/// What the registry holds for a version.
enum RegistryState {
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
                RegistryState::There => {
                    some_there = true;
                    self.report(version, Done::There, None);
                }
                RegistryState::Missing => missing.push(version),
                RegistryState::Other(problem, remedy) => self.refused(version, problem, remedy),
            }
        }
        if dry_run {
            missing.iter().for_each(|version| self.report(version, Done::Missing, None));
            return Ok(());
        }
        if missing.is_empty() {
            return if some_there { self.keep_compatible() } else { Ok(()) };
        }
        if self.report.remedies.contains(&OTHER_ID) {
            for version in missing {
                self.refused(
                    version,
                    "not tried, because it would get another id".to_owned(),
                    OTHER_ID,
                );
            }
            return Ok(());
        }
        if self.import(&missing, some_there)? || some_there {
            self.keep_compatible()?;
        }
        Ok(())
    }

    fn look_up(&self, version: &SchemaVersion) -> Result<RegistryState> {
        let path = format!("/subjects/{}/versions/{}", self.subject, version.version);
        let same = |found: &Value| {
            found["schema"].as_str().is_some_and(|text| registry::same(text, version.text))
        };
        if let Some(found) = self.client.get(&path)? {
            return Ok(match (found["id"] == version.id, same(&found)) {
                (true, true) => RegistryState::There,
                (false, true) => {
                    let id = &found["id"];
                    let problem =
                        format!("it has id {id} in the registry, but events carry {}", version.id);
                    RegistryState::Other(problem, OTHER_ID)
                }
                (_, false) => {
                    RegistryState::Other("the registry holds another schema".to_owned(), ID_TAKEN)
                }
            });
        }
        let by_id = self.client.get(&format!("/schemas/ids/{}", version.id))?;
        if by_id.is_some_and(|found| !same(&found)) {
            let problem = format!("id {} belongs to another schema in the registry", version.id);
            return Ok(RegistryState::Other(problem, ID_TAKEN));
        }
        Ok(RegistryState::Missing)
    }

    /// Registers the missing versions in the mode in which a registry accepts ids, then restores the
    /// mode it was in. Returns whether any version is registered now.
    fn import(&mut self, missing: &[&'static SchemaVersion], some_there: bool) -> Result<bool> {
        let path = format!("/mode/{}", self.subject);
        let former = self.client.get(&path)?;
        let force = if some_there { "?force=true" } else { "" };
        let import = json!({ "mode": "IMPORT" });
        // A registry without modes may accept ids all the same; if it does not, registering fails.
        let switched = self.client.change("PUT", &format!("{path}{force}"), Some(&import))?;
        let no_import = switched.as_ref().err();
        let done = missing.iter().try_fold(false, |any, version| {
            let found = self.put(version, no_import)?;
            Ok(self.report_registered(version, found) || any)
        });
        if switched.is_ok() {
            let restored = match former {
                Some(former) => self.client.change("PUT", &path, Some(&former))?,
                None => self.client.change("DELETE", &path, None)?,
            };
            if let Err(refusal) = restored {
                tracing::warn!("{} stays in mode IMPORT: {refusal}", self.subject);
            }
        }
        done
    }

    fn put(&self, version: &SchemaVersion, no_import: Option<&String>) -> Result<RegistryState> {
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
                    format!("the registry assigned id {given}, but events carry {}", version.id);
                return Ok(RegistryState::Other(problem, OTHER_ID));
            }
            (Ok(_), _) => return self.look_up(version),
            (Err(refusal), Some(mode)) => {
                format!("the registry accepts no ids ({mode}; {refusal})")
            }
            (Err(refusal), None) => format!("the registry refused it ({refusal})"),
        };
        Ok(RegistryState::Other(problem, NO_IMPORT))
    }

    /// Reports the state of a version after its registration; returns whether it is registered.
    fn report_registered(&mut self, version: &SchemaVersion, found: RegistryState) -> bool {
        match found {
            RegistryState::There => self.report(version, Done::Registered, None),
            RegistryState::Missing => {
                let problem = "the registry accepted it but does not hold it".to_owned();
                self.refused(version, problem, NO_IMPORT);
            }
            RegistryState::Other(problem, remedy) => self.refused(version, problem, remedy),
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
        if let Err(refusal) = self.client.change("PUT", &path, Some(&wanted))? {
            tracing::warn!("{}: the compatibility stays as it is: {refusal}", self.subject);
        }
        Ok(())
    }

    fn refused(&mut self, version: &SchemaVersion, problem: String, remedy: &'static str) {
        let problem = format!("{} version {}: {problem}", self.subject, version.version);
        self.report(version, Done::Refused, Some(problem));
        self.report.remedies.push(remedy);
    }

    fn report(&mut self, version: &SchemaVersion, done: Done, problem: Option<String>) {
        self.report.versions.push(One {
            subject: self.subject.clone(),
            version: version.version,
            id: version.id,
            done,
            problem,
        });
    }
}
