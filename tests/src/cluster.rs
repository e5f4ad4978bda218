//! A real Kafka for one test: `infra/deploy/kafka/kafka` on free ports, in a temporary folder.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// Below the ports that the system gives to outgoing connections.
const PORTS: std::ops::Range<u16> = 24_000..32_000;
/// Ports that three nodes take, rounded up.
const BLOCK: u16 = 40;
/// Shown of a node's log when a test fails.
const LAST_LINES: usize = 30;

/// Apache Kafka, one node or three, up until this is dropped. A test process that is killed
/// takes its cluster with it, and so does one that ends with a cluster in a static.
#[derive(Debug)]
pub struct Cluster {
    brokers: String,
    nodes: u32,
    /// The script's folder; none for a running broker of which only the address is known.
    folder: Option<PathBuf>,
    own: Option<TempDir>,
}

impl Cluster {
    /// A cluster, or none, with a line on standard error, where Kafka cannot run. Where one
    /// node is enough, `BUTTERQUANT_KAFKA=host:port` may name a running broker instead, and
    /// `BUTTERQUANT_KAFKA_DIR` the folder it was started in by the script: the tests leave their
    /// own topics there, and delete those of any run named `demo` (`demo.butterquant.…`).
    /// `BUTTERQUANT_NO_KAFKA` skips these tests; otherwise Kafka must run in CI (env `CI`).
    pub fn start(nodes: u32) -> Option<Self> {
        match std::env::var("BUTTERQUANT_KAFKA") {
            Ok(brokers) if nodes == 1 && !brokers.is_empty() => {
                let folder = std::env::var_os("BUTTERQUANT_KAFKA_DIR").map(PathBuf::from);
                Some(Self { brokers, nodes, folder, own: None })
            }
            _ => Self::start_own(nodes),
        }
    }

    /// One node that all tests of this process share; it ends with the process.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(1)).as_ref()
    }

    /// The same, but never a running broker: for tests that kill it.
    pub fn start_own(nodes: u32) -> Option<Self> {
        if std::env::var_os("BUTTERQUANT_NO_KAFKA").is_some() {
            eprintln!("skipped: BUTTERQUANT_NO_KAFKA is set");
            return None;
        }
        if let Some(missing) = missing() {
            assert!(std::env::var_os("CI").is_none(), "no Kafka here, {missing}");
            eprintln!("skipped: no Kafka here, {missing}");
            return None;
        }
        // Another process may take the ports before Kafka does.
        for base in free_blocks().take(5) {
            let folder = tempfile::Builder::new().prefix("butterquant-kafka-").tempdir();
            let folder = folder.unwrap_or_else(|error| panic!("{error}"));
            let (nodes_word, port) = (nodes.to_string(), base.to_string());
            let me = std::process::id().to_string();
            let words = ["start", "--nodes", &nodes_word, "--port", &port, "--while", &me];
            let output = script(folder.path(), &words);
            if output.status.success() {
                let brokers = (0..nodes).map(|n| format!("127.0.0.1:{}", base + 10 * n as u16));
                let brokers = brokers.collect::<Vec<_>>().join(",");
                let path = folder.path().to_path_buf();
                return Some(Self { brokers, nodes, folder: Some(path), own: Some(folder) });
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("is taken"), "Kafka did not start: {said}");
        }
        panic!("no free ports for Kafka");
    }

    /// The plain addresses, separated by commas.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// The addresses that require a user and password over TLS; none for a broker of which only the
    /// address is known. The file holds librdkafka properties, one `key=value` a line.
    pub fn sasl_ssl(&self) -> Option<Login> {
        self.login("sasl_ssl.properties")
    }

    /// The addresses that require a client certificate.
    pub fn mtls(&self) -> Option<Login> {
        self.login("mtls.properties")
    }

    fn login(&self, name: &str) -> Option<Login> {
        let file = self.folder.as_ref()?.join("client").join(name);
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let mut properties: BTreeMap<String, String> =
            pairs.map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let brokers = properties.remove("bootstrap.servers").unwrap_or_default();
        Some(Login { brokers, file, properties })
    }

    /// Kills node `n`, from 1, as a power cut would, and returns when it is gone.
    pub fn kill(&self, n: u32) {
        self.control(&["kill-node", &n.to_string()]);
    }

    /// Restarts node `n` and returns when it answers.
    pub fn restart(&self, n: u32) {
        self.control(&["start-node", &n.to_string()]);
    }

    /// Pauses node `n` until [`Self::resume`].
    pub fn pause(&self, n: u32) {
        self.control(&["pause-node", &n.to_string()]);
    }

    /// Resumes node `n`.
    pub fn resume(&self, n: u32) {
        self.control(&["resume-node", &n.to_string()]);
    }

    /// The process of node `n`; none while it is down.
    pub fn pid(&self, n: u32) -> Option<u32> {
        let file = self.folder.as_ref()?.join(format!("node-{n}/pid"));
        let pid = std::fs::read_to_string(file).ok()?.trim().parse().ok()?;
        // A process that has ended but was not reaped has no command line.
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        (!line.is_empty()).then_some(pid)
    }

    /// The output of one of Kafka's own tools, which must succeed.
    pub fn tool(&self, words: &str) -> String {
        let mut command = Command::new(script_file());
        command.arg("tool").args(words.split_whitespace());
        command.args(["--bootstrap-server", &self.brokers]).stdin(Stdio::null());
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// For each node, the address it advertises to clients, where a proxy is to listen, and the
    /// listener behind it.
    pub fn proxied(&self) -> Vec<(SocketAddr, SocketAddr)> {
        let plain = self.brokers.split(',').filter_map(|one| one.parse::<SocketAddr>().ok());
        let beside = |at: SocketAddr, by| SocketAddr::new(at.ip(), at.port() + by);
        plain.map(|at| (beside(at, 5), beside(at, 4))).collect()
    }

    /// How many nodes it has.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// Keeps what the nodes logged and shows the last complaints: the cause of a failed test may be there
    /// and nowhere else.
    fn keep_logs(&self, folder: &Path) {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/kafka-logs");
        let _ = std::fs::create_dir_all(&kept);
        for n in 1..=self.nodes {
            let log =
                std::fs::read_to_string(folder.join(format!("node-{n}/log"))).unwrap_or_default();
            let to = kept.join(format!("{}-node-{n}.log", std::process::id()));
            let bad = |line: &&str| line.contains(" ERROR ") || line.contains(" WARN ");
            let lines: Vec<&str> = log.lines().filter(bad).collect();
            let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
            eprintln!("-- node {n}, warnings and errors at the end of {}:\n{last}", to.display());
            let _ = std::fs::write(to, log); // the test has failed already
        }
    }

    fn control(&self, words: &[&str]) {
        let own = self.own.as_ref();
        let folder = own.unwrap_or_else(|| panic!("{words:?}: not this test's broker"));
        let output = script(folder.path(), words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(folder) = &self.own {
            if std::thread::panicking() {
                self.keep_logs(folder.path());
            }
            script(folder.path(), &["stop", "--now"]);
        }
    }
}

/// How a client reaches a listener that asks who it is.
#[derive(Debug, Clone)]
pub struct Login {
    /// Addresses, separated by commas.
    pub brokers: String,
    /// The properties as a file, `bootstrap.servers` among them.
    pub file: PathBuf,
    /// The properties apart from the addresses.
    pub properties: BTreeMap<String, String>,
}

fn script(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(script_file());
    command.args(words).arg("--dir").arg(folder).stdin(Stdio::null());
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn script_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/deploy/kafka/kafka")
}

/// Why Kafka is not to run at all.
fn missing() -> Option<&'static str> {
    let here = |program: &str| {
        let mut command = Command::new(program);
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        command.stdin(Stdio::null()).status().is_ok()
    };
    let jars = std::env::var_os("KAFKA_LIBS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/deploy/kafka/libs"),
        PathBuf::from,
    );
    if !here("java") {
        Some("there is no java")
    } else if !jars.exists() && !here("mvn") {
        Some("there is no mvn to fetch it with")
    } else {
        None
    }
}

/// First ports of blocks that nobody listens in, beginning at a place of this process's own; no
/// block is given twice.
fn free_blocks() -> impl Iterator<Item = u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let blocks = u32::from((PORTS.end - PORTS.start) / BLOCK);
    let next = move || {
        let n = (std::process::id() + GIVEN.fetch_add(1, Ordering::Relaxed)) % blocks;
        PORTS.start + n as u16 * BLOCK
    };
    let bases = std::iter::repeat_with(next).take(blocks as usize);
    bases.filter(|base| (*base..base + BLOCK).all(|p| TcpListener::bind(("127.0.0.1", p)).is_ok()))
}
