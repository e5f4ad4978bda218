//! Reading: only the due partitions, from the given offsets.

use std::time::{Duration, Instant};

use super::suite::{Failure, Outcome, PATIENCE, Suite, equal, holds, read_to, values};
use crate::{ErrorClass, Reader, TopicPartition};

const SHORT: Duration = Duration::from_millis(200);

/// The first poll that gives records, however long the adapter takes to begin.
fn first_records(
    reader: &mut dyn Reader,
    due: &[(TopicPartition, u64)],
    max: usize,
) -> Result<Vec<crate::Fetched>, Failure> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let fetched = reader.poll(due, max, SHORT)?;
        if fetched.iter().any(|f| !f.records.is_empty()) {
            return Ok(fetched);
        }
    }
    Err(Failure("no records came in time".to_string()))
}

pub(super) fn due(suite: &Suite<'_>) -> Outcome {
    suite.fill(0, 10)?;
    suite.fill(1, 10)?;
    let mut reader = suite.log.reader()?;
    let mut turns = Vec::new();
    for partition in [1, 0, 1, 0] {
        let tp = suite.tp(partition);
        let high = suite.ends(tp.partition)?.high;
        let (records, _) = read_to(&mut *reader, &tp, 4, high)?;
        turns.push(records.len());
        equal("the first offset", &records.first().map(|r| r.offset), &Some(4))?;
    }
    equal("records from offset 4 on, at each turn", &turns, &vec![6, 6, 6, 6])?;
    let both = [(suite.tp(0), 0), (suite.tp(1), 0)];
    let mut seen = [0, 0];
    let deadline = Instant::now() + PATIENCE;
    while seen != [10, 10] && Instant::now() < deadline {
        let at = [(both[0].0.clone(), seen[0]), (both[1].0.clone(), seen[1])];
        for fetched in reader.poll(&at, 100, SHORT)? {
            seen[fetched.tp.partition as usize] += fetched.records.len() as u64;
        }
    }
    equal("records of both", &seen, &[10, 10])
}

pub(super) fn seek(suite: &Suite<'_>) -> Outcome {
    suite.fill(2, 20)?;
    let tp = suite.tp(2);
    let mut reader = suite.log.reader()?;
    for from in [0u64, 15, 3, 3, 19, 0] {
        let fetched = first_records(&mut *reader, &[(tp.clone(), from)], 4)?;
        let offsets: Vec<u64> = fetched[0].records.iter().map(|r| r.offset).collect();
        equal("where reading starts", &offsets[0], &from)?;
        let last = offsets[offsets.len() - 1];
        holds("the position is behind the last record", fetched[0].position > last)?;
    }
    Ok(())
}

pub(super) fn limit(suite: &Suite<'_>) -> Outcome {
    suite.fill(0, 9)?;
    let tp = suite.tp(0);
    let mut reader = suite.log.reader()?;
    let mut position = 0;
    let mut read = Vec::new();
    while read.len() < 9 {
        let fetched = first_records(&mut *reader, &[(tp.clone(), position)], 2)?;
        let count: usize = fetched.iter().map(|f| f.records.len()).sum();
        holds("no more than asked for", (1..=2).contains(&count))?;
        position = fetched[0].position;
        read.extend(values(&fetched[0].records));
    }
    let expected: Vec<String> = (0..9).map(|i| i.to_string()).collect();
    equal("all of them, once, in order", &read, &expected)
}

/// At the end a poll gives nothing, the position is the high watermark, and the poll waits as long
/// as asked.
pub(super) fn idle(suite: &Suite<'_>) -> Outcome {
    suite.fill(3, 3)?;
    let tp = suite.tp(3);
    let high = suite.ends(tp.partition)?.high;
    let mut reader = suite.log.reader()?;
    let (records, position) = read_to(&mut *reader, &tp, 0, high)?;
    equal("the records", &records.len(), &3)?;
    equal("the position", &position, &high)?;
    let begun = Instant::now();
    let at = [(tp, position)];
    equal("at the end", &reader.poll(&at, 10, Duration::ZERO)?, &Vec::new())?;
    equal("at the end, waiting", &reader.poll(&at, 10, SHORT)?, &Vec::new())?;
    holds("it waited", begun.elapsed() >= SHORT - Duration::from_millis(20))?;
    equal("with nothing due", &reader.poll(&[], 10, Duration::ZERO)?, &Vec::new())
}

pub(super) fn wake(suite: &Suite<'_>) -> Outcome {
    let mut reader = suite.log.reader()?;
    let at = [(suite.tp(0), 0)];
    reader.poll(&at, 10, SHORT)?;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            std::thread::sleep(SHORT);
            suite.fill(0, 1)
        });
        let begun = Instant::now();
        let mut fetched = Vec::new();
        while fetched.is_empty() && begun.elapsed() < PATIENCE {
            fetched = reader.poll(&at, 10, PATIENCE / 2)?;
        }
        holds("a publish wakes a waiting reader", begun.elapsed() < PATIENCE / 2)?;
        equal("what it read", &fetched.first().map(|f| f.records.len()), &Some(1))?;
        writer.join().unwrap_or_else(|_| holds("the writer does not panic", false))
    })
}

/// A position beyond the end belongs to another log: an error, not silence.
pub(super) fn beyond(suite: &Suite<'_>) -> Outcome {
    suite.fill(0, 1)?;
    let mut reader = suite.log.reader()?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match reader.poll(&[(suite.tp(0), 1_000)], 10, SHORT) {
            Ok(fetched) => equal("beyond the end", &fetched, &Vec::new())?,
            Err(error) => return equal("the class", &error.class, &ErrorClass::Fatal),
        }
    }
    Err(Failure("reading beyond the end was not refused".to_string()))
}
