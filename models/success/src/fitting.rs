//! A candidate fitted on some of the rows, scaled by their own figures.

use crate::baselines::{Baselines, ByScore};
use crate::candle_scorer::CandleScorer;
use crate::judged::class_prior;
use crate::layers::Layers;
use crate::logistic::{Logistic, Sample};
use crate::network::Network;
use crate::output_bias::fitted;
use crate::prepare::{Scaler, scaler};
use crate::row::LabelledRow;
use crate::settings::{TrainError, TrainSettings};
use schemas::contract::{FEATURES, FeatureContract};

/// Rows to fit, scaled by their own figures.
pub(crate) struct Part<'a> {
    rows: Vec<&'a LabelledRow>,
    pub(crate) scaler: Scaler,
    scaled: Vec<[f32; FEATURES]>,
    classes: Vec<u8>,
    weights: Vec<f64>,
}

impl<'a> Part<'a> {
    pub(crate) fn new(
        rows: Vec<&'a LabelledRow>,
        contract: &FeatureContract<'_>,
    ) -> Result<Part<'a>, TrainError> {
        let scaler = scaler(&rows, contract)?;
        let scaled = rows.iter().map(|row| scale(row, &scaler)).collect();
        let classes = rows.iter().map(|row| row.class).collect();
        let weights = rows.iter().map(|row| row.weight).collect();
        Ok(Part { rows, scaler, scaled, classes, weights })
    }

    pub(crate) fn sample(&self) -> Sample<'_> {
        Sample { rows: &self.scaled, classes: &self.classes, weights: &self.weights }
    }

    pub(crate) fn layers(&self, logistic: Logistic) -> Layers {
        Layers {
            mean: self.scaler.mean.to_vec(),
            deviation: self.scaler.deviation.to_vec(),
            dense: vec![logistic.layer()],
        }
    }

    /// The network after a number of epochs.
    pub(crate) fn network(
        &self,
        settings: &TrainSettings,
        epochs: u32,
    ) -> Result<Layers, TrainError> {
        let mut network = Network::new(settings)?;
        for epoch in 0..epochs {
            network.epoch(&self.sample(), settings, share(epoch, settings))?;
        }
        self.balanced(network.layers(&self.scaler)?)
    }

    /// The layers with the biases of the last one fitted again, so that the mean probabilities of these
    /// rows are their class shares: an epoch ends wherever its last batch took it.
    pub(crate) fn balanced(&self, mut layers: Layers) -> Result<Layers, TrainError> {
        let features: Vec<_> =
            self.rows.iter().map(|row| row.features.map(|value| value as f32)).collect();
        let scored = CandleScorer::new(&layers)?.probabilities(&features)?;
        let bias = fitted(&scored, &self.classes, &self.weights);
        if let Some(last) = layers.dense.last_mut() {
            last.bias.iter_mut().zip(bias).for_each(|(to, more)| *to += more as f32);
        }
        Ok(layers)
    }

    pub(crate) fn baselines(
        &self,
        logistic: Layers,
        network: Layers,
    ) -> Result<Baselines, TrainError> {
        let prior = class_prior(self.rows.iter().copied());
        Ok(Baselines { prior, score: ByScore::fit(&self.rows)?, logistic, network })
    }
}

/// Share of the epochs done before `epoch`.
pub(crate) fn share(epoch: u32, settings: &TrainSettings) -> f64 {
    f64::from(epoch) / f64::from(settings.epochs)
}

fn scale(row: &LabelledRow, scaler: &Scaler) -> [f32; FEATURES] {
    std::array::from_fn(|f| (row.features[f] as f32 - scaler.mean[f]) / scaler.deviation[f])
}
