//! What a training compared, fitted again as it fitted them, to be asked about days to come. A model carries only
//! the candidate that was shipped; whether that was the right one shows the other beside it.

use crate::baselines::ByScore;
use crate::candle_scorer::CandleScorer;
use crate::fitting::Part;
use crate::judged::{Judged, class_prior, mean_over_days, row_log_loss};
use crate::logistic::Logistic;
use crate::manifest::{Manifest, ModelKind};
use crate::prepare::prepare;
use crate::row::LabelledRow;
use crate::settings::{TrainError, TrainSettings};
use crate::train::{Judge, best_logistic};
use schemas::contract::{CLASSES, FeatureContract};

/// Both candidates of a training, and its baselines.
pub struct Rivals {
    kind: ModelKind,
    network: CandleScorer,
    ridge: CandleScorer,
    score: Option<ByScore>,
    prior: [f64; CLASSES],
}

/// Mean daily log losses of the same rows, in nats.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Losses {
    /// Of the candidate that was shipped.
    pub model: f64,
    /// Of the network.
    pub network: f64,
    /// Of the ridge logistic regression.
    pub ridge: f64,
    /// Of a logistic regression on the technical score alone; none where a row carries no score.
    pub technical_score: Option<f64>,
    /// Of the class prior.
    pub class_prior: f64,
}

impl Rivals {
    /// Fits what the training on `rows` fitted that `manifest` describes. The class prior is that of the rows
    /// `known`, which may be more: it needs no days held out.
    ///
    /// # Errors
    /// As [`crate::train`].
    pub fn fit(
        rows: &[LabelledRow],
        known: &[LabelledRow],
        contract: &FeatureContract<'_>,
        manifest: &Manifest,
    ) -> Result<Rivals, TrainError> {
        let settings = &manifest.settings;
        let prepared = prepare(rows, contract, settings.minimum_rows, settings.validation_share)?;
        let all = Part::new(prepared.rows.iter().collect(), contract)?;
        let linear = all.layers(Logistic::zero().fit(&all.sample(), manifest.ridge));
        let deep = all.network(settings, manifest.best_epoch)?;
        let fitted = all.baselines(linear, deep)?;
        Ok(Rivals {
            kind: manifest.kind,
            network: CandleScorer::new(&fitted.network)?,
            ridge: CandleScorer::new(&fitted.logistic)?,
            score: fitted.score,
            prior: class_prior(known.iter()),
        })
    }

    /// Their log losses on `rows`, at least one.
    ///
    /// # Errors
    /// The arithmetic failed.
    pub fn losses(&self, rows: &[LabelledRow]) -> Result<Losses, TrainError> {
        let network = scorer_loss(&self.network, rows)?;
        let ridge = scorer_loss(&self.ridge, rows)?;
        let scores = rows.iter().map(|row| row.score).collect::<Option<Vec<f64>>>();
        let technical_score = match (&self.score, scores) {
            (Some(by_score), Some(scores)) => {
                Some(loss(rows, by_score.probabilities(&scores)?.into_iter()))
            }
            _ => None,
        };
        let model = if self.kind == ModelKind::Network { network } else { ridge };
        let class_prior = loss(rows, std::iter::repeat(self.prior));
        Ok(Losses { model, network, ridge, technical_score, class_prior })
    }
}

/// A ridge logistic regression alone, with the penalty that its own validation days chose.
pub struct Ridge(CandleScorer);

impl Ridge {
    /// Fits it as a training on `rows` would.
    ///
    /// # Errors
    /// As [`crate::train`].
    pub fn fit(
        rows: &[LabelledRow],
        contract: &FeatureContract<'_>,
        settings: &TrainSettings,
    ) -> Result<Ridge, TrainError> {
        let prepared = prepare(rows, contract, settings.minimum_rows, settings.validation_share)?;
        let rows = &prepared.rows;
        let early = Part::new(prepared.fit.iter().map(|&i| &rows[i]).collect(), contract)?;
        let (_, penalty, _) = best_logistic(&early, &Judge::new(&prepared))?;
        let all = Part::new(rows.iter().collect(), contract)?;
        let fitted = all.layers(Logistic::zero().fit(&all.sample(), penalty));
        Ok(Ridge(CandleScorer::new(&fitted)?))
    }

    /// Its mean daily log loss on `rows`, at least one, in nats.
    ///
    /// # Errors
    /// The arithmetic failed.
    pub fn log_loss(&self, rows: &[LabelledRow]) -> Result<f64, TrainError> {
        scorer_loss(&self.0, rows)
    }
}

fn scorer_loss(scorer: &CandleScorer, rows: &[LabelledRow]) -> Result<f64, TrainError> {
    let asked: Vec<_> = rows.iter().map(|row| row.features.map(|value| value as f32)).collect();
    let scored = scorer.probabilities(&asked)?;
    Ok(loss(rows, scored.into_iter().map(|p| p.map(f64::from))))
}

fn loss(rows: &[LabelledRow], answers: impl Iterator<Item = [f64; CLASSES]>) -> f64 {
    let judged: Vec<Judged> = rows.iter().zip(answers).map(|(row, p)| Judged::of(row, p)).collect();
    mean_over_days(&judged, row_log_loss)
}
