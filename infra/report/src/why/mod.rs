//! Why a decision was made: the chain of one candidate from the bars that its scan saw to the result of its trade,
//! each link with its place on the log. [`Chains::read`] reads a log once; what it holds explains one candidate or
//! thousands. Nothing is computed again but a trade's result, by the book that makes the journal.

mod ages;
mod chains;
mod decision;
mod explain;
mod explanation;
mod faults;
mod find;
mod model_card;
mod page;
mod place;
mod prices;
mod steps;
#[cfg(test)]
mod tests;
mod text;
mod track_steps;
mod trade;
mod words;

pub use chains::Chains;
pub use decision::{Other, Threshold, TrackDecision, Verdict};
pub use explanation::{
    ControlsInForce, Explanation, FeatureValue, FeatureValues, Labelled, Prediction, Step,
};
pub use find::{Asked, Found};
pub use model_card::ModelCard;
pub use page::{PageModel, PageOther, PageStep, PageThreshold, PageWhy};
pub use place::{At, Place};
pub use prices::PriceSpan;
pub use text::text;
pub use trade::{Answer, OrderStory, TrackTrade, TradeResult};
