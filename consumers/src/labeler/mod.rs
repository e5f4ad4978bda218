//! The labeler: gives every candidate, traded or not, one outcome or the reason why it has none.
//!
//! Invariants:
//! 1. A candidate is labelled once, at the first marker of a day after its evaluation date.
//! 2. A label uses the bars up to the evaluation date and the pricing recorded in the scan. It does
//!    not depend on whether and how the candidate was traded.

#[cfg(test)]
mod tests;

use quant::{Label, LabelHistory, NoLabel, label};
use schemas::events::{Bars, Outcome, OutcomeMissing, Outcomes, Pricing, Scans, Structure};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A candidate without a label.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct OpenCandidate {
    ticker: String,
    scan_day: Day,
    structure: Structure,
    sigma: f64,
    pricing: Pricing,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct LabelerState {
    book: LabelHistory,
    open: BTreeMap<EventId, OpenCandidate>,
}

/// The labeler's machine for one partition.
#[derive(Default)]
pub struct Labeler(LabelerState);

impl Labeler {
    fn label(&self, day: Day, candidate: EventId, open: &OpenCandidate) -> Event {
        let about = candidate.to_string();
        let outcome = match self.price(open) {
            Ok(label) => Outcomes::CandidateMatured(Outcome {
                candidate,
                scan_day: open.scan_day,
                entry_day: label.entry.day,
                evaluation_day: label.exit_day,
                entry_debit: label.entry.debit,
                entry_cost: label.entry.cost,
                exit_debit: label.exit.debit,
                exit_cost: label.exit.cost,
                roi: label.roi,
                class: label.class.index() as i32,
            }),
            Err(why) => {
                let code = match why {
                    NoLabel::NoBarAfter => "NO_BAR_AFTER",
                    NoLabel::NotTradable { .. } => "NOT_TRADABLE",
                    NoLabel::NoVixAtExit => "NO_VIX_AT_EXIT",
                };
                Outcomes::OutcomeMissing(OutcomeMissing {
                    candidate,
                    scan_day: open.scan_day,
                    code: code.to_owned(),
                    reason: why.to_string(),
                })
            }
        };
        Event::new(day, &open.ticker, &[&about], outcome).about_candidate(candidate)
    }

    fn price(&self, open: &OpenCandidate) -> Result<Label, NoLabel> {
        let window = self.0.book.window(&open.ticker).ok_or(NoLabel::NoBarAfter)?;
        let (butterfly, pricing) = ((&open.structure).into(), (&open.pricing).into());
        label(&butterfly, open.scan_day, open.sigma, window.bars(), self.0.book.vix(), &pricing)
    }
}

impl Machine for Labeler {
    fn evolve(&mut self, event: &Event) {
        self.0.book.apply(event);
        match &event.body {
            Body::Bars(Bars::CorporateAction(action)) => {
                if let Some(ratio) = action.split() {
                    let before = |open: &&mut OpenCandidate| {
                        open.ticker == event.ticker && open.scan_day < action.effective_day
                    };
                    for open in self.0.open.values_mut().filter(before) {
                        open.structure.centre /= ratio;
                        open.structure.wing /= ratio;
                    }
                }
            }
            Body::Scans(Scans::CandidateScanned(scan)) => {
                let open = OpenCandidate {
                    ticker: event.ticker.clone(),
                    scan_day: event.day,
                    structure: scan.structure.clone(),
                    sigma: scan.current_iv,
                    pricing: scan.pricing,
                };
                self.0.open.insert(event.id, open);
            }
            Body::Outcomes(
                Outcomes::CandidateMatured(Outcome { candidate, .. })
                | Outcomes::OutcomeMissing(OutcomeMissing { candidate, .. }),
            ) => {
                self.0.open.remove(candidate);
            }
            _ => {}
        }
    }

    fn decide(&self, cause: Cause<'_>, _: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else { return Decision::default() };
        let matured = self.0.open.iter().filter(|(_, open)| open.structure.evaluation_day < day);
        let mut matured: Vec<(&EventId, &OpenCandidate)> = matured.collect();
        matured.sort_by_key(|(id, open)| (open.scan_day, &open.ticker, **id));
        matured.into_iter().map(|(id, open)| self.label(day, *id, open)).collect::<Vec<_>>().into()
    }

    fn close_day(&mut self, _: Day) {}

    fn save(&self) -> Vec<u8> {
        save_state(&self.0)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.0 = restore_state(Role::Labeler, saved)?;
        Ok(())
    }
}
