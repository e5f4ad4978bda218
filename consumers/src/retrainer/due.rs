//! Which rules ask for a training today: the triggers, the counted outcomes and the operator.

use super::state::RetrainerState;
use schemas::controls::ControlState;

/// A rule that fired, and the figures that fired it.
pub(super) type Due = (&'static str, String);

/// The rules that a training today would answer.
pub(super) fn due(state: &RetrainerState, controls: &ControlState) -> Vec<Due> {
    let mut due: Vec<Due> = Vec::new();
    let requested = controls.training_requested.filter(|offset| *offset > state.training_answered);
    due.extend(
        requested.map(|offset| ("manual", format!("requested at controls offset {offset}"))),
    );
    if !controls.settings.retraining {
        return due;
    }
    let (new, over) = (state.new_outcomes, controls.settings.retrain_outcomes);
    if new > over {
        due.push(("count", format!("{new} new outcomes, more than {over}")));
    }
    due.extend(waiting(state));
    due
}

/// The rules that fired and are kept until a training begins.
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
