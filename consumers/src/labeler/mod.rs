//! The labeler: every candidate, traded or not, comes to one outcome or to the reason why it
//! has none.
//!
//! Invariants:
//! 1. A candidate is labelled once, when a marker of a day after its evaluation date has come.
//! 2. A label uses the bars up to the evaluation date and the pricing recorded in the scan;
//!    whether and how the candidate was traded changes nothing.

#[cfg(test)]
mod tests;

use quant::{Label, NoLabel, PriceHistory, label};
use schemas::events::{Bars, Outcome, OutcomeMissing, Outcomes, Pricing, Scans, Structure};
use schemas::role::{BadState, Cause, Context, Decision, Machine, Role, restore_state, save_state};
use schemas::{Body, Day, Event, EventId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A candidate that has no label yet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Open {
    ticker: String,
    scan_day: Day,
    structure: Structure,
    sigma: f64,
    pricing: Pricing,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct State {
    book: PriceHistory,
    open: BTreeMap<EventId, Open>,
}

/// The labeler's decisions for one partition.
#[derive(Default)]
pub struct Labeler(State);

impl Labeler {
    fn label(&self, day: Day, candidate: EventId, open: &Open) -> Event {
        let about = candidate.to_string();
        let said = match self.price(open) {
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
        Event::new(day, &open.ticker, &[&about], said).about_candidate(candidate)
    }

    fn price(&self, open: &Open) -> Result<Label, NoLabel> {
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
                    for open in self.0.open.values_mut().filter(|open| open.ticker == event.ticker)
                    {
                        open.structure.centre /= ratio;
                        open.structure.wing /= ratio;
                    }
                }
            }
            Body::Scans(Scans::CandidateScanned(scan)) => {
                let open = Open {
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
        let ripe = self.0.open.iter().filter(|(_, open)| open.structure.evaluation_day < day);
        let mut ripe: Vec<(&EventId, &Open)> = ripe.collect();
        ripe.sort_by_key(|(id, open)| (open.scan_day, &open.ticker, **id));
        ripe.into_iter().map(|(id, open)| self.label(day, *id, open)).collect::<Vec<_>>().into()
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
