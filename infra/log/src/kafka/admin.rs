//! Creating topics that keep everything, and comparing those that exist.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::KafkaLog;
use super::errors::{Place, of_code};
use super::settings::Quiet;
use crate::{ErrorClass, Log, LogError, Result, TopicInfo, TopicMismatch, TopicSpec};

/// The settings under which nothing is ever deleted. Record timestamps are the events'
/// own, so everything that goes by time must be at its maximum.
const KEEP_ALL: [(&str, &str); 6] = [
    ("cleanup.policy", "delete"),
    ("retention.ms", "-1"),
    ("retention.bytes", "-1"),
    ("segment.ms", "9223372036854775807"),
    ("message.timestamp.after.max.ms", "9223372036854775807"),
    ("message.timestamp.type", "CreateTime"),
];
const PAUSE: Duration = Duration::from_millis(50);

/// See [`Log::ensure_topics`].
pub(crate) fn ensure_topics(log: &KafkaLog, specs: &[TopicSpec]) -> Result<Vec<TopicMismatch>> {
    let config = log.settings.asker();
    let admin: AdminClient<Quiet> = log.settings.create(&config, Quiet)?;
    let known = log.topics()?;
    let (there, missing): (Vec<_>, Vec<_>) =
        specs.iter().partition(|spec| known.iter().any(|info| info.name == spec.name));
    let mut mismatches = compare(log, &admin, &there, &known)?;
    if !missing.is_empty() {
        create(log, &admin, &missing)?;
        // Another process may have created them meanwhile, with settings of its own.
        mismatches.extend(compare(log, &admin, &missing, &wait_for(log, &missing)?)?);
    }
    Ok(mismatches)
}

fn options(log: &KafkaLog) -> AdminOptions {
    let timeout = Some(log.settings.timeout);
    AdminOptions::new().request_timeout(timeout).operation_timeout(timeout)
}

fn create(log: &KafkaLog, admin: &AdminClient<Quiet>, missing: &[&TopicSpec]) -> Result<()> {
    let names: Vec<String> = missing.iter().map(|s| log.settings.name(&s.name)).collect();
    let copies = log.settings.replication.map_or(-1, |copies| copies as i32);
    let topics: Vec<NewTopic<'_>> = missing
        .iter()
        .zip(&names)
        .map(|(spec, name)| NewTopic {
            config: KEEP_ALL.to_vec(),
            ..NewTopic::new(name, spec.partitions as i32, TopicReplication::Fixed(copies))
        })
        .collect();
    let results = block_on(admin.create_topics(&topics, &options(log))).at("creating topics")?;
    for result in results {
        match result {
            Ok(_) | Err((_, Code::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(of_code(code, format!("creating {topic}"))),
        }
    }
    Ok(())
}

/// Waits until every partition of the new topics has a leader that clients can find.
fn wait_for(log: &KafkaLog, specs: &[&TopicSpec]) -> Result<Vec<TopicInfo>> {
    let deadline = Instant::now() + log.settings.timeout;
    loop {
        let known = log.topics()?;
        let settled = specs.iter().all(|spec| {
            known.iter().any(|info| info.name == spec.name && info.partitions > 0)
                && (0..spec.partitions).all(|n| {
                    log.watermarks(&crate::TopicPartition::new(spec.name.as_str(), n)).is_ok()
                })
        });
        if settled || Instant::now() > deadline {
            return match settled {
                true => Ok(known),
                false => Err(LogError::new(
                    ErrorClass::Retry,
                    "new topics have no leaders yet",
                    &log.settings.brokers,
                    "wait a moment, or check that enough brokers run for the replication asked for",
                )),
            };
        }
        thread::sleep(PAUSE);
    }
}

fn compare(
    log: &KafkaLog,
    admin: &AdminClient<Quiet>,
    specs: &[&TopicSpec],
    known: &[TopicInfo],
) -> Result<Vec<TopicMismatch>> {
    let mut mismatches = Vec::new();
    let names: Vec<String> = specs.iter().map(|s| log.settings.name(&s.name)).collect();
    let asked: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    if asked.is_empty() {
        return Ok(mismatches);
    }
    let found = block_on(admin.describe_configs(&asked, &options(log)))
        .at("reading the settings of topics")?;
    for (spec, resource) in specs.iter().zip(found) {
        let mut report = |setting: &str, expected: &str, found: &str| {
            if expected != found {
                mismatches.push(TopicMismatch {
                    topic: spec.name.clone(),
                    setting: setting.to_string(),
                    expected: expected.to_string(),
                    found: found.to_string(),
                });
            }
        };
        if let Some(info) = known.iter().find(|info| info.name == spec.name) {
            report("partitions", &spec.partitions.to_string(), &info.partitions.to_string());
        }
        let resource = resource.map_err(|code| of_code(code, &spec.name))?;
        for (setting, expected) in KEEP_ALL {
            // A broker too old to know a setting does not report it.
            if let Some(entry) = resource.get(setting) {
                report(setting, expected, entry.value.as_deref().unwrap_or(""));
            }
        }
    }
    Ok(mismatches)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for one answer of the admin client, which has a thread of its own.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
