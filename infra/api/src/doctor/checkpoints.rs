//! The state folder: it opens, every saved state in it can be read and belongs to this log, and so do
//! the views.

use super::Examination;
use eventlog::Log;
use run::data_dir::{self, RunDir};
use shell::checkpoint::{CheckpointStore, KvCheckpoints};
use shell::instance::identity_of;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Views;

const WHAT: &str = "saved state";
const REPAIR: &str = "`butterquant doctor --repair` moves it aside, then `butterquant rebuild --all` makes it again from the log";
const REBUILD: &str = "`butterquant rebuild --all` makes it again from the log";

/// Looks at the state folder of `run`; without its log only at whether it can be read.
pub(super) fn check(run: &RunDir, log: Option<&Arc<dyn Log>>, of: &mut Examination) {
    let place = run.state();
    if !place.exists() {
        return of.fine(WHAT, place.display(), "there is none");
    }
    if let Some(owner) = data_dir::living_owner(&place) {
        return of.fine(WHAT, place.display(), format!("{owner} has it open"));
    }
    let identity = log.and_then(|log| identity_of(&**log).ok());
    match kv::Db::open_to_read(&place) {
        Ok(db) => {
            if let Err(error) = db.check_entries() {
                return of.found(WHAT, place.display(), detail(&error), REPAIR);
            }
            check_units(run, &db, identity.as_deref(), of);
            check_views(run, &db, of);
        }
        Err(error) => of.found(WHAT, place.display(), detail(&error), REPAIR),
    }
}

/// The error without its remedy.
fn detail(error: &kv::KvError) -> String {
    let text = error.to_string();
    text.split_once("; ").map_or(text.clone(), |(detail, _)| detail.to_owned())
}

fn check_units(run: &RunDir, db: &kv::Db, identity: Option<&str>, of: &mut Examination) {
    let place = run.state();
    let states = match db.plain_tree("units") {
        Ok(tree) => KvCheckpoints::of(tree),
        Err(error) => return of.found(WHAT, place.display(), error, REBUILD),
    };
    let units = match states.units() {
        Ok(units) => units,
        Err(error) => return of.found(WHAT, place.display(), error, REBUILD),
    };
    let mut wrong: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for unit in &units {
        let what = match states.load(unit) {
            Ok(Some(saved)) if identity.is_some_and(|log| log != saved.log_identity) => {
                "it belongs to another log".to_owned()
            }
            Ok(_) => continue,
            Err(error) => error.to_string(),
        };
        wrong.entry(what).or_default().push(unit);
    }
    let before = of.findings.len();
    for (what, units) in wrong {
        let more = match units.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more units"),
        };
        of.found(WHAT, format!("{}{more}", units[0]), what, REBUILD);
    }
    if of.findings.len() == before {
        of.fine(WHAT, place.display(), format!("{} units, all of them readable", units.len()));
    }
}

fn check_views(run: &RunDir, db: &kv::Db, of: &mut Examination) {
    let digest = Views::open(db).and_then(|views| Ok((views.digest()?, views.through()?)));
    match digest {
        Ok((_, through)) => {
            let through =
                through.map_or_else(|| "empty".to_owned(), |day| format!("through {day}"));
            of.fine("views", run.state().display(), through);
        }
        Err(error) => of.found("views", run.state().display(), error, REBUILD),
    }
}
