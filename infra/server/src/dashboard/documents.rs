//! The documents of the page: one value of the rooms below each, as JSON.

use super::state::{Dashboard, KeptTraining, Missing, answered};
use anyhow::{Result, bail};
use api::answers::{EquityQuery, EquityView, ModelsQuery, PositionsQuery, PositionsView};
use api::monitor::{Outage, Snapshot};
use api::retraining::{RetrainingStatus, retraining};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use report::why::{Chains, Found, PageModel, PageWhy};
use run::data_dir;
use schemas::Day;
use schemas::contract::FEATURE_NAMES;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// How far trainings are is computed again after so many times as long as it took.
const TRAINING_FACTOR: u32 = 10;

/// A sample without what a page asks for by itself: partitions, lines and the full report of the lag.
pub(super) fn pulse(snapshot: Option<&Snapshot>, outage: Option<&Outage>) -> Value {
    let sample = snapshot.map(|of| {
        let lag = &of.lag;
        let groups: Vec<Value> = of
            .groups
            .iter()
            .filter_map(|group| {
                let mut group = serde_json::to_value(group).ok()?;
                group.as_object_mut()?.remove("line");
                Some(group)
            })
            .collect();
        json!({
            "at_ms": of.at_ms,
            "took_ms": of.took_ms,
            "run": of.run,
            "kind": of.kind,
            "source": of.source,
            "groups": groups,
            "topics": of.topics,
            "freshness": of.freshness,
            "newest_day": lag.newest_day,
            "source_waits": lag.source,
            "halted": lag.trading.halted,
            "what_if": lag.trading.what_if,
            "dead_letters": lag.dead_letters,
            "held_back": lag.held_back,
            "processes": lag.processes,
            "unasked": lag.unasked,
            "faults": lag.faults.sentences(),
        })
    });
    json!({ "sample": sample, "outage": outage })
}

/// `GET /api/snapshot`: the pulse, with the lines of each group and what the page is.
pub(super) async fn snapshot(State(dashboard): State<Arc<Dashboard>>) -> Response {
    axum::Json(opening(&dashboard)).into_response()
}

/// `GET /api/conditions`: what calls for a person, as alerts tell it; null before the first sample.
pub(super) async fn conditions(State(dashboard): State<Arc<Dashboard>>) -> Response {
    answered(move || Ok(dashboard.watcher.lock().now())).await
}

/// What a page begins with.
pub(super) fn opening(dashboard: &Dashboard) -> Value {
    let (snapshot, outage) = (dashboard.monitor.latest(), dashboard.monitor.outage());
    let mut value = pulse(snapshot.as_deref(), outage.as_ref());
    let lines: BTreeMap<&str, &Vec<(i64, u64)>> = snapshot
        .as_deref()
        .map(|of| of.groups.iter().map(|group| (group.group, &group.line)).collect())
        .unwrap_or_default();
    value["lines"] = json!(lines);
    value["run"] = json!(dashboard.run.id);
    value["acts"] = json!(dashboard.acts);
    value["asks_token"] = json!(dashboard.token.is_some());
    value["version"] = json!(env!("CARGO_PKG_VERSION"));
    value
}

/// `GET /api/partitions`: every partition that a group reads.
pub(super) async fn partitions(State(dashboard): State<Arc<Dashboard>>) -> Response {
    let snapshot = dashboard.monitor.latest();
    let partitions = snapshot.as_deref().map(|of| json!(of.partitions));
    axum::Json(partitions).into_response()
}

/// `GET /api/training`: how far each rule is from starting a training.
pub(super) async fn training(State(dashboard): State<Arc<Dashboard>>) -> Response {
    answered(move || training_of(&dashboard)).await
}

pub(super) fn training_of(dashboard: &Dashboard) -> Result<RetrainingStatus> {
    let day = dashboard.newest_day();
    let mut kept = dashboard.training.lock();
    let good = |kept: &&KeptTraining| {
        let closed = day.is_some_and(|day| kept.status.through == day.to_string());
        (kept.day == day && closed) || Instant::now() < kept.until
    };
    if let Some(kept) = kept.as_ref().filter(good) {
        return Ok(kept.status.clone());
    }
    let began = Instant::now();
    let status = retraining(&dashboard.log, &dashboard.run.id)?;
    let until = Instant::now() + TRAINING_FACTOR * began.elapsed();
    *kept = Some(KeptTraining { day, status: status.clone(), until });
    Ok(status)
}

#[derive(Serialize)]
struct Money {
    equity: EquityView,
    positions: PositionsView,
    champion: Option<i64>,
}

/// `GET /api/money`: the equity and the positions of both tracks.
pub(super) async fn money(State(dashboard): State<Arc<Dashboard>>) -> Response {
    answered(move || {
        let views = dashboard.views()?;
        Ok(Money {
            equity: views.ask(&EquityQuery)?,
            positions: views.ask(&PositionsQuery)?,
            champion: views.ask(&ModelsQuery)?.champion.map(|model| model.version),
        })
    })
    .await
}

#[derive(Serialize)]
struct WhyDocument {
    headline: String,
    faults: Vec<String>,
    why: PageWhy,
    models: Vec<PageModel>,
    feature_names: [&'static str; FEATURE_NAMES.len()],
}

/// `GET /api/why/{what}`: why a decision was made, of an order, a fill, an event or, with `day`, a ticker.
pub(super) async fn why(
    State(dashboard): State<Arc<Dashboard>>,
    Path(what): Path<String>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    answered(move || {
        let chains = chains_of(&dashboard)?;
        let found = find(&chains, &what, parameters.get("day"))
            .map_err(|error| Missing(format!("{error:#}")))?;
        let explanation = chains.explain(&found.candidate)?;
        let why = explanation.to_page();
        let version = explanation.prediction.as_ref().and_then(|_| json!(why)["model"].as_i64());
        let models = chains.page_models().into_iter();
        Ok(WhyDocument {
            headline: explanation.headline(&found.asked),
            faults: explanation.faults.clone(),
            models: models.filter(|model| Some(model.version) == version).collect(),
            why,
            feature_names: FEATURE_NAMES,
        })
    })
    .await
}

fn find(chains: &Chains, what: &str, day: Option<&String>) -> Result<Found> {
    match day {
        Some(day) => match day.parse::<Day>() {
            Ok(day) => chains.find_scan(&what.to_uppercase(), day),
            Err(error) => bail!("{error}"),
        },
        None => chains.find(what),
    }
}

/// The log as it explains decisions, read again on every new day.
fn chains_of(dashboard: &Dashboard) -> Result<Arc<Chains>> {
    let day = dashboard.newest_day();
    // One reader at a time: a second caller waits for the first.
    let mut kept = dashboard.chains.lock();
    if let Some((_, chains)) = kept.as_ref().filter(|(of, _)| *of == day) {
        return Ok(Arc::clone(chains));
    }
    let partitions = data_dir::partitions(&*dashboard.log)?;
    let chains = Arc::new(Chains::read(&*dashboard.log, partitions)?);
    *kept = Some((day, Arc::clone(&chains)));
    Ok(chains)
}
