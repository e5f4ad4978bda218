//! Where rounds run: a folder with an owner and a proxy before every other process, or a cluster
//! with a proxy before every broker.

use crate::actors::{Part, copy};
use crate::base::{self, Base, States};
use crate::book::Places;
use crate::plan::{Home, Plan};
use crate::proxy::Proxy;
use crate::witness::Connect;
use eventlog::{EmbeddedLog, KafkaLog, KafkaSettings, Log, RemoteLog};
use shell::checkpoint::UnitCheckpoint;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tests::cli::run;
use tests::cluster::Cluster;

/// Shared by all rounds.
pub(crate) struct Grounds {
    /// Their start, and the run they are compared with.
    pub base: Base,
    /// Where the log lives.
    pub home: Home,
    /// The brokers.
    pub cluster: Option<Cluster>,
    /// One proxy per broker.
    brokers: Vec<Proxy>,
}

/// The place of one round.
pub(crate) struct Stage {
    seed: u64,
    data: PathBuf,
    /// The folder of the run within it.
    run: PathBuf,
    /// Processes, apart from second ones.
    actors: usize,
    /// Words that name the log.
    words: String,
    /// Where the owner of the embedded log listens.
    owner: Option<SocketAddr>,
    /// One proxy per actor.
    links: Vec<Proxy>,
    /// The brokers themselves, past the proxies, and the run's prefix.
    kafka: Option<(String, String)>,
    /// The ends of the log at the start of the round.
    pub ends: Places,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A free port; another process may take it before it is used, which ends the round.
fn free_port() -> std::io::Result<SocketAddr> {
    TcpListener::bind(loopback(0))?.local_addr()
}

fn name_of(number: usize) -> String {
    format!("p{number}")
}

/// Each process has a state folder of its own; a second process starts without state.
fn share_state(run: &Path, plan: &Plan) -> Result<(), String> {
    (0..plan.cast.len()).try_for_each(|number| {
        let own = run.join(format!("state-{}", name_of(number)));
        copy(&run.join("state"), &own).map_err(text)
    })
}

impl Grounds {
    /// Over `base` and, on Kafka, a cluster.
    pub(crate) fn new(base: Base, home: Home, cluster: Option<Cluster>) -> Result<Grounds, String> {
        let nodes = cluster.iter().flat_map(|cluster| cluster.proxied());
        let brokers = nodes
            .map(|(advertised, listener)| Proxy::start(advertised, listener))
            .collect::<Result<Vec<Proxy>, _>>()
            .map_err(text)?;
        Ok(Grounds { base, home, cluster, brokers })
    }

    /// Prepares the place of a round; on Kafka this opens the run.
    pub(crate) fn stage(&self, plan: &Plan, data: &Path) -> Result<Stage, String> {
        let Some(cluster) = &self.cluster else { return self.embedded(plan, data) };
        let id = format!("chaos-{}", plan.seed);
        let brokers = cluster.brokers().to_owned();
        let direct = format!("--log kafka --brokers {brokers} --run {id}");
        base::begin(data, &direct)?;
        let proxies: Vec<String> =
            self.brokers.iter().map(|proxy| proxy.address().to_string()).collect();
        let mut stage = Stage {
            seed: plan.seed,
            data: data.to_path_buf(),
            run: data.join("runs").join(&id),
            actors: plan.cast.len(),
            words: format!("--log kafka --brokers {} --run {id}", proxies.join(",")),
            owner: None,
            links: Vec::new(),
            kafka: Some((brokers, format!("{id}."))),
            ends: Places::new(),
        };
        share_state(&stage.run, plan)?;
        stage.ends = base::ends(&*stage.open()?).map_err(text)?;
        Ok(stage)
    }

    fn embedded(&self, plan: &Plan, data: &Path) -> Result<Stage, String> {
        copy(&self.base.data, data).map_err(text)?;
        let run = data.join("runs/live");
        share_state(&run, plan)?;
        let owner = free_port().map_err(text)?;
        let links = plan.cast.iter().map(|_| Proxy::start(loopback(0), owner));
        Ok(Stage {
            seed: plan.seed,
            data: data.to_path_buf(),
            run,
            actors: plan.cast.len(),
            words: String::new(),
            owner: Some(owner),
            links: links.collect::<Result<_, _>>().map_err(text)?,
            kafka: None,
            ends: self.base.ends.clone(),
        })
    }

    /// The program's own checks of the remains: digests, a replay, a rebuild.
    pub(crate) fn verdicts(&self, stage: &Stage) -> Vec<String> {
        let words = match &stage.kafka {
            Some((brokers, prefix)) => {
                format!("--log kafka --brokers {brokers} --run {}", prefix.trim_end_matches('.'))
            }
            None => String::new(),
        };
        let mut found = Vec::new();
        // The log is that of the undisturbed run, record by record, so a replay's result is known;
        // some are replayed all the same.
        let verbs: &[&str] =
            if stage.seed.is_multiple_of(5) { &["replay --verify", "rebuild --all"] } else { &[] };
        match base::go_on(&stage.data, &words) {
            Ok(digests) => {
                let differ: Vec<&String> = self
                    .base
                    .digests
                    .iter()
                    .filter(|(topic, digest)| digests.get(*topic) != Some(digest))
                    .map(|(topic, _)| topic)
                    .collect();
                if !differ.is_empty() {
                    found.push(format!("digests differ: {differ:?}"));
                }
            }
            Err(problem) => found.push(problem),
        }
        for verb in verbs {
            let ran = run(&stage.data, &format!("{verb} {words}"));
            if ran.code != 0 {
                found.push(format!("{verb} ended with {}: {}{}", ran.code, ran.out, ran.err));
            }
        }
        found
    }
}

impl Stage {
    /// Process `number` of the plan, or a second one with its roles.
    pub(crate) fn part(&self, plan: &Plan, number: usize, second: Option<usize>) -> Part {
        let roles: Vec<&str> = plan.cast[number].iter().map(|role| role.name()).collect();
        let name =
            second.map_or(name_of(number), |second| format!("{}-second{second}", name_of(number)));
        // The runner's log shows when a role went on, which explains a round that is stuck.
        let level = "warn,shell::runner=info".to_owned();
        let mut environment = vec![("BUTTERQUANT_LOG_LEVEL", level)];
        let mut words = format!("run {}", roles.join(" "));
        match self.owner {
            Some(owner) if number == 0 && second.is_none() => {
                environment.push(("BUTTERQUANT_LISTEN", owner.to_string()));
            }
            Some(_) => {
                let link = format!("http://{}", self.links[number].address());
                environment.push(("BUTTERQUANT_ENDPOINT", link));
                words.push_str(&format!(" --name {name}"));
            }
            None => words.push_str(&format!(" --name {name} {}", self.words)),
        }
        Part { name, data: self.data.clone(), words, environment }
    }

    /// The proxies that network faults strike.
    pub(crate) fn links<'a>(&'a self, grounds: &'a Grounds) -> &'a [Proxy] {
        if self.kafka.is_some() { &grounds.brokers } else { &self.links }
    }

    /// How the test's own reader reaches the log, past the proxies.
    pub(crate) fn connect(&self) -> Connect {
        match (&self.kafka, self.owner) {
            (Some((brokers, prefix)), _) => {
                let mut settings = KafkaSettings::new(brokers);
                settings.prefix.clone_from(prefix);
                Box::new(move || Ok(Arc::new(KafkaLog::connect(settings.clone())?)))
            }
            (None, owner) => {
                let endpoint = format!("http://{}", owner.unwrap_or_else(|| loopback(0)));
                Box::new(move || Ok(Arc::new(RemoteLog::connect(&endpoint, None)?)))
            }
        }
    }

    /// Units whose saved state differs everywhere from that of the undisturbed run. An older save is
    /// accepted where a second process (`seconds`) held the unit and was killed.
    pub(crate) fn states_unlike(&self, expected: &States, seconds: bool) -> Vec<String> {
        if self.kafka.is_some() {
            return Vec::new(); // on Kafka, positions count the markers of transactions
        }
        let folders = (0..self.actors).map(|number| match number {
            0 => self.run.join("state"),
            _ => self.run.join(format!("state-{}", name_of(number))),
        });
        let saved: Result<Vec<States>, String> = folders.map(|at| base::states(&at)).collect();
        let saved = match saved {
            Ok(saved) => saved,
            Err(problem) => return vec![problem],
        };
        let unlike = |(unit, one): (&String, &UnitCheckpoint)| {
            let mut held = saved.iter().filter_map(|states| states.get(unit));
            let last = held.clone().max_by_key(|other| other.cursor.closed);
            let like = |other: &UnitCheckpoint| {
                (&one.cursor, &one.written, &one.machine)
                    == (&other.cursor, &other.written, &other.machine)
            };
            let said = |other: &UnitCheckpoint| format!("{:?} {:?}", other.cursor, other.written);
            let behind = last.is_none_or(|other| other.cursor.closed < one.cursor.closed);
            let well = held.any(like) || (behind && seconds);
            (!well).then(|| {
                let last = last.map_or("nothing".to_owned(), said);
                format!("the saved state of {unit} is {last} instead of {}", said(one))
            })
        };
        expected.iter().filter_map(unlike).collect()
    }

    /// Where the embedded log lies.
    pub(crate) fn log_folder(&self) -> PathBuf {
        base::log_of(&self.data)
    }

    /// The log, when no other process has it open.
    pub(crate) fn open(&self) -> Result<Arc<dyn Log>, String> {
        match self.kafka {
            Some(_) => (self.connect())().map_err(text),
            None => {
                let log = EmbeddedLog::open(base::log_of(&self.data)).map_err(text)?;
                Ok(Arc::new(log))
            }
        }
    }
}
