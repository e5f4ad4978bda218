//! Every table of the page as JSON rows and as CSV, by a link: `/tables/groups.csv`, `/tables/journal.json`.

use super::state::Dashboard;
use super::{documents, log_records};
use anyhow::{Result, bail};
use api::answers::{EquityQuery, JournalQuery, ModelsQuery, PositionsQuery, RankingsQuery};
use api::dead_letters::{LettersWanted, list};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use schemas::Day;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::table::quoted;
use web::error_reply;

/// The tables there are.
const NAMES: &str = "conditions, groups, partitions, topics, processes, dead-letters, dead-letter-counts, \
    models, changes, triggers, trainings, equity, positions, pending, journal, rankings and refused (with day=DATE), bars, \
    scans, predictions and outcomes (with ticker=NAME)";

/// `GET /tables/{name}.csv` and `.json`.
pub(super) async fn table(
    State(dashboard): State<Arc<Dashboard>>,
    Path(file): Path<String>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let Some((name, ending)) = file.rsplit_once('.').filter(|(_, it)| ["csv", "json"].contains(it))
    else {
        let why = format!("{file}: ask for NAME.csv or NAME.json; the tables are {NAMES}");
        return error_reply(StatusCode::NOT_FOUND, &why);
    };
    let (wanted, is_csv) = (name.to_owned(), ending == "csv");
    let read = move || rows(&dashboard, &wanted, &parameters);
    let rows = match tokio::task::spawn_blocking(read).await {
        Ok(Ok(Some(rows))) => rows,
        Ok(Ok(None)) => {
            let why = format!("no table is called {name}; the tables are {NAMES}");
            return error_reply(StatusCode::NOT_FOUND, &why);
        }
        Ok(Err(error)) => {
            return error_reply(StatusCode::SERVICE_UNAVAILABLE, &format!("{error:#}"));
        }
        Err(error) => return error_reply(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    if !is_csv {
        return axum::Json(rows).into_response();
    }
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
    ];
    (headers, csv(&rows)).into_response()
}

/// The rows of a table; none where there is no such one.
fn rows(
    dashboard: &Dashboard,
    name: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<Option<Vec<Value>>> {
    let array = |value: Value| match value {
        Value::Array(rows) => rows,
        _ => Vec::new(),
    };
    let found = match name {
        "groups" | "partitions" | "topics" | "processes" => array(sampled(dashboard, name)?),
        "conditions" => array(json!(dashboard.watcher.lock().now())),
        "dead-letters" | "dead-letter-counts" => {
            let wanted = LettersWanted { limit: usize::MAX, ..LettersWanted::default() };
            let found = list(&*dashboard.log, &dashboard.run.id, &wanted)?;
            array(if name == "dead-letters" { json!(found.letters) } else { json!(found.counts) })
        }
        "models" => array(json!(dashboard.views()?.ask(&ModelsQuery)?.models)),
        "changes" => array(json!(dashboard.views()?.ask(&ModelsQuery)?.changes)),
        "triggers" => array(json!(documents::training_of(dashboard)?.rules.triggers)),
        "trainings" => array(json!(documents::training_of(dashboard)?.last)),
        "equity" => equity(dashboard)?,
        "positions" => array(json!(dashboard.views()?.ask(&PositionsQuery)?.positions)),
        "pending" => array(json!(dashboard.views()?.ask(&PositionsQuery)?.pending)),
        "journal" => array(json!(dashboard.views()?.ask(&JournalQuery { last: None })?.trades)),
        "bars" | "scans" | "predictions" | "outcomes" => {
            let Some(ticker) = parameters.get("ticker") else { bail!("{name}: add ?ticker=NAME") };
            array(
                json!(log_records::of_ticker(dashboard, ticker)?)
                    .get(name)
                    .cloned()
                    .unwrap_or_default(),
            )
        }
        "rankings" | "refused" => {
            let day = parameters.get("day").map(|day| day.parse::<Day>());
            let Ok(day) = day.transpose() else { bail!("day: write it as 2018-06-29") };
            let ranked = json!(dashboard.views()?.ask(&RankingsQuery { day })?);
            array(ranked.get(name).cloned().unwrap_or_default())
        }
        _ => return Ok(None),
    };
    Ok(Some(found))
}

/// What the last sample has of it, without the lines to be drawn.
fn sampled(dashboard: &Dashboard, name: &str) -> Result<Value> {
    // A file does not show how old it is.
    if let Some(outage) = dashboard.monitor.outage() {
        bail!("the run cannot be sampled now: {}; ask again once it answers", outage.problem)
    }
    let Some(snapshot) = dashboard.monitor.latest() else {
        bail!("the run has not been sampled yet; ask again in a moment")
    };
    Ok(match name {
        "groups" => {
            let mut groups = json!(snapshot.groups);
            for group in groups.as_array_mut().into_iter().flatten() {
                group.as_object_mut().map(|group| group.remove("line"));
            }
            groups
        }
        "partitions" => json!(snapshot.partitions),
        "topics" => json!(snapshot.topics),
        _ => json!(snapshot.lag.processes),
    })
}

fn equity(dashboard: &Dashboard) -> Result<Vec<Value>> {
    let view = dashboard.views()?.ask(&EquityQuery)?;
    let of_track = |(track, marks): (_, Vec<_>)| {
        marks.into_iter().map(move |mark| {
            let mut row = json!(mark);
            row["track"] = json!(track);
            row
        })
    };
    Ok(view.tracks.into_iter().flat_map(of_track).collect())
}

/// Rows as CSV (RFC 4180): the columns of all rows by their first appearance, records within a row as `record_field`,
/// lists as JSON.
fn csv(rows: &[Value]) -> String {
    let flat: Vec<Map<String, Value>> = rows.iter().map(flattened).collect();
    let mut columns: Vec<&str> = Vec::new();
    for name in flat.iter().flat_map(Map::keys) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let mut text = columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",");
    text.push_str("\r\n");
    for row in &flat {
        let cells = columns.iter().map(|name| row.get(*name).map_or(String::new(), cell));
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

fn flattened(row: &Value) -> Map<String, Value> {
    let mut flat = Map::new();
    for (name, value) in row.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => {
                let inner = flattened(value).into_iter();
                flat.extend(inner.map(|(field, value)| (format!("{name}_{field}"), value)));
            }
            other => _ = flat.insert(name.clone(), other.clone()),
        }
    }
    flat
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns_and_records_within_them_columns_of_their_own() {
        let rows = [
            json!({ "a": 1, "b": { "c": "x,\"y\"", "d": null } }),
            json!({ "a": 2.5, "e": ["p", 1] }),
        ];
        let text = "a,b_c,b_d,e\r\n1,\"x,\"\"y\"\"\",,\r\n2.5,,,\"[\"\"p\"\",1]\"\r\n";
        assert_eq!(csv(&rows), text);
        assert_eq!(csv(&[]), "\r\n");
    }
}
