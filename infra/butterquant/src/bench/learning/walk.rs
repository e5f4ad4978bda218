//! The walk: at the close of each scan day what is known then is trained on if a rule asks for it, as the retrainer does.
//!
//! Its rules `month` and `count` start trainings here; `accuracy`, `vix` and requests do not. As in a run no training
//! begins while a challenger is watched, with too few rows, or with the rows of the last one: the rule waits.

#[cfg(test)]
mod tests;

use super::champion::{Champions, Model};
use super::comparison::Answer;
use super::known::{self, Known};
use anyhow::{Context, Result};
use consumers::retrainer::{
    Judgement, NoAcceptanceTest, TrainRequest, TrainingKeeper, embargo, train_and_judge,
    trainable_rows,
};
use schemas::contract::CONTRACT;
use schemas::events::{ModelTrained, Models, Settings};
use schemas::{Body, Day};
use std::rc::Rc;
use success::{LabelledRow, MOST_ROWS, Manifest, Ridge, Rivals, draw_evenly};

/// The scan days to judge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub from: Day,
    pub to: Day,
}

/// A training of the walk.
pub(crate) struct Training {
    /// Rows that it could use, of which it is given at most 10,000.
    pub rows: usize,
    /// Whether it shipped the network; none without a model.
    pub network: Option<bool>,
    /// Why it was refused; empty if it passed the gate.
    pub refused: Vec<String>,
}

/// A promotion, and the answers given while it was the last one.
pub(crate) struct InForce {
    pub day: Day,
    pub from: usize,
    pub to: usize,
}

/// What a walk found.
#[derive(Default)]
pub(crate) struct Walked {
    pub answers: Vec<Answer>,
    pub trainings: Vec<Training>,
    pub in_force: Vec<InForce>,
}

/// Walks over `rows`; `progress` gets the scan days done and their number.
///
/// # Errors
/// A training's arithmetic failed.
pub(crate) fn walk(
    rows: &[LabelledRow],
    settings: &Settings,
    period: Period,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Walked> {
    let mut walker = Walker {
        rows,
        settings,
        walked: Walked::default(),
        champions: Champions::default(),
        newest: None,
        judged: Vec::new(),
        due: Due::default(),
    };
    let days = known::days(rows);
    let days = &days[..days.partition_point(|day| *day <= period.to.0)];
    for (done, day) in days.iter().enumerate() {
        if *day >= period.from.0 {
            walker.answer(*day)?;
        }
        walker.close(*day)?;
        progress(done as u64 + 1, days.len() as u64);
    }
    if let Some(last) = walker.walked.in_force.last_mut() {
        last.to = walker.walked.answers.len();
    }
    Ok(walker.walked)
}

/// The newest training.
struct Newest {
    number: usize,
    rivals: Rc<Rivals>,
    /// On all rows; none where the training was given them all.
    ridge_of_all: Option<Ridge>,
}

/// Whether a rule asks for a training.
#[derive(Default)]
struct Due {
    asked: bool,
    last_day: Option<Day>,
    /// Rows known when the last training began.
    known: usize,
    /// Matured scan days at which a training has other rows than the last.
    matured: usize,
}

struct Walker<'a> {
    rows: &'a [LabelledRow],
    settings: &'a Settings,
    walked: Walked,
    champions: Champions,
    newest: Option<Newest>,
    judged: Vec<Judgement>,
    due: Due,
}

impl Walker<'_> {
    /// Asks all predictors about a day's rows.
    fn answer(&mut self, day: i32) -> Result<()> {
        let Some(newest) = &self.newest else { return Ok(()) };
        let rows = known::of_day(self.rows, day);
        let losses = newest.rivals.losses(rows)?;
        let of = |model: &Option<Model>| {
            model.as_ref().map(|model| model.rivals.losses(rows)).transpose()
        };
        let champion = of(&self.champions.champion)?.map(|losses| losses.model);
        let before = of(&self.champions.before)?.map_or(losses.class_prior, |losses| losses.model);
        let ridge_of_all = newest.ridge_of_all.as_ref().map(|ridge| ridge.log_loss(rows));
        self.walked.answers.push(Answer {
            day,
            training: newest.number,
            losses,
            champion,
            before: champion.map(|_| before),
            ridge_of_all: ridge_of_all.transpose()?,
        });
        Ok(())
    }

    /// Closes a day: a watched challenger may be promoted, a training may begin.
    fn close(&mut self, day: i32) -> Result<()> {
        let of_month = |day: Day| (day.ymd().0, day.ymd().1);
        let last_day = self.due.last_day.replace(Day(day));
        self.due.asked |= last_day.is_some_and(|last| of_month(last) != of_month(Day(day)));
        if self.champions.watches() {
            if self.champions.close_day(self.settings.shadow_days) {
                self.promoted(Day(day));
            }
            return Ok(());
        }
        let outcomes = self.rows.iter().filter(|row| row.evaluation_day < day).count();
        self.due.asked |= (outcomes - self.due.known) as i64 > self.settings.retrain_outcomes;
        if !self.due.asked {
            return Ok(());
        }
        let known = Known::at(self.rows, day);
        let trainable = trainable_rows(&known.rows, &known.open);
        let enough = trainable as i64 >= self.settings.min_training_rows;
        if enough && known.matured() >= self.due.matured {
            self.train(Day(day), known)?;
        }
        Ok(())
    }

    fn promoted(&mut self, day: Day) {
        let at = self.walked.answers.len();
        if let Some(last) = self.walked.in_force.last_mut() {
            last.to = at;
        }
        self.walked.in_force.push(InForce { day, from: at, to: at });
    }

    fn train(&mut self, day: Day, known: Known) -> Result<()> {
        let number = self.walked.trainings.len();
        self.due.asked = false;
        self.due.known = known.rows.len();
        let request = TrainRequest {
            version: number as i64 + 1,
            day,
            known_by: day,
            rows: known.rows.clone(),
            open: known.open.clone(),
            champion: self.champions.champion.as_ref().map(|model| model.onnx.clone()),
            judged: self.judged.clone(),
            settings: self.settings.clone(),
            keeper: TrainingKeeper::default(),
        };
        let (mut trained, mut refused) = (None, Vec::new());
        for event in train_and_judge(request, &[], &NoAcceptanceTest, &mut |_, _| {}) {
            match event.body {
                Body::Models(Models::ModelTrained(model)) => trained = Some(model),
                Body::Models(Models::ModelRefused(why)) => refused = why.reasons,
                _ => {}
            }
        }
        let rows = trainable_rows(&known.rows, &known.open);
        let network = match trained {
            Some(trained) => Some(self.compare(number, trained, &known)?),
            None => None,
        };
        self.walked.trainings.push(Training { rows, network, refused });
        Ok(())
    }

    /// Keeps a model and what it was compared with; whether it is the network.
    fn compare(&mut self, number: usize, trained: ModelTrained, known: &Known) -> Result<bool> {
        let judgement = Judgement::of(&trained).context("a manifest without its held-out days")?;
        let recorded: serde_json::Value = serde_json::from_str(&trained.manifest)?;
        let manifest: Manifest = serde_json::from_value(recorded["model"].clone())?;
        let after = recorded["new_rows_after"].as_u64().unwrap_or(1);
        self.due.matured = known.matured() + after as usize;
        let before = embargo(&known.rows, judgement.days.first);
        let usable: Vec<LabelledRow> =
            known.rows.iter().filter(|row| row.scan_day < before).cloned().collect();
        let all_given = usable.len() <= MOST_ROWS;
        let ridge = || Ridge::fit(&usable, &CONTRACT, &manifest.settings);
        let ridge_of_all = (!all_given).then(ridge).transpose()?;
        let drawn = draw_evenly(usable, MOST_ROWS, manifest.settings.seed);
        let rivals = Rc::new(Rivals::fit(&drawn, &known.rows, &CONTRACT, &manifest)?);
        if trained.passed {
            let rivals = Rc::clone(&rivals);
            self.champions.watch(Model { onnx: trained.onnx, rivals });
        }
        self.newest = Some(Newest { number, rivals, ridge_of_all });
        self.judged.push(judgement);
        Ok(manifest.kind == success::ModelKind::Network)
    }
}
