//! The processes of a round: started, killed, paused, and restarted where they may end by
//! themselves.

use schemas::role::Role;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tests::cli::command;

/// The message of `run` once it works.
const READY: &str = "Ctrl-C stops";

/// How a process is started.
#[derive(Clone)]
pub(crate) struct Part {
    /// Its name among the others.
    pub name: String,
    /// The data folder.
    pub data: PathBuf,
    /// The command line.
    pub words: String,
    /// Configuration, by variable.
    pub environment: Vec<(&'static str, String)>,
}

/// A process, or the place of one that has ended.
pub(crate) struct Actor {
    part: Part,
    errors: PathBuf,
    /// Where in `errors` the current process begins.
    begun: u64,
    child: Option<Child>,
    paused: bool,
    /// How often it was started.
    pub lives: u32,
}

impl Actor {
    /// Not started yet; its standard error goes to a file in `folder`.
    pub(crate) fn new(part: Part, folder: &Path) -> Actor {
        let errors = folder.join(format!("{}.err", part.name));
        Actor { part, errors, begun: 0, child: None, paused: false, lives: 0 }
    }

    /// Starts it.
    pub(crate) fn start(&mut self) -> std::io::Result<()> {
        let errors = OpenOptions::new().create(true).append(true).open(&self.errors)?;
        self.begun = errors.metadata()?.len();
        let mut command: Command = command(&self.part.data, &self.part.words);
        command.envs(self.part.environment.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::null()).stderr(errors);
        self.child = Some(command.spawn()?);
        self.paused = false;
        self.lives += 1;
        Ok(())
    }

    /// The standard error of the current process.
    pub(crate) fn said(&self) -> String {
        let all = fs::read(&self.errors).unwrap_or_default();
        String::from_utf8_lossy(all.get(self.begun as usize..).unwrap_or_default()).into_owned()
    }

    /// Whether the current process has started to work.
    pub(crate) fn is_ready(&self) -> bool {
        self.said().contains(READY)
    }

    /// Whether it reports units of `role` over HTTP; one that does not answer holds none.
    pub(crate) fn holds(&self, role: Role) -> bool {
        let said = self.said();
        let address = said.split("log at http://").nth(1).and_then(|rest| rest.split(';').next());
        let status = address.and_then(|address| status(address).ok()).unwrap_or_default();
        self.id().is_some() && status.contains(&format!("\"role\":\"{role}\""))
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.part.name
    }

    /// Its process, while there is one.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// How it ended, if it has; this reaps the process.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().ok().flatten()?;
        self.child = None;
        Some(status)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill(); // it has ended by itself
            let _ = child.wait();
        }
    }

    fn signal(&self, signal: &str) {
        if let Some(id) = self.id() {
            let _ = Command::new("kill").args([signal, &id.to_string()]).status(); // it has ended
        }
    }

    /// Whether it is paused.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    /// `SIGSTOP`.
    pub(crate) fn pause(&mut self) {
        self.paused = true;
        self.signal("-STOP");
    }

    /// `SIGCONT`.
    pub(crate) fn resume(&mut self) {
        self.paused = false;
        self.signal("-CONT");
    }

    /// Stops it and waits.
    ///
    /// # Errors
    /// It did not stop, or not cleanly and without an excuse.
    pub(crate) fn interrupt(
        &mut self,
        patience: Duration,
        excused: impl Fn(&Actor) -> bool,
    ) -> Result<(), String> {
        if self.paused {
            self.resume();
        }
        // A process that a script starts in the background ignores SIGINT until it has its own handler.
        self.signal("-TERM");
        let deadline = Instant::now() + patience;
        while self.child.is_some() {
            match self.ended() {
                // Before its signal handler was installed, it ends as any program does.
                Some(status) if status.signal() == Some(15) && !self.is_ready() => {}
                Some(status) if !status.success() && !excused(self) => {
                    return Err(format!(
                        "{} ended with {status}: {}",
                        self.name(),
                        self.last_words()
                    ));
                }
                None if Instant::now() > deadline => {
                    self.kill();
                    return Err(format!("{} did not stop: {}", self.name(), self.last_words()));
                }
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        Ok(())
    }

    /// The last lines of its standard error.
    pub(crate) fn last_words(&self) -> String {
        let said = self.said();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(4)..].join("\n    ")
    }

    /// Keeps its standard error as `file`.
    pub(crate) fn keep_words(&self, file: &Path) -> std::io::Result<()> {
        fs::copy(&self.errors, file).map(drop)
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The unit status served at `address`.
fn status(address: &str) -> std::io::Result<String> {
    let patience = Duration::from_millis(500);
    let at = address.parse().map_err(std::io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&at, patience)?;
    stream.set_read_timeout(Some(patience))?;
    write!(stream, "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Copies a folder and all in it.
pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => {
                let (mut from, mut to) = (File::open(entry.path())?, File::create(&target)?);
                std::io::copy(&mut from, &mut to)?;
            }
        }
    }
    Ok(())
}
