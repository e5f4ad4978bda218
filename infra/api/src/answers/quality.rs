//! `quality`: the accuracy of the champions' predictions, and the drift of the features.

use super::query::ViewQuery;
use anyhow::Result;
use schemas::Day;
use serde::{Deserialize, Serialize};
use store::Views;
use store::figures::{QualityReport, quality_report};
use success::{DRIFT_DAYS, Drift};

/// Asks for the figures of all scan days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QualityQuery;

/// Figures of the champions' predictions, and drift.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct QualityFigures {
    /// The last day the views contain.
    pub through: Option<Day>,
    /// The version whose training rows drift is measured against.
    pub champion: Option<i64>,
    /// Predictions beside their outcomes.
    #[serde(flatten)]
    pub report: QualityReport,
    /// Drift of the last 20 scan days, by feature.
    pub drift: Vec<FeatureDrift>,
    /// The reason there is none.
    pub no_drift: Option<String>,
}

/// A feature's drift.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// Name, distance and limit.
    #[serde(flatten)]
    pub of: Drift,
    /// Whether the distance is above the limit.
    pub drifted: bool,
}

impl FeatureDrift {
    /// The distance as a multiple of the limit. A feature that never moved has a limit of 0: then
    /// any distance is far above it.
    pub fn ratio(&self) -> f64 {
        self.of.distance / self.of.limit.max(1e-9)
    }
}

impl ViewQuery for QualityQuery {
    type Answer = QualityFigures;

    fn path(&self) -> String {
        "/views/quality".to_owned()
    }

    fn answer(&self, views: &Views) -> Result<QualityFigures> {
        quality(views, usize::MAX)
    }
}

/// Figures of the last `most` scan days.
///
/// # Errors
/// The store's.
pub fn quality(views: &Views, most: usize) -> Result<QualityFigures> {
    let champion = views.models()?.champion.map(|model| model.version);
    let (drift, no_drift) = match drift(views, champion)? {
        Ok(drift) => (drift, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let mark = |of: Drift| FeatureDrift { drifted: of.drifted(), of };
    Ok(QualityFigures {
        through: views.through()?,
        champion,
        report: quality_report(&views.predictions(most)?),
        drift: drift.into_iter().map(mark).collect(),
        no_drift,
    })
}

/// The drift of each feature, or the reason there is none.
fn drift(views: &Views, champion: Option<i64>) -> Result<Result<Vec<Drift>, String>> {
    let Some(version) = champion else {
        return Ok(Err("no model is in force to compare with".to_owned()));
    };
    let Some(reference) = views.drift_reference(version)? else {
        return Ok(Err(format!(
            "model v{version} has no reference for drift: it was trained on fewer than {} scan days, or by an earlier version of the program; the next training stores one",
            2 * DRIFT_DAYS
        )));
    };
    let found = reference.drift(&views.recent_features()?);
    Ok(found.ok_or_else(|| format!("fewer than {DRIFT_DAYS} days have been scanned so far")))
}
