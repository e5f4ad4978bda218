//! Alerts: tells people of the conditions of a run, by webhook and by command.
//!
//! 1. No role waits for it: it has threads of its own, bounded queues and time limits.
//! 2. Of the processes of a run on one machine a single one tells: the one that holds the lock in the folder of alerts.
//!    When it is gone, another takes over, and nothing is told twice.
//! 3. What was told and what is silenced is in files of that folder, and outlasts the process.

mod book;
mod channel;
mod command;
mod ledger;
mod notice;
mod silences;
mod webhook;

pub use book::AlertBook;
pub use channel::{Carrier, Deliveries, NotDelivered};
pub use ledger::{Held, Ledger, Rules};
pub use notice::{AlertStatus, Notice};
pub use silences::{Silence, Silences};

use anyhow::Result;
use api::conditions::Condition;
use api::monitor::now_ms;
use channel::Channel;
use command::AlertCommand;
use run::config::AlertSettings;
use run::data_dir::RunDir;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use webhook::Webhook;

/// How often the conditions are looked at.
const PERIOD: Duration = Duration::from_millis(500);

/// Gives the conditions of now; none while they are not known.
pub type Watch = Box<dyn FnMut() -> Option<Vec<Condition>> + Send>;

/// The thread that tells; it ends when this is dropped.
pub struct Alerts {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The folder of a run's alerts.
pub fn folder_of(run: &RunDir) -> PathBuf {
    run.path.join("alerts")
}

/// Where alerts go, one carrier for each.
pub fn carriers(settings: &AlertSettings) -> Vec<Box<dyn Carrier>> {
    let webhook = settings.webhook.as_ref();
    let webhook = webhook.map(|to| Box::new(Webhook::new(to, settings.shape)) as Box<dyn Carrier>);
    let command = settings.command.as_ref();
    let command = command.map(|line| Box::new(AlertCommand::new(line)) as Box<dyn Carrier>);
    webhook.into_iter().chain(command).collect()
}

/// Begins to tell of what `watch` finds in `run`. Without anybody to tell, it keeps the list of alerts and logs them.
///
/// # Errors
/// A thread cannot be started.
pub fn start(settings: &AlertSettings, run: &RunDir, watch: Watch) -> Result<Alerts> {
    let stop = Arc::new(AtomicBool::new(false));
    let channels = carriers(settings).into_iter().map(Channel::start);
    let teller = Teller {
        run: run.id.clone(),
        folder: folder_of(run),
        rules: Rules {
            after_ms: i64::try_from(settings.after.as_millis())?,
            repeat_ms: settings
                .repeat
                .map(|repeat| i64::try_from(repeat.as_millis()))
                .transpose()?,
            minimum: settings.minimum,
        },
        channels: channels.collect::<std::io::Result<_>>()?,
        watch,
        troubled: false,
    };
    let stopped = Arc::clone(&stop);
    let thread = std::thread::Builder::new().name("alerts".to_owned());
    let thread = thread.spawn(move || teller.work(&stopped))?;
    Ok(Alerts { stop, thread: Some(thread) })
}

impl Drop for Alerts {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            _ = thread.join(); // it waits for nobody
        }
    }
}

struct Teller {
    run: String,
    folder: PathBuf,
    rules: Rules,
    channels: Vec<Channel>,
    watch: Watch,
    /// The folder could not be used, which has been said.
    troubled: bool,
}

impl Teller {
    fn work(mut self, stop: &AtomicBool) {
        let mut lock: Option<File> = None;
        let mut book = AlertBook::default();
        while !stop.load(Ordering::Relaxed) {
            if lock.is_none() {
                lock = self.locked().unwrap_or_else(|error| {
                    self.trouble(&error);
                    None
                });
                if lock.is_some() {
                    book = AlertBook::read(&self.folder).unwrap_or_default();
                }
            }
            // Without a lock the folder is another's, or cannot be written: then nobody else tells either.
            if (lock.is_some() || self.troubled)
                && let Some(conditions) = (self.watch)()
            {
                self.tell(&mut book, &conditions);
            }
            std::thread::park_timeout(PERIOD);
        }
    }

    fn locked(&self) -> Result<Option<File>> {
        std::fs::create_dir_all(&self.folder)?;
        let file = File::options().create(true).append(true).open(self.folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
        }
    }

    fn trouble(&mut self, error: &anyhow::Error) {
        if !std::mem::replace(&mut self.troubled, true) {
            tracing::warn!(
                "the alerts' folder {} cannot be used: {error:#}; alerts are sent, and after a restart some are sent again",
                self.folder.display()
            );
        }
    }

    fn tell(&mut self, book: &mut AlertBook, conditions: &[Condition]) {
        let now = now_ms();
        let silences = Silences::of(&self.folder).now(now).unwrap_or_else(|error| {
            self.trouble(&error);
            Vec::new()
        });
        let silenced = |key: &str| silences.iter().any(|silence| silence.covers(key, now));
        let before = book.clone();
        for (status, held) in book.ledger.update(now, conditions, self.rules, &silenced) {
            let notice = Notice::new(status, held.condition, &self.run, (held.since_ms, now));
            tracing::info!(key = notice.condition.key, "alert: {}", notice.line());
            self.channels.iter().for_each(|channel| channel.send(notice.clone()));
        }
        let counts = self.channels.iter().map(|one| (one.name.to_owned(), one.deliveries()));
        (book.channels, book.process) = (counts.collect(), std::process::id());
        if *book != before
            && let Err(error) = book.write(&self.folder)
        {
            self.trouble(&error);
        }
    }
}

/// The alerts of the run in `folder` as the process that tells wrote them last; none before there was one.
pub fn book_in(folder: &Path) -> Option<AlertBook> {
    AlertBook::read(folder)
}
