//! What has come of a run's trainings: the reason why no model is in force.

use schemas::controls::ControlState;
use schemas::events::{Models, Settings};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};

/// Why no model is in force where none was trained before the run and its rules train none.
const NONE_TRAINED: &str = "no model is in force: none was trained before the first day, and settings.retraining is false, so that no rule trains one";

/// A training whose model may not score.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct LastRefusal {
    version: i64,
    day: Day,
    reason: String,
    more: usize,
}

/// The trainings of a run: a fold of `models`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Trainings {
    /// The last version whose training began, and the last one that gave a model.
    begun: i64,
    trained: i64,
    /// Models that the gate refused, trainings without a model, models that failed while watched.
    by_gate: u64,
    without_model: u64,
    while_watched: u64,
    last: Option<LastRefusal>,
    /// The challenger being watched, and the day at whose end it was named.
    watched: Option<(i64, Day)>,
}

impl Trainings {
    /// Applies an event of `models`; any other changes nothing.
    pub fn apply(&mut self, event: &Event) {
        let Body::Models(models) = &event.body else { return };
        match models {
            Models::RetrainTriggered(triggered) => self.begun = self.begun.max(triggered.version),
            Models::ModelTrained(model) => self.trained = self.trained.max(model.version),
            Models::ModelRefused(refused) => {
                self.refused(event.day, refused.version, &refused.reasons);
            }
            Models::DayClosed(marker) => {
                let named = marker.challenger.as_ref().map(|model| model.version);
                let since = self.watched.filter(|(version, _)| Some(*version) == named);
                self.watched = since.or(named.map(|version| (version, event.day)));
            }
            Models::ModelPromoted(_) | Models::TrainingDeferred(_) | Models::Unknown => {}
        }
    }

    /// An operator's request about a version that was refused before, or never trained, is refused
    /// too: that is no result of a training.
    fn refused(&mut self, day: Day, version: i64, reasons: &[String]) {
        let watched = self.watched.is_some_and(|(watched, _)| watched == version);
        if !watched && (version != self.begun || self.last_version() == Some(version)) {
            return;
        }
        let count = if watched {
            &mut self.while_watched
        } else if self.trained == version {
            &mut self.by_gate
        } else {
            &mut self.without_model
        };
        *count += 1;
        let reason = reasons.first().cloned().unwrap_or_default();
        let more = reasons.len().saturating_sub(1);
        self.last = Some(LastRefusal { version, day, reason, more });
    }

    fn last_version(&self) -> Option<i64> {
        self.last.as_ref().map(|last| last.version)
    }

    /// The reason recorded of a candidate that no model can score.
    pub(super) fn reason(&self, controls: &ControlState) -> String {
        // The program had one sentence for every such state before it wrote its version into a run's
        // opening. Runs from then keep it, so that they replay.
        let told_apart = controls.opened.as_ref().is_some_and(|run| !run.code_version.is_empty());
        let found = self.why_no_model(&controls.settings).filter(|_| told_apart);
        if found.is_none() && !controls.settings.retraining {
            return NONE_TRAINED.to_owned();
        }
        found.unwrap_or_else(|| {
            format!(
                "no model is in force; one is trained once there are {} matured rows: `butterquant up \
                 --history N` trains one from the past when a run begins, `butterquant train` \
                 requests one",
                controls.settings.min_training_rows
            )
        })
    }

    /// Why no model is in force, in a sentence; `None` where no training has ended yet.
    pub fn why_no_model(&self, settings: &Settings) -> Option<String> {
        if let Some((version, since)) = self.watched {
            let days = settings.shadow_days.max(1);
            let last = (0..days).fold(since, |day, _| settings.calendar.next_expected(day));
            return Some(format!(
                "no model is in force yet: v{version} has passed its gate and is being watched; it is put in \
                 force when it has scored every candidate of {days} days, at the close of {last} at the earliest"
            ));
        }
        let LastRefusal { version, day, reason, more } = self.last.as_ref()?;
        let counted = [
            (self.by_gate, "the gate refused", "model", ""),
            (self.without_model, "no model came of", "training", ""),
            (self.while_watched, "", "model", "failed while watched"),
        ];
        let parts = counted.into_iter().filter(|(count, ..)| *count > 0).map(
            |(count, verb, what, rest)| {
                let many = if count == 1 { "" } else { "s" };
                format!("{verb} {count} {what}{many} {rest}").trim().to_owned()
            },
        );
        let more = match more {
            0 => String::new(),
            more => format!(" (and {more} more: `butterquant model show {version}`)"),
        };
        Some(format!(
            "no model is in force: {}; the last, v{version} on {day}: {reason}{more}; `butterquant \
             retrain status` shows what starts the next training",
            parts.collect::<Vec<_>>().join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{day, marker};
    use schemas::Topic;
    use schemas::events::{DayClosed, ModelRef, ModelRefused, ModelTrained, RetrainTriggered};

    fn event(n: i32, body: Models) -> Event {
        Event::new(day(n), "", &["a"], body)
    }

    fn begun(n: i32, version: i64) -> Event {
        let triggered = RetrainTriggered { version, ..RetrainTriggered::default() };
        event(n, Models::RetrainTriggered(triggered))
    }

    fn trained(n: i32, version: i64) -> Event {
        event(n, Models::ModelTrained(ModelTrained { version, ..ModelTrained::default() }))
    }

    fn refused(n: i32, version: i64, reasons: &[&str]) -> Event {
        let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
        event(n, Models::ModelRefused(ModelRefused { version, reasons }))
    }

    fn closed(n: i32, challenger: Option<i64>) -> Event {
        let challenger = challenger.map(|version| ModelRef { version, ..ModelRef::default() });
        marker(Topic::Models, n, DayClosed { challenger, ..DayClosed::default() })
    }

    fn why(events: &[Event]) -> Option<String> {
        let mut trainings = Trainings::default();
        events.iter().for_each(|event| trainings.apply(event));
        trainings.why_no_model(&Settings::default())
    }

    #[test]
    fn before_a_training_has_ended_there_is_nothing_to_say() {
        assert_eq!(why(&[]), None);
        assert_eq!(why(&[closed(1, None), closed(2, None)]), None);
    }

    #[test]
    fn refused_models_are_counted_with_the_last_reason() {
        let mut events = Vec::new();
        for version in 1..=23 {
            let n = version as i32;
            events.extend([begun(n, version), trained(n, version)]);
            events.extend([refused(n, version, &["not proven", "off"]), closed(n, None)]);
        }
        let said = why(&events).unwrap();
        assert!(said.starts_with("no model is in force: the gate refused 23 models; "), "{said}");
        let last = format!(
            "the last, v23 on {}: not proven (and 1 more: `butterquant model show 23`)",
            day(23)
        );
        assert!(said.contains(&last), "{said}");
        // An operator asks for one of them: that is no training.
        events.extend([refused(24, 23, &["not promoted"]), refused(24, 7, &["not promoted"])]);
        assert_eq!(why(&events), Some(said));
    }

    #[test]
    fn trainings_without_a_model_and_challengers_that_failed_are_told_apart() {
        let events = [
            [begun(1, 1), refused(1, 1, &["too few rows"])].to_vec(),
            [begun(2, 2), trained(2, 2), closed(2, Some(2)), refused(4, 2, &["scored 3 of 4"])]
                .to_vec(),
            [closed(4, None), begun(5, 3), trained(5, 3), refused(5, 3, &["worse"])].to_vec(),
        ]
        .concat();
        let said = why(&events).unwrap();
        let counts =
            "the gate refused 1 model, no model came of 1 training, 1 model failed while watched";
        assert!(
            said.starts_with(&format!("no model is in force: {counts}; the last, v3")),
            "{said}"
        );
    }

    #[test]
    fn a_challenger_that_is_watched_is_the_reason_with_its_day() {
        let events = [begun(1, 1), trained(1, 1), closed(1, Some(1)), closed(2, Some(1))];
        let said = why(&events).unwrap();
        let calendar = Settings::default().calendar;
        let last = (0..5).fold(day(1), |day, _| calendar.next_expected(day));
        assert!(said.contains("v1 has passed its gate and is being watched"), "{said}");
        assert!(
            said.ends_with(&format!("of 5 days, at the close of {last} at the earliest")),
            "{said}"
        );
    }
}
