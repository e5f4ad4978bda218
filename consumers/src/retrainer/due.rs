//! Which rules are due: what the triggers, the counted outcomes and the operator ask for today.

use super::rows::trainable;
use super::state::RetrainerState;
use schemas::controls::ControlState;

/// Whether a training could have enough rows, judged by the events so far. Of `samples` only the
/// number is known before they are read. All are older than the run, so that none is held out once
/// the run's own days suffice; until then some are, and none of the run's own rows is trained on.
pub(super) fn enough_rows(state: &RetrainerState, least: i64) -> bool {
    state.triggers.drawn + trainable(&state.rows, &state.open_days()) as i64 >= least
}

/// A due rule, and the figures that fired it.
pub(super) type Due = (&'static str, String);

/// The rules that a training today would answer.
pub(super) fn due(state: &RetrainerState, controls: &ControlState) -> Vec<Due> {
    let mut due: Vec<Due> = Vec::new();
    let requested = controls.training_requested.filter(|offset| *offset > state.training_answered);
    due.extend(
        requested.map(|offset| ("manual", format!("requested at controls offset {offset}"))),
    );
    let (new, over) = (state.new_outcomes, controls.settings.retrain_outcomes);
    if new > over {
        due.push(("count", format!("{new} new outcomes, more than {over}")));
    }
    due.extend(waiting(state).into_iter().filter(|_| {
        // Last, because it reads all rows.
        enough_rows(state, controls.settings.min_training_rows)
    }));
    due
}

/// The fired rules that need rows.
pub(super) fn waiting(state: &RetrainerState) -> Vec<Due> {
    let triggers = &state.triggers;
    let month = triggers.month.map(|first| {
        let new = state.new_outcomes;
        format!("{first} is its month's first trading day; {new} new outcomes")
    });
    [
        ("month", month),
        ("accuracy", triggers.accuracy.evidence()),
        ("vix", triggers.index.waiting.clone()),
    ]
    .into_iter()
    .filter_map(|(rule, evidence)| Some((rule, evidence?)))
    .collect()
}
