//! The retrainer's status, for people and programs: how far each rule is from firing.

use super::accuracy::MIN_ACCURACY;
use super::due::waiting;
use super::new_rows::{RowsAwaited, awaited};
use super::state::RetrainerState;
use super::triggers::{VIX_DAYS, VIX_OVER};
use schemas::Day;
use schemas::controls::ControlState;
use schemas::evaluation::RECENT_DAYS;
use serde::Serialize;
use serde_json::{Value, json};

/// The status of a rule.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TriggerStatus {
    /// `manual`, `count`, `month`, `accuracy`, `vix`.
    pub rule: &'static str,
    /// `due` (the next training answers it), `armed`, `fired` (until it is armed again), or `off`.
    pub state: &'static str,
    /// How far it is from firing, in a sentence.
    #[serde(rename = "said")]
    pub summary: String,
    /// The same as figures.
    pub figures: Value,
}

/// A challenger being watched.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct WatchStatus {
    /// Its version.
    pub version: i64,
    /// Days on which it scored every candidate.
    pub days: i64,
    /// Days it must be watched.
    pub of: i64,
}

/// The retrainer's status.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RetrainerStatus {
    /// The champion from the next day on.
    pub champion: Option<i64>,
    /// The challenger being watched; no training starts meanwhile.
    pub watching: Option<WatchStatus>,
    /// Matured candidates of this run that a training can use.
    pub rows: i64,
    /// Upper bound of the `samples` rows that the last training read.
    pub samples: i64,
    /// Rows that a training needs.
    pub rows_needed: i64,
    /// What a training would wait for: rows enough, or others than the last one had.
    pub awaited: Option<RowsAwaited>,
    /// Every rule.
    pub triggers: Vec<TriggerStatus>,
}

impl RetrainerStatus {
    /// The status after `closed`, the last day closed, under `controls`.
    pub(super) fn of(
        state: &RetrainerState,
        closed: Day,
        controls: &ControlState,
    ) -> RetrainerStatus {
        let least = controls.settings.min_training_rows;
        RetrainerStatus {
            champion: state.champion.as_ref().map(|model| model.version),
            watching: state.watched.as_ref().map(|watched| WatchStatus {
                version: watched.model.version,
                days: watched.days,
                of: controls.settings.shadow_days,
            }),
            rows: state.rows.matured(),
            samples: state.triggers.drawn,
            rows_needed: least,
            awaited: awaited(state, &controls.settings, state.triggers.drawn, closed),
            triggers: [
                manual(state, controls),
                count(state, controls),
                month(state, closed),
                accuracy(state),
                vix(state),
            ]
            .map(|status| if controls.settings.retraining { status } else { off(status) })
            .to_vec(),
        }
    }
}

/// The same where rules start no training; a request still does.
fn off(status: TriggerStatus) -> TriggerStatus {
    if status.rule == "manual" {
        return status;
    }
    let summary = "starts no training, as settings.retraining is false".to_owned();
    TriggerStatus { state: "off", summary, ..status }
}

/// The status of one rule.
fn rule_status(
    rule: &'static str,
    due: Option<String>,
    fired: bool,
    armed: String,
    figures: Value,
) -> TriggerStatus {
    let state = match (&due, fired) {
        (Some(_), _) => "due",
        (None, true) => "fired",
        (None, false) => "armed",
    };
    TriggerStatus { rule, state, summary: due.unwrap_or(armed), figures }
}

fn evidence(state: &RetrainerState, rule: &str) -> Option<String> {
    waiting(state).into_iter().find(|(waits, _)| *waits == rule).map(|(_, evidence)| evidence)
}

fn manual(state: &RetrainerState, controls: &ControlState) -> TriggerStatus {
    let requested = controls.training_requested.filter(|offset| *offset > state.training_answered);
    rule_status(
        "manual",
        requested.map(|offset| format!("requested at controls offset {offset}")),
        false,
        "no training is requested; `butterquant train` requests one".to_owned(),
        json!({ "controls_offset": requested }),
    )
}

fn count(state: &RetrainerState, controls: &ControlState) -> TriggerStatus {
    let (new, over) = (state.new_outcomes, controls.settings.retrain_outcomes);
    rule_status(
        "count",
        (new > over).then(|| format!("{new} outcomes since the last training, more than {over}")),
        false,
        format!("{new} outcomes since the last training; fires above {over}"),
        json!({ "outcomes": new, "over": over }),
    )
}

fn month(state: &RetrainerState, closed: Day) -> TriggerStatus {
    let (year, month, _) = closed.ymd();
    let next = Day::from_ymd(year + i32::from(month == 12), month % 12 + 1, 1);
    let next = next.map(|day| day.to_string());
    rule_status(
        "month",
        evidence(state, "month"),
        false,
        format!(
            "fires on the first trading day from {} on, if anything has matured by then",
            next.as_deref().unwrap_or_default()
        ),
        json!({ "from": next, "waiting_since": state.triggers.month }),
    )
}

fn accuracy(state: &RetrainerState) -> TriggerStatus {
    let of = &state.triggers.accuracy;
    let now = of.recent();
    let (days, mean) = (now.map_or(0, |now| now.days), now.map(|now| now.mean));
    let bound = now.and_then(|now| now.bound);
    let figures = match (mean, bound) {
        (Some(mean), Some(bound)) => {
            format!(
                "; {:.1} % now, with 1.645 standard errors {:.1} %",
                100.0 * mean,
                100.0 * bound
            )
        }
        _ => String::new(),
    };
    let summary = if of.fired {
        format!("fired; the next promotion arms it again, for the days scored after it{figures}")
    } else if days < RECENT_DAYS {
        format!(
            "{days} of {RECENT_DAYS} scan days have matured{figures}; fires below {:.0} %",
            100.0 * MIN_ACCURACY
        )
    } else {
        format!("{RECENT_DAYS} scan days{figures}; fires below {:.0} %", 100.0 * MIN_ACCURACY)
    };
    let figures = json!({
        "days": days, "of": RECENT_DAYS, "accuracy": mean, "bound": bound, "below": MIN_ACCURACY,
    });
    rule_status("accuracy", evidence(state, "accuracy"), of.fired, summary, figures)
}

fn vix(state: &RetrainerState) -> TriggerStatus {
    let index = &state.triggers.index;
    let days = index.above.len();
    let summary = if index.fired {
        format!("fired; a close that is not above {VIX_OVER} arms it again")
    } else {
        format!("{days} of {VIX_DAYS} consecutive closes above {VIX_OVER}")
    };
    let figures = json!({ "closes": index.above, "days": days, "of": VIX_DAYS, "over": VIX_OVER });
    rule_status("vix", evidence(state, "vix"), index.fired, summary, figures)
}
