//! Records of the log as the page shows them: the one at a place, the dead letters, and what the log has of a ticker.

use super::state::{Dashboard, Missing, answered};
use anyhow::Result;
use api::dead_letters::{LettersWanted, letter as letter_of, list};
use api::record_json::RecordFormat;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use eventlog::{Log, PartitionReader, TopicPartition};
use run::data_dir;
use schemas::{Topic, partition_of};
use serde::Serialize;
use serde_json::Value;
use shell::record_codec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Dead letters listed.
const LETTERS: usize = 500;
/// Records looked through of one partition for those of a ticker.
const LOOKED: u64 = 4_000;
/// Days of a ticker that are shown.
const DAYS: usize = 250;

#[derive(Serialize)]
struct AtPlace {
    topic: &'static str,
    partition: u32,
    /// The one asked for.
    offset: u64,
    start: u64,
    end: u64,
    /// The record there, or the next one; none at the end.
    record: Option<Value>,
}

/// `GET /api/record/{topic}/{partition}/{offset}`.
pub(super) async fn record(
    State(dashboard): State<Arc<Dashboard>>,
    Path((topic, partition, offset)): Path<(String, u32, u64)>,
) -> Response {
    answered(move || {
        let topic: Topic = topic.parse().map_err(|error| Missing(format!("{error}")))?;
        let place = record_codec::place(topic, partition);
        let ends = dashboard.log.watermarks(&place)?;
        let from = offset.max(ends.low);
        let record = records(&*dashboard.log, topic, &place, from..ends.high, 1, |_| true)?;
        let (topic, start, end) = (topic.dataset(), ends.low, ends.high);
        Ok(AtPlace { topic, partition, offset, start, end, record: record.into_iter().next() })
    })
    .await
}

/// The first `most` records of a range that are wanted.
fn records(
    log: &dyn Log,
    topic: Topic,
    place: &TopicPartition,
    range: std::ops::Range<u64>,
    most: usize,
    wanted: impl Fn(&eventlog::Record) -> bool,
) -> Result<Vec<Value>> {
    let format = RecordFormat::new(topic);
    let mut reader = PartitionReader::new(log)?;
    let mut found = Vec::new();
    for record in reader.records(place, range) {
        let record = record?;
        if wanted(&record) {
            let event = record_codec::event(topic, &record);
            found.push(serde_json::to_value(format.json(place, &record, &event))?);
        }
        if found.len() == most {
            break;
        }
    }
    Ok(found)
}

/// `GET /api/dead-letters`, with `reason`, `topic`.
pub(super) async fn letters(
    State(dashboard): State<Arc<Dashboard>>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    answered(move || {
        let topic = parameters.get("topic").map(|topic| topic.parse::<Topic>());
        let topic = topic.transpose().map_err(|error| anyhow::anyhow!("{error}"))?;
        let reason = parameters.get("reason").cloned();
        let wanted = LettersWanted { reason, topic, state: None, limit: LETTERS };
        list(&*dashboard.log, &dashboard.run.id, &wanted)
    })
    .await
}

/// `GET /api/dead-letters/{id}`.
pub(super) async fn letter(
    State(dashboard): State<Arc<Dashboard>>,
    Path(id): Path<u64>,
) -> Response {
    answered(move || {
        letter_of(&*dashboard.log, &dashboard.run.id, id)?
            .ok_or_else(|| Missing(format!("there is no dead letter {id}")).into())
    })
    .await
}

/// The latest events of a ticker.
#[derive(Serialize)]
pub(super) struct OfTicker {
    ticker: String,
    partition: u32,
    /// Whether the log has older events of it than those looked through.
    older: bool,
    bars: Vec<Value>,
    scans: Vec<Value>,
    predictions: Vec<Value>,
    outcomes: Vec<Value>,
}

/// `GET /api/ticker/{ticker}`: its latest bars, scans, predictions and outcomes, oldest first.
pub(super) async fn ticker(
    State(dashboard): State<Arc<Dashboard>>,
    Path(ticker): Path<String>,
) -> Response {
    answered(move || of_ticker(&dashboard, &ticker)).await
}

/// What the log has of `ticker` among its latest events.
pub(super) fn of_ticker(dashboard: &Dashboard, ticker: &str) -> Result<OfTicker> {
    let log = &*dashboard.log;
    let ticker = ticker.to_uppercase();
    let partition = partition_of(&ticker, data_dir::partitions(log)?);
    let mut older = false;
    let mut last = |topic: Topic| -> Result<Vec<Value>> {
        let place = record_codec::place(topic, partition);
        let ends = log.watermarks(&place)?;
        let from = ends.high.saturating_sub(LOOKED).max(ends.low);
        older |= from > ends.low;
        let own = |record: &eventlog::Record| record.key.as_deref() == Some(ticker.as_bytes());
        let mut found = records(log, topic, &place, from..ends.high, usize::MAX, own)?;
        Ok(found.split_off(found.len().saturating_sub(DAYS)))
    };
    let found = OfTicker {
        bars: last(Topic::Bars)?,
        scans: last(Topic::Scans)?,
        predictions: last(Topic::Predictions)?,
        outcomes: last(Topic::Outcomes)?,
        partition,
        older,
        ticker,
    };
    if found.bars.is_empty() && found.scans.is_empty() {
        let OfTicker { ticker, partition, .. } = &found;
        let what = format!(
            "the log has nothing of {ticker} among its latest events of partition {partition}"
        );
        return Err(Missing(what).into());
    }
    Ok(found)
}
