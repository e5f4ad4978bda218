//! How far each rule is from firing, for people and programs.

use super::accuracy::MIN_ACCURACY;
use super::triggers::{VIX_DAYS, VIX_OVER, enough_rows, waiting};
use super::{Retrainer, State};
use schemas::Day;
use schemas::controls::ControlState;
use schemas::evaluation::RECENT_DAYS;
use serde::Serialize;
use serde_json::{Value, json};

/// One rule.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TriggerStatus {
    /// `manual`, `count`, `month`, `accuracy`, `vix`.
    pub rule: &'static str,
    /// `due` (the next training answers it), `armed`, or `fired` (until it is armed again).
    pub state: &'static str,
    /// How far it is from firing, in a sentence.
    pub said: String,
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
    /// Days it is watched.
    pub of: i64,
}

/// Where the retrainer stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RetrainerStatus {
    /// The champion from the next day on.
    pub champion: Option<i64>,
    /// While it is watched no training starts.
    pub watching: Option<WatchStatus>,
    /// Matured candidates of this run that a training can take.
    pub rows: i64,
    /// Rows of `samples` that the last training saw, at most.
    pub samples: i64,
    /// Rows that a training needs.
    pub rows_needed: i64,
    /// Whether a training could have them, before `samples` are read.
    pub enough_rows: bool,
    /// Every rule.
    pub triggers: Vec<TriggerStatus>,
}

impl Retrainer {
    /// Where it stands after `closed`, the last day it closed, under `controls`.
    pub fn status(&self, closed: Day, controls: &ControlState) -> RetrainerStatus {
        let state = &self.0;
        let least = controls.settings.min_training_rows;
        RetrainerStatus {
            champion: state.champion.as_ref().map(|model| model.version),
            watching: state.watched.as_ref().map(|watched| WatchStatus {
                version: watched.model.version,
                days: watched.days,
                of: controls.settings.shadow_days,
            }),
            rows: state.rows.len() as i64,
            samples: state.triggers.drawn,
            rows_needed: least,
            enough_rows: enough_rows(state, least),
            triggers: vec![
                manual(state, controls),
                count(state, controls),
                month(state, closed),
                accuracy(state),
                vix(state),
            ],
        }
    }
}

fn status(
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
    TriggerStatus { rule, state, said: due.unwrap_or(armed), figures }
}

fn evidence(state: &State, rule: &str) -> Option<String> {
    waiting(state).into_iter().find(|(waits, _)| *waits == rule).map(|(_, evidence)| evidence)
}

fn manual(state: &State, controls: &ControlState) -> TriggerStatus {
    let asked = controls.training_requested.filter(|offset| *offset > state.training_answered);
    status(
        "manual",
        asked.map(|offset| format!("asked for at controls offset {offset}")),
        false,
        "none is asked for; `butterquant train` asks".to_owned(),
        json!({ "controls_offset": asked }),
    )
}

fn count(state: &State, controls: &ControlState) -> TriggerStatus {
    let (new, over) = (state.new_outcomes, controls.settings.retrain_outcomes);
    status(
        "count",
        (new > over).then(|| format!("{new} outcomes since the last training, more than {over}")),
        false,
        format!("{new} outcomes since the last training; fires above {over}"),
        json!({ "outcomes": new, "over": over }),
    )
}

fn month(state: &State, closed: Day) -> TriggerStatus {
    let (year, month, _) = closed.ymd();
    let next = Day::from_ymd(year + i32::from(month == 12), month % 12 + 1, 1);
    let next = next.map(|day| day.to_string());
    status(
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

fn accuracy(state: &State) -> TriggerStatus {
    let of = &state.triggers.accuracy;
    let now = of.now();
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
    let said = if of.fired {
        format!("fired; armed again by the next promotion, for the days scored after it{figures}")
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
    status("accuracy", evidence(state, "accuracy"), of.fired, said, figures)
}

fn vix(state: &State) -> TriggerStatus {
    let index = &state.triggers.index;
    let days = index.above.len();
    let said = if index.fired {
        format!("fired; armed again by a close that is not above {VIX_OVER}")
    } else {
        format!("{days} of {VIX_DAYS} closes in a row above {VIX_OVER}")
    };
    let figures = json!({ "closes": index.above, "days": days, "of": VIX_DAYS, "over": VIX_OVER });
    status("vix", evidence(state, "vix"), index.fired, said, figures)
}
