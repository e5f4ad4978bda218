//! An operator's requests about the champion: `rollback` and `promote` on `controls`, each answered
//! once on `models`, at the end of the day and in the order of the requests.
//!
//! A version that is not on the log, did not pass its gate or is damaged is refused with the
//! reason. A challenger that is watched while another version is put in force was judged against a
//! champion that is gone: it is refused too, on the log.

use super::state::RetrainerState;
use schemas::contract::CONTRACT;
use schemas::events::{Alias, ModelPromoted, ModelRef, ModelRefused, Models};
use schemas::role::Context;
use schemas::{Body, Day, Event};
use success::Model;

/// A kind of request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Request {
    Rollback,
    Promotion,
}

impl Request {
    /// How the reason of its answer begins: granted, refused.
    fn reason_starts(self) -> [&'static str; 2] {
        match self {
            Request::Rollback => ["rolled back", "not rolled back"],
            Request::Promotion => ["promoted by an operator", "not promoted"],
        }
    }
}

/// The last request of each kind that is not answered yet, in the order of their offsets.
fn asked(state: &RetrainerState, context: &Context<'_>) -> Vec<(i64, Request, i64)> {
    let controls = context.controls;
    let back =
        controls.rollback.as_ref().map(|back| (back.offset, Request::Rollback, back.version));
    let up = controls.promotion.as_ref().map(|up| (up.offset, Request::Promotion, up.version));
    let mut asked: Vec<_> = [back, up].into_iter().flatten().collect();
    asked.retain(|(offset, request, _)| match request {
        Request::Rollback => *offset > state.rollback_answered,
        Request::Promotion => *offset > state.promotion_answered,
    });
    asked.sort_by_key(|(offset, ..)| *offset);
    asked
}

/// The answers to the requests since the last day's end, and whether one names a champion.
pub(super) fn answers(
    state: &RetrainerState,
    day: Day,
    context: &Context<'_>,
) -> (Vec<Event>, bool) {
    let (mut events, mut in_force) = (Vec::new(), None);
    for (offset, request, version) in asked(state, context) {
        let [granted, refused] = request.reason_starts();
        let about =
            [version.to_string(), format!("{request:?}").to_lowercase(), offset.to_string()];
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        let body = match usable(state, version) {
            Ok(model) => {
                in_force = Some(version);
                let reason = format!("{granted} at controls offset {offset}");
                Models::ModelPromoted(promotion(&model, Alias::Champion, reason))
            }
            Err(why) => {
                let reason = format!("{refused} at controls offset {offset}: {why}");
                Models::ModelRefused(ModelRefused { version, reasons: vec![reason] })
            }
        };
        events.push(Event::new(day, "", &about, body));
    }
    let watched = state.watched.as_ref().map(|watched| watched.model.version);
    if let (Some(version), Some(challenger)) = (in_force, watched)
        && version != challenger
    {
        let reason = format!(
            "model v{version} was put in force by an operator while this one was watched: it was \
             judged against another champion; `butterquant model promote {challenger}` puts it in \
             force anyway"
        );
        let fallen = ModelRefused { version: challenger, reasons: vec![reason] };
        let about = [challenger.to_string(), "displaced".to_owned(), day.to_string()];
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        // First, so that the promotion is the day's last event about the champion.
        events.insert(0, Event::new(day, "", &about, Models::ModelRefused(fallen)));
    }
    (events, in_force.is_some())
}

/// The model of `version`, if it may be put in force.
fn usable(state: &RetrainerState, version: i64) -> Result<ModelRef, String> {
    let known = state.models.keys().map(|known| format!("v{known}")).collect::<Vec<_>>();
    let known =
        if known.is_empty() { "no version has".to_owned() } else { known.join(", ") + " have" };
    let onnx = state.models.get(&version).ok_or_else(|| {
        format!(
            "v{version} is not among the versions that passed their gate ({known}); see \
             `butterquant model list`"
        )
    })?;
    Model::check(onnx, &CONTRACT).map_err(|error| error.to_string())?;
    Ok(ModelRef { version, sha256: schemas::id::sha256_hex(onnx) })
}

/// Notes which requests an own event answers: all up to the offset under which it was decided.
pub(super) fn answered(state: &mut RetrainerState, event: &Event) {
    let reason = match &event.body {
        Body::Models(Models::ModelPromoted(promoted)) => Some(&promoted.reason),
        Body::Models(Models::ModelRefused(refused)) => refused.reasons.first(),
        _ => None,
    };
    let (Some(reason), Some(offset)) = (reason, event.control_offset) else { return };
    let answers =
        |request: Request| request.reason_starts().iter().any(|start| reason.starts_with(start));
    if answers(Request::Rollback) {
        state.rollback_answered = offset;
    }
    if answers(Request::Promotion) {
        state.promotion_answered = offset;
    }
}

/// The promotion of `model`.
pub(super) fn promotion(model: &ModelRef, alias: Alias, reason: String) -> ModelPromoted {
    ModelPromoted { version: model.version, sha256: model.sha256.clone(), alias, reason }
}
