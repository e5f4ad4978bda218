//! The processes that work on a run on this machine, and what each of them says of its units. A process announces its
//! address in its state folder; those on other machines cannot be asked.

use crate::halt::Trading;
use crate::remote_answer::remote_answer_within;
use crate::unit_progress::ProcessStatus;
use run::data_dir::{self, RunDir};
use schemas::role::Role;
use serde::Serialize;
use shell::status_board::StatusBoard;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// A process that has a run open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Process {
    /// Its id; none where only its address is known.
    pub pid: Option<u32>,
    /// Its HTTP address, once announced.
    pub endpoint: Option<String>,
    /// The roles it runs, by name.
    pub roles: BTreeSet<String>,
    /// Why it cannot be asked, if it cannot.
    pub problem: Option<String>,
}

/// Who runs a run, in a few words; `unasked` are groups with members in processes that cannot be asked.
pub fn in_words(processes: &[Process], unasked: &BTreeSet<String>) -> String {
    let (well, hung): (Vec<&Process>, Vec<&Process>) =
        processes.iter().partition(|process| process.problem.is_none());
    let mut words = Vec::new();
    if let [first, others @ ..] = &well[..] {
        words.push(match others.len() {
            0 => format!("running {first}"),
            1 => format!("running {first} and in one more process"),
            more => format!("running {first} and in {more} more processes"),
        });
    }
    words.extend(hung.iter().map(|process| format!("process {process}")));
    if !unasked.is_empty() {
        let groups: Vec<&str> = unasked.iter().map(String::as_str).collect();
        words.push(format!("running elsewhere, where it cannot be asked: {}", groups.join(", ")));
    }
    if words.is_empty() { "stopped".to_owned() } else { words.join("; ") }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pid = self.pid.map(|pid| pid.to_string());
        match (&self.endpoint, &self.problem) {
            (_, Some(problem)) => {
                let which = pid.or_else(|| self.endpoint.clone()).unwrap_or_default();
                write!(f, "{which} cannot be asked: {problem}")
            }
            (Some(endpoint), None) => write!(f, "at {endpoint}"),
            (None, None) => write!(f, "in process {}", pid.unwrap_or_default()),
        }
    }
}

/// The address of the process beside the owner of the log that runs `role`, if there is one.
pub(crate) fn endpoint_beside(run: &RunDir, role: Role) -> Option<String> {
    let folders = data_dir::folders_of_processes(run);
    let named = folders.iter().filter(|folder| **folder != run.log() && **folder != run.state());
    let mut named = named.filter_map(|folder| data_dir::living_owner(folder));
    named.find_map(|holder| {
        let asked = ask(run, Some(holder.pid), holder.endpoint);
        let endpoint = asked.process.endpoint?;
        asked.process.roles.contains(role.name()).then_some(endpoint)
    })
}

/// A process and its answer.
pub(crate) struct Asked {
    pub(crate) process: Process,
    pub(crate) status: Option<ProcessStatus>,
}

impl Asked {
    /// This process, by its own board. Halts are read from the log.
    pub(crate) fn oneself(board: &StatusBoard) -> Asked {
        let status = ProcessStatus::of(board, Trading::default());
        let roles = status.roles.clone();
        let pid = Some(std::process::id());
        let process = Process { pid, endpoint: None, roles, problem: None };
        Asked { process, status: Some(status) }
    }
}

/// Every process that has `run` open, the `owner` of its log first.
pub(crate) fn ask_all(run: &RunDir, owner: Option<&String>) -> Vec<Asked> {
    let found = found(run, owner);
    // At once: one that hangs costs its time limit, and no more however many there are.
    std::thread::scope(|scope| {
        let asked =
            found.into_iter().map(|(pid, endpoint)| scope.spawn(move || ask(run, pid, endpoint)));
        let asked: Vec<_> = asked.collect();
        asked.into_iter().filter_map(|one| one.join().ok()).collect()
    })
}

fn ask(run: &RunDir, pid: Option<u32>, endpoint: Option<String>) -> Asked {
    let answer = endpoint.as_ref().map(|endpoint| {
        remote_answer_within::<ProcessStatus>(endpoint, "/status", run.token.as_deref(), PATIENCE)
    });
    let (status, problem) = match answer {
        None => (None, Some("it serves no address to be asked at".to_owned())),
        Some(Ok(status)) => (Some(status), None),
        Some(Err(error)) => (None, Some(error.to_string())),
    };
    let roles = status.as_ref().map(|status| status.roles.clone()).unwrap_or_default();
    Asked { process: Process { pid, endpoint, roles, problem }, status }
}

/// Process ids and addresses. A process may hold the log and a state folder.
fn found(run: &RunDir, owner: Option<&String>) -> Vec<(Option<u32>, Option<String>)> {
    let mut by_pid: BTreeMap<u32, Option<String>> = BTreeMap::new();
    for folder in data_dir::folders_of_processes(run) {
        if let Some(holder) = data_dir::living_owner(&folder) {
            let endpoint = by_pid.entry(holder.pid).or_default();
            *endpoint = endpoint.take().or(holder.endpoint);
        }
    }
    let mut found: Vec<(Option<u32>, Option<String>)> =
        by_pid.into_iter().map(|(pid, endpoint)| (Some(pid), endpoint)).collect();
    if let Some(owner) = owner {
        match found.iter().position(|(_, endpoint)| endpoint.as_ref() == Some(owner)) {
            Some(at) => found[..=at].rotate_right(1),
            None => found.insert(0, (None, Some(owner.clone()))),
        }
    }
    found
}
