//! What readers see of aborted and of open transactions, on a real Kafka:
//! `BUTTERQUANT_KAFKA=host:port` names it. Written by a producer that is not ours.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers of tests

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use eventlog::{KafkaLog, KafkaSettings, Log, Reader, TopicPartition, TopicSpec};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

const PATIENCE: Duration = Duration::from_secs(20);

struct Foreign(BaseProducer, String);

impl Foreign {
    fn begin(settings: &KafkaSettings, id: &str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &settings.brokers);
        config.set("transactional.id", format!("{}{id}", settings.prefix));
        let producer: BaseProducer = config.create().unwrap();
        producer.init_transactions(PATIENCE).unwrap();
        producer.begin_transaction().unwrap();
        Self(producer, format!("{}t", settings.prefix))
    }

    /// Writes them into the open transaction; they are on the brokers when this returns.
    fn write(&self, partition: i32, values: &[&str]) {
        for value in values {
            let record = BaseRecord::<(), str>::to(&self.1).partition(partition).payload(*value);
            self.0.send(record).unwrap();
        }
        self.0.flush(PATIENCE).unwrap();
    }

    fn commit(&self) {
        self.0.commit_transaction(PATIENCE).unwrap();
    }
}

/// The records a reader saw of a partition, and its position.
struct Seen {
    reader: Box<dyn Reader>,
    place: TopicPartition,
    values: Vec<String>,
    position: u64,
}

impl Seen {
    fn new(log: &KafkaLog, partition: u32) -> Self {
        let place = TopicPartition::new("t", partition);
        Self { reader: log.reader().unwrap(), place, values: Vec::new(), position: 0 }
    }

    /// Reads for so long, or to position `to`.
    fn read(&mut self, to: u64, wait: Duration) {
        let until = Instant::now() + wait;
        while self.position < to && Instant::now() < until {
            let due = [(self.place.clone(), self.position)];
            for fetched in self.reader.poll(&due, 100, Duration::from_millis(100)).unwrap() {
                let values = fetched.records.iter().map(|r| String::from_utf8_lossy(&r.value));
                self.values.extend(values.map(String::from));
                self.position = fetched.position;
            }
        }
    }
}

fn connect(name: &str) -> Option<(KafkaLog, KafkaSettings)> {
    let Ok(brokers) = std::env::var("BUTTERQUANT_KAFKA") else {
        println!("not run: BUTTERQUANT_KAFKA names no cluster");
        return None;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let mut settings = KafkaSettings::new(brokers);
    settings.prefix = format!("test-{now}-{name}.");
    let log = KafkaLog::connect(settings.clone()).unwrap();
    log.ensure_topics(&[TopicSpec::new("t", 2)]).unwrap();
    Some((log, settings))
}

#[test]
fn what_was_taken_back_is_stepped_over_and_never_seen() {
    let Some((log, settings)) = connect("aborted") else { return };
    let foreign = Foreign::begin(&settings, "foreign");
    foreign.write(0, &["before"]);
    foreign.commit();
    foreign.0.begin_transaction().unwrap();
    foreign.write(0, &["taken back", "this too"]);
    foreign.0.abort_transaction(PATIENCE).unwrap();
    foreign.0.begin_transaction().unwrap();
    foreign.write(0, &["after"]);
    foreign.commit();

    // Four records and the ends of three transactions.
    let mut seen = Seen::new(&log, 0);
    seen.read(7, PATIENCE);
    assert_eq!(
        (seen.values.as_slice(), seen.position),
        (&["before", "after"].map(String::from)[..], 7)
    );
    assert_eq!(log.watermarks(&seen.place).unwrap().high, 7);
    seen.read(8, Duration::from_millis(500));
    assert_eq!((seen.values.len(), seen.position), (2, 7), "nothing comes twice");

    // A reader that starts in the middle of the aborted records finds only those after them.
    let mut again = Seen::new(&log, 0);
    again.position = 3;
    again.read(7, PATIENCE);
    assert_eq!((again.values, again.position), (vec!["after".to_owned()], 7));
}

#[test]
fn what_is_open_is_seen_once_when_it_is_committed_and_so_is_what_came_after_it() {
    let Some((log, settings)) = connect("open") else { return };
    let open = Foreign::begin(&settings, "open");
    open.write(1, &["open"]);
    let other = Foreign::begin(&settings, "other");
    other.write(1, &["committed meanwhile"]);
    other.commit();

    let mut seen = Seen::new(&log, 1);
    seen.read(1, Duration::from_secs(1));
    assert_eq!((seen.values.len(), seen.position), (0, 0), "{:?}", seen.values);
    assert_eq!(log.watermarks(&seen.place).unwrap().high, 0, "its end is that of what is settled");
    // Two records, and the end of the other's transaction.
    assert_eq!(log.written_end(&seen.place).unwrap(), 3, "what is open is there all the same");

    open.write(1, &["open still"]);
    open.commit();
    // Three records and two ends, in the order in which they were written.
    seen.read(5, PATIENCE);
    let wanted = ["open", "committed meanwhile", "open still"].map(String::from);
    assert_eq!((seen.values.as_slice(), seen.position), (&wanted[..], 5));
    seen.read(6, Duration::from_millis(500));
    assert_eq!(seen.values.len(), 3, "nothing comes twice");
}
