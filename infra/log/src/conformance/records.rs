//! Records: kept as written, in order, whole publishes only.

use super::suite::{Outcome, PARTITIONS, Suite, equal, holds, refused, values};
use crate::{
    Batch, ErrorClass, Headers, NewRecord, Nulls, TopicInfo, TopicPartition, TopicSpec, Watermarks,
};
use std::collections::BTreeSet;

pub(super) fn identity(suite: &Suite<'_>) -> Outcome {
    let log = suite.log;
    holds("the log has an identity", !log.identity()?.is_empty())?;
    equal("the identity asked again", &log.identity()?, &log.identity()?)?;
    if !suite.can.administers {
        return Ok(());
    }
    let id = log.topic_identity(&suite.topic())?;
    holds("a topic has an identity", id.as_ref().is_some_and(|id| !id.is_empty()))?;
    equal("the topic's identity asked again", &log.topic_identity(&suite.topic())?, &id)?;
    equal("a missing topic's identity", &log.topic_identity(&suite.id("missing"))?, &None)
}

pub(super) fn settings(suite: &Suite<'_>) -> Outcome {
    let info = TopicInfo { name: suite.topic(), partitions: PARTITIONS };
    holds("the topic is listed", suite.log.topics()?.contains(&info))?;
    if suite.can.administers {
        let other = TopicSpec::new(suite.topic(), PARTITIONS + 1);
        let found = suite.log.ensure_topics(&[other])?;
        let named: Vec<_> = found.iter().map(|m| (m.setting.as_str(), m.found.as_str())).collect();
        equal("the mismatch", &named, &vec![("partitions", "4")])?;
        holds("the topic is as it was", suite.log.topics()?.contains(&info))?;
    }
    let missing = TopicPartition::new(suite.id("missing"), 0);
    holds("a missing topic has no ends", suite.log.watermarks(&missing).is_err())?;
    holds("a missing partition has no ends", suite.log.watermarks(&suite.tp(9)).is_err())
}

pub(super) fn content(suite: &Suite<'_>) -> Outcome {
    let new = |timestamp_ms, key: Option<&[u8]>, value: &[u8], headers| NewRecord {
        to: suite.tp(1),
        timestamp_ms,
        key: key.map(<[u8]>::to_vec),
        value: value.to_vec(),
        headers,
    };
    let none = Headers::default;
    let mut nulls = Headers::from([("null", ""), ("empty", "")]);
    Nulls { value: true, headers: BTreeSet::from([0]), ..Nulls::default() }.mark(&mut nulls);
    let written = vec![
        new(1_500_000_000_000, Some(b"AAPL"), b"\0\x01\xff", none()),
        new(1_400_000_000_000, None, b"x", Headers::from([("a", "1"), ("a", "")])),
        new(1, Some(b"\0"), b"y", Headers::from([("traceparent", b"\xfe")])),
        new(2, Some(b""), b"", nulls),
        new(3, None, b"", none()),
    ];
    let mut producer = suite.log.producer(&suite.id("producer"))?;
    let mut given = Vec::new();
    for chunk in [&written[..2], &written[2..]] {
        let batch = Batch { records: chunk.to_vec(), ..Batch::default() };
        given.extend(producer.publish(batch, None)?);
    }
    let undated = Batch { records: vec![new(0, None, b"z", none())], ..Batch::default() };
    refused("a record without a time", producer.publish(undated, None), ErrorClass::Fatal)?;
    let read = suite.everything(1)?;
    equal("the number of records", &read.len(), &written.len())?;
    for (found, new) in read.iter().zip(&written) {
        equal("the timestamp", &found.timestamp_ms, &new.timestamp_ms)?;
        equal("the key", &found.key, &new.key)?;
        equal("the value", &found.value, &new.value)?;
        equal("the headers", &found.headers, &new.headers)?;
    }
    let offsets: Vec<u64> = read.iter().map(|r| r.offset).collect();
    holds("offsets ascend", offsets.is_sorted_by(|a, b| a < b))?;
    if suite.can.dense {
        equal("the offsets", &offsets, &vec![0, 1, 2, 3, 4])?;
    }
    if !given.is_empty() {
        equal("the offsets given on publishing", &given, &offsets)?;
    }
    equal("what the other partition holds", &suite.everything(0)?, &Vec::new())
}

pub(super) fn large(suite: &Suite<'_>) -> Outcome {
    let value: Vec<u8> = (0..512 * 1024u32).map(|i| (i % 251) as u8).collect();
    let record = NewRecord { value: value.clone(), ..suite.record(0, 1, "model") };
    let batch = Batch { records: vec![record], ..Batch::default() };
    suite.log.producer(&suite.id("producer"))?.publish(batch, None)?;
    let read = suite.everything(0)?;
    holds("half a MiB comes back", read.len() == 1 && read[0].value == value)
}

pub(super) fn watermarks(suite: &Suite<'_>) -> Outcome {
    let empty = Watermarks { low: 0, high: 0 };
    equal("an empty partition", &suite.log.watermarks(&suite.tp(0))?, &empty)?;
    suite.fill(0, 5)?;
    let ends = suite.ends(0)?;
    equal("the low watermark", &ends.low, &0)?;
    match suite.can.dense {
        true => equal("the high watermark", &ends.high, &5)?,
        false => holds("the high watermark covers the records", ends.high >= 5)?,
    }
    equal("the end of what is written", &suite.log.written_end(&suite.tp(0))?, &ends.high)?;
    equal("another partition", &suite.log.watermarks(&suite.tp(1))?, &empty)
}

pub(super) fn times(suite: &Suite<'_>) -> Outcome {
    if !suite.can.administers {
        return Ok(());
    }
    let mut producer = suite.log.producer(&suite.id("producer"))?;
    let mut publish = |partition, times: &[i64]| {
        let record = |at: &i64| suite.record(partition, *at, &at.to_string());
        let records = times.iter().map(record).collect();
        producer.publish(Batch { records, ..Batch::default() }, None)
    };
    // In two publishes, so that on Kafka a marker with today's time lies between them.
    publish(0, &[10, 20])?;
    publish(0, &[20, 40])?;
    publish(1, &[10, 50])?;
    publish(1, &[30, 60])?;
    let cases = [
        (0, 0, Some(10)),
        (0, 10, Some(10)),
        (0, 11, Some(20)),
        (0, 20, Some(20)),
        (0, 21, Some(40)),
        (0, 41, None),
        (1, 40, Some(50)),
        (1, 55, Some(60)),
        (1, 61, None),
        (2, 5, None),
    ];
    suite.ends(0)?;
    suite.ends(1)?;
    for (partition, at, expected) in cases {
        let found = suite.log.offset_for_time(&suite.tp(partition), at)?;
        let records = suite.everything(partition)?;
        let first = records.iter().find(|r| r.offset >= found).map(|r| r.timestamp_ms);
        equal(&format!("partition {partition} at {at}"), &first, &expected)?;
        let end = suite.ends(partition)?.high;
        holds("without such a record it is the end", expected.is_some() || found == end)?;
    }
    Ok(())
}

/// One record that cannot be written takes the whole publish with it.
pub(super) fn torn(suite: &Suite<'_>) -> Outcome {
    let mut producer = suite.log.producer(&suite.id("producer"))?;
    let good = Batch { records: vec![suite.record(0, 1, "first")], ..Batch::default() };
    producer.publish(good.clone(), None)?;
    let records = vec![
        suite.record(0, 2, "torn"),
        suite.record(1, 2, "torn"),
        suite.record(77, 2, "nowhere"),
    ];
    let torn = Batch { records, ..Batch::default() };
    refused("a record to nowhere", producer.publish(torn, None), ErrorClass::Fatal)?;
    let mut producer = suite.log.producer(&suite.id("producer"))?;
    producer.publish(good, None)?;
    if suite.can.transacts {
        let found = values(&suite.everything(0)?);
        equal("what is there", &found, &vec!["first".to_string(), "first".to_string()])?;
        equal("the other partition", &suite.everything(1)?, &Vec::new())?;
    }
    Ok(())
}

/// Several producers at once: nothing lost, each one's records in its order.
pub(super) fn threads(suite: &Suite<'_>) -> Outcome {
    const WRITERS: usize = 4;
    const BATCHES: usize = 10;
    let write = |writer: usize| -> crate::Result<()> {
        let mut producer = suite.log.producer(&suite.id(&format!("producer-{writer}")))?;
        for i in 0..BATCHES {
            let record = |n| suite.record(n, 1 + i as i64, &format!("{writer}:{i:03}"));
            let records = (0..PARTITIONS).map(record).collect();
            producer.publish(Batch { records, ..Batch::default() }, None)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..WRITERS).map(|w| scope.spawn(move || write(w))).collect();
        handles.into_iter().try_for_each(|handle| match handle.join() {
            Ok(result) => Ok(result?),
            Err(_) => holds("a writer does not panic", false),
        })
    })?;
    for partition in 0..PARTITIONS {
        let read = values(&suite.everything(partition)?);
        for writer in 0..WRITERS {
            let mine: Vec<&String> =
                read.iter().filter(|v| v.starts_with(&format!("{writer}:"))).collect();
            equal("one writer's records", &mine.len(), &BATCHES)?;
            holds("they are in order", mine.is_sorted())?;
        }
    }
    Ok(())
}
