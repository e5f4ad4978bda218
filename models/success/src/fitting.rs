//! A candidate fitted on some of the rows, scaled by their own figures.

use crate::baselines::{Baselines, ByScore};
use crate::judged::class_prior;
use crate::layers::Layers;
use crate::logistic::{Logistic, Sample};
use crate::network::Network;
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
        Ok(network.layers(&self.scaler)?)
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
