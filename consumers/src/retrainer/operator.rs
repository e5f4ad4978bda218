//! What an operator asks of the champion: `rollback` and `promote`, said on `controls`, answered
//! on `models` at the day's end, once, in the order in which they were said.
//!
//! A version that is not on the log, did not pass its gate or is damaged is refused with the
//! reason. A challenger that is watched while another version is put in force was judged against
//! a champion that is gone: it falls, and the log says so.

use super::{Retrainer, promotion};
use schemas::contract::CONTRACT;
use schemas::events::{Alias, ModelRef, ModelRefused, Models};
use schemas::role::Context;
use schemas::{Body, Day, Event};
use success::Model;

/// What can be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wish {
    Rollback,
    Promotion,
}

impl Wish {
    /// How its answer begins, granted and refused.
    fn words(self) -> [&'static str; 2] {
        match self {
            Wish::Rollback => ["rolled back", "not rolled back"],
            Wish::Promotion => ["promoted by an operator", "not promoted"],
        }
    }
}

/// The last wish of each kind that is not answered yet, in the order of their offsets.
fn asked(machine: &Retrainer, context: &Context<'_>) -> Vec<(i64, Wish, i64)> {
    let (controls, state) = (context.controls, &machine.0);
    let back = controls.rollback.as_ref().map(|back| (back.offset, Wish::Rollback, back.version));
    let up = controls.promotion.as_ref().map(|up| (up.offset, Wish::Promotion, up.version));
    let mut asked: Vec<_> = [back, up].into_iter().flatten().collect();
    asked.retain(|(offset, wish, _)| match wish {
        Wish::Rollback => *offset > state.rollback_answered,
        Wish::Promotion => *offset > state.promotion_answered,
    });
    asked.sort_by_key(|(offset, ..)| *offset);
    asked
}

/// The answers to what was asked since the last day's end, and whether a champion was named.
pub(super) fn answers(machine: &Retrainer, day: Day, context: &Context<'_>) -> (Vec<Event>, bool) {
    let (mut said, mut in_force) = (Vec::new(), None);
    for (offset, wish, version) in asked(machine, context) {
        let [granted, refused] = wish.words();
        let about = [version.to_string(), format!("{wish:?}").to_lowercase(), offset.to_string()];
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        let body = match usable(machine, version) {
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
        said.push(Event::new(day, "", &about, body));
    }
    let watched = machine.0.watched.as_ref().map(|watched| watched.model.version);
    if let (Some(version), Some(challenger)) = (in_force, watched)
        && version != challenger
    {
        let reason = format!(
            "model v{version} was put in force by an operator while this one was watched: it was \
             judged against another champion; `butterquant model promote {challenger}` puts it in \
             force all the same"
        );
        let fallen = ModelRefused { version: challenger, reasons: vec![reason] };
        let about = [challenger.to_string(), "displaced".to_owned(), day.to_string()];
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        // First, so that the promotion is the day's last word on the champion.
        said.insert(0, Event::new(day, "", &about, Models::ModelRefused(fallen)));
    }
    (said, in_force.is_some())
}

/// The version, if it may be put in force.
fn usable(machine: &Retrainer, version: i64) -> Result<ModelRef, String> {
    let known = machine.0.models.keys().map(|known| format!("v{known}")).collect::<Vec<_>>();
    let known =
        if known.is_empty() { "no version has".to_owned() } else { known.join(", ") + " have" };
    let onnx = machine.0.models.get(&version).ok_or_else(|| {
        format!(
            "v{version} is not among the versions that passed their gate ({known}); see \
             `butterquant model list`"
        )
    })?;
    Model::check(onnx, &CONTRACT).map_err(|error| error.to_string())?;
    Ok(ModelRef { version, sha256: schemas::id::sha256_hex(onnx) })
}

/// Takes in which wishes an own event answers: all up to the offset it was decided under.
pub(super) fn answered(machine: &mut Retrainer, event: &Event) {
    let said = match &event.body {
        Body::Models(Models::ModelPromoted(promoted)) => Some(&promoted.reason),
        Body::Models(Models::ModelRefused(refused)) => refused.reasons.first(),
        _ => None,
    };
    let (Some(said), Some(offset)) = (said, event.control_offset) else { return };
    let answers = |wish: Wish| wish.words().iter().any(|words| said.starts_with(words));
    if answers(Wish::Rollback) {
        machine.0.rollback_answered = offset;
    }
    if answers(Wish::Promotion) {
        machine.0.promotion_answered = offset;
    }
}
