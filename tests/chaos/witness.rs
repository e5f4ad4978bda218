//! A reader of committed records that reads along while faults strike. The records it sees must be
//! those of the final log, at the same offsets; and records published together must become visible
//! together.

use crate::book::{Places, of_place};
use eventlog::{Fetched, Log, Reader, Record, TopicPartition};
use schemas::{Day, Topic};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Connects to the log, which may be away.
pub(crate) type Connect = Box<dyn Fn() -> eventlog::Result<Arc<dyn Log>> + Send>;

/// What the witness saw so far.
#[derive(Clone, Default)]
pub(crate) struct Sight {
    /// Every record, by partition.
    pub seen: BTreeMap<TopicPartition, Vec<Record>>,
    /// Violations, each a sentence.
    pub wrong: Vec<String>,
}

struct Shared {
    sight: Mutex<Sight>,
    count: AtomicU64,
    stop: AtomicBool,
}

/// The reader's thread.
pub(crate) struct Witness {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Witness {
    /// Starts to read at `ends`. A log that shows all partitions at one moment (`at_once`) must show
    /// the records of one publish together.
    pub(crate) fn start(connect: Connect, ends: &Places, at_once: bool) -> Witness {
        let shared = Arc::new(Shared {
            sight: Mutex::default(),
            count: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let (within, ends) = (Arc::clone(&shared), ends.clone());
        let thread = std::thread::spawn(move || read_along(&within, &connect, ends, at_once));
        Witness { shared, thread: Some(thread) }
    }

    /// Records seen so far.
    pub(crate) fn count(&self) -> u64 {
        self.shared.count.load(Ordering::Relaxed)
    }

    /// The last record it saw of each partition.
    pub(crate) fn last(&self) -> Vec<(TopicPartition, Record)> {
        let sight = self.shared.sight.lock().unwrap_or_else(PoisonError::into_inner);
        let last = |(place, seen): (&TopicPartition, &Vec<Record>)| {
            Some((place.clone(), seen.last()?.clone()))
        };
        sight.seen.iter().filter_map(last).collect()
    }

    /// Stops it and returns what it saw.
    pub(crate) fn finish(mut self) -> Sight {
        self.shared.stop.store(true, Ordering::Relaxed);
        let died = self.thread.take().is_some_and(|thread| thread.join().is_err());
        let mut sight = self.shared.sight.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sight = std::mem::take(&mut *sight);
        if died {
            sight.wrong.push("the witness died".to_owned());
        }
        sight
    }
}

/// What a witness sees in so many polls of `reader`.
pub(crate) fn look(reader: &mut dyn Reader, looks: usize, ends: &Places, at_once: bool) -> Sight {
    let shared =
        Shared { sight: Mutex::default(), count: AtomicU64::new(0), stop: AtomicBool::new(false) };
    let (mut next, mut days) = (ends.clone(), Days::default());
    for _ in 0..looks {
        if let Err(error) = read(&shared, reader, &mut next, &mut days, at_once) {
            return Sight { wrong: vec![error.to_string()], ..Sight::default() };
        }
    }
    shared.sight.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

fn read_along(shared: &Shared, connect: &Connect, mut next: Places, at_once: bool) {
    let stopped = || shared.stop.load(Ordering::Relaxed);
    let mut days = Days::default();
    while !stopped() {
        let reader = connect().and_then(|log| log.reader());
        let Ok(mut reader) = reader else {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        while !stopped() && read(shared, &mut *reader, &mut next, &mut days, at_once).is_ok() {}
    }
}

fn read(
    shared: &Shared,
    reader: &mut dyn Reader,
    next: &mut Places,
    days: &mut Days,
    at_once: bool,
) -> eventlog::Result<()> {
    let due: Vec<(TopicPartition, u64)> =
        next.iter().map(|(place, from)| (place.clone(), *from)).collect();
    let fetched = reader.poll(&due, 100_000, Duration::from_millis(100))?;
    let mut sight = shared.sight.lock().unwrap_or_else(PoisonError::into_inner);
    let mut bytes = 0;
    for Fetched { tp, records, position } in fetched {
        let Some(expected) = next.get_mut(&tp) else {
            sight.wrong.push(format!("{tp} was not asked for"));
            continue;
        };
        for record in records {
            if record.offset < *expected {
                sight.wrong.push(format!("{tp} went back to {} from {expected}", record.offset));
            }
            *expected = record.offset + 1;
            bytes += record.value.len();
            days.take(&tp, &record);
            shared.count.fetch_add(1, Ordering::Relaxed);
            sight.seen.entry(tp.clone()).or_default().push(record.into_record());
        }
        *expected = position.max(*expected);
    }
    // A full poll shows some partitions later than others.
    if at_once && bytes < 4 << 20 {
        sight.wrong.extend(days.torn());
    }
    Ok(())
}

/// How far each partition's days have come.
#[derive(Default)]
struct Days {
    closed: BTreeMap<TopicPartition, Day>,
    open: BTreeMap<TopicPartition, u64>,
    said: bool,
}

impl Days {
    fn take(&mut self, place: &TopicPartition, record: &Record) {
        let Some(topic) = of_place(place) else { return };
        let Ok(event) = shell::record_codec::event(topic, record) else { return };
        if event.body.marker().is_some() {
            self.closed.insert(place.clone(), event.day);
            self.open.remove(place);
        } else {
            *self.open.entry(place.clone()).or_default() += 1;
        }
    }

    /// Publishes seen in part: the source's day, and a day's events of a role with one active instance,
    /// must appear on all partitions together.
    fn torn(&mut self) -> Option<String> {
        for topic in [Topic::Bars, Topic::Orders, Topic::Fills] {
            let of = |place: &&TopicPartition| &*place.topic == topic.name();
            let mut closed = self.closed.iter().filter(|(place, _)| of(place)).map(|(_, day)| day);
            let first = closed.next();
            let apart = closed.any(|day| Some(day) != first);
            let open = topic == Topic::Bars && self.open.keys().any(|place| of(&place));
            if (apart || open) && !self.said {
                self.said = true;
                return Some(format!(
                    "torn transaction on {topic}: closed {:?}, open {:?}",
                    self.closed, self.open
                ));
            }
        }
        None
    }
}
