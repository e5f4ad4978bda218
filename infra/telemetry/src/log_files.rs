//! The log's files: one for each group of roles, a new one a day, a bounded number kept. A line goes to the file of the
//! role in whose thread it was written; the runner names its threads after the roles.
//!
//! Invariants:
//! 1. No role waits for a file: lines pass through a bounded queue, and those that do not fit are lost.
//! 2. A folder that cannot be written is warned of once and costs the lines, nothing else. It is tried again with each
//!    later line.
//! 3. Several processes of one data folder may write: every line is one append, and files are named by the day.

use parking_lot::Mutex;
use schemas::role::Role;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::fmt::MakeWriter;

/// Files kept of each name, the day's own among them.
const KEPT: usize = 15;
/// Lines that wait to be written to a file, at most.
const WAITING: usize = 20_000;
/// Lines kept until the folder is known, at most.
const EARLY: usize = 1_000;

/// A file of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFile {
    /// From a day's prices to its candidates and their labels.
    DailyScanner,
    /// From a candidate's score to its fill.
    ExecutionEngine,
    /// Trainings.
    MlTraining,
    /// The rest.
    Process,
}

impl LogFile {
    /// Every file.
    pub const ALL: [LogFile; 4] =
        [LogFile::DailyScanner, LogFile::ExecutionEngine, LogFile::MlTraining, LogFile::Process];

    /// Its name. Behind it stands the day, such as `daily_scanner.log.2026-07-31`; the bare name is a link to the last.
    pub fn name(self) -> &'static str {
        match self {
            LogFile::DailyScanner => "daily_scanner.log",
            LogFile::ExecutionEngine => "execution_engine.log",
            LogFile::MlTraining => "ml_training.log",
            LogFile::Process => "butterquant.log",
        }
    }

    fn of_role(role: Role) -> LogFile {
        match role {
            Role::Source | Role::Scanner | Role::Labeler => LogFile::DailyScanner,
            Role::Scorer | Role::Executor | Role::Broker => LogFile::ExecutionEngine,
            Role::Retrainer => LogFile::MlTraining,
            Role::Materializer => LogFile::Process,
        }
    }

    /// The file of the thread called `name`, such as `scanner-0`.
    fn of_thread(name: Option<&str>) -> LogFile {
        let role = name.and_then(|name| name.split('-').next()?.parse().ok());
        role.map_or(LogFile::Process, LogFile::of_role)
    }
}

/// Lines written before the folder was known, each with its file.
static BEFORE: Mutex<Vec<(LogFile, Vec<u8>)>> = Mutex::new(Vec::new());
static OPEN: OnceLock<[NonBlocking; 4]> = OnceLock::new();
static WORKERS: Mutex<Vec<WorkerGuard>> = Mutex::new(Vec::new());
static WARNED: AtomicBool = AtomicBool::new(false);

/// Writes the log's files in `folder` from now on, what was logged before included. Does nothing the second time.
pub fn write_log_files(folder: &Path) {
    // The names are links to the files of the day, and a link's target is relative to the link.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    OPEN.get_or_init(|| {
        LogFile::ALL.map(|file| {
            let queue = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING);
            let to = DailyFile { folder: folder.clone(), file, appender: None };
            let (queue, worker) = queue.thread_name(file.name()).finish(to);
            WORKERS.lock().push(worker);
            queue
        })
    });
    for (file, line) in BEFORE.lock().drain(..) {
        _ = RoutedLine(file).write(&line); // a queue takes it or drops it
    }
}

/// Writes what waits, at the end of the process.
pub(crate) fn flush() {
    WORKERS.lock().clear();
}

/// Sends each line to the file of its thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Router;

impl MakeWriter<'_> for Router {
    type Writer = RoutedLine;

    fn make_writer(&self) -> RoutedLine {
        RoutedLine(LogFile::of_thread(std::thread::current().name()))
    }
}

/// A line on its way to a file.
pub(crate) struct RoutedLine(LogFile);

impl Write for RoutedLine {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match OPEN.get() {
            Some(open) => open[self.0 as usize].clone().write(line),
            None => {
                let mut before = BEFORE.lock();
                if before.len() < EARLY {
                    before.push((self.0, line.to_vec()));
                }
                Ok(line.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file of the day, created with its first line.
struct DailyFile {
    folder: PathBuf,
    file: LogFile,
    appender: Option<RollingFileAppender>,
}

impl DailyFile {
    fn appender(&mut self) -> io::Result<&mut RollingFileAppender> {
        match &mut self.appender {
            Some(appender) => Ok(appender),
            none => {
                std::fs::create_dir_all(&self.folder)?;
                let name = self.file.name();
                let daily = RollingFileAppender::builder().rotation(Rotation::DAILY);
                let daily = daily.filename_prefix(name).max_log_files(KEPT).latest_symlink(name);
                Ok(none.insert(daily.build(&self.folder).map_err(io::Error::other)?))
            }
        }
    }
}

impl Write for DailyFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.appender().and_then(|appender| appender.write_all(line)) {
            self.appender = None;
            if !WARNED.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    "the log cannot be written to {}: {error}; the roles go on. Make room or give the folder back, or set log_dir to another",
                    self.folder.join(self.file.name()).display()
                );
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_writes_to_the_file_of_its_role() {
        for (thread, file) in [
            (Some("source"), LogFile::DailyScanner),
            (Some("scanner-0"), LogFile::DailyScanner),
            (Some("labeler-host-1"), LogFile::DailyScanner),
            (Some("executor-0"), LogFile::ExecutionEngine),
            (Some("retrainer-0"), LogFile::MlTraining),
            (Some("materializer-0"), LogFile::Process),
            (Some("main"), LogFile::Process),
            (None, LogFile::Process),
        ] {
            assert_eq!(LogFile::of_thread(thread), file, "{thread:?}");
        }
    }

    #[test]
    fn files_are_daily_and_few_are_kept_and_a_lost_folder_is_tried_again() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("logs");
        std::fs::create_dir_all(&folder).unwrap();
        for day in 1..=28 {
            std::fs::write(folder.join(format!("ml_training.log.2020-01-{day:02}")), "old")
                .unwrap();
        }
        std::fs::write(folder.join("daily_scanner.log.2020-01-01"), "another's").unwrap();
        let mut file =
            DailyFile { folder: folder.clone(), file: LogFile::MlTraining, appender: None };
        assert_eq!(file.write(b"a line\n").unwrap(), 7);
        let names = || {
            let names = std::fs::read_dir(&folder).unwrap().map(|one| one.unwrap().file_name());
            let mut names: Vec<String> = names.map(|one| one.into_string().unwrap()).collect();
            names.sort();
            names
        };
        let own: Vec<String> = names().into_iter().filter(|n| n.starts_with("ml_")).collect();
        // The link, the day's file, and the younger ones of the old.
        assert!(
            own.len() <= KEPT + 1 && own.contains(&"ml_training.log.2020-01-28".to_owned()),
            "{own:?}"
        );
        assert!(names().contains(&"daily_scanner.log.2020-01-01".to_owned()));
        assert_eq!(std::fs::read_to_string(folder.join("ml_training.log")).unwrap(), "a line\n");

        // A folder that is no folder costs the line alone; once it is one again, lines are written.
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "in the way").unwrap();
        file.appender = None;
        assert_eq!(file.write(b"lost\n").unwrap(), 5);
        std::fs::remove_file(&folder).unwrap();
        assert_eq!(file.write(b"again\n").unwrap(), 6);
        assert_eq!(std::fs::read_to_string(folder.join("ml_training.log")).unwrap(), "again\n");
    }
}
