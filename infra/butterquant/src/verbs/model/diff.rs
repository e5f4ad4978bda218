//! `model diff`: compares two versions: their manifests, their weights, and their scores of the same
//! rows.

use crate::exit::Found;
use crate::models_on_log::{ModelsOnLog, held_out_rows};
use crate::printer;
use anyhow::{Context, Result};
use report::tables;
use run::config::Config;
use schemas::contract::FEATURES;
use schemas::events::ModelTrained;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use success::{Distance, ModelScore, test_vectors};

/// Arguments of `model diff`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// First version
    pub one: i64,
    /// Second version
    pub other: i64,
}

/// A value in which the manifests differ.
#[derive(Serialize)]
struct Difference {
    what: String,
    one: Value,
    other: Value,
}

/// How both score the same rows.
#[derive(Serialize)]
struct Scores {
    rows: usize,
    whose: String,
    /// Mean and largest |Δ| of a probability.
    mean_difference: f64,
    largest_difference: f64,
    /// Share of rows for which both predict the same class.
    same_class: f64,
    /// Mean expected ROI.
    expected_roi: [f64; 2],
    /// Mean log loss, if the rows have outcomes.
    log_loss: Option<[f64; 2]>,
}

#[derive(Serialize)]
struct Diff {
    versions: [i64; 2],
    sha256: [String; 2],
    same_data: bool,
    differences: Vec<Difference>,
    weights: Distance,
    scores: Scores,
}

/// Compares the versions; exit 0 even when they differ.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let Args { one, other } = *args;
    let models = ModelsOnLog::read(config)?;
    let (a, b) = (models.version(one)?, models.version(other)?);
    let (left, right) = (flat(a)?, flat(b)?);
    let keys: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let of = |side: &BTreeMap<String, Value>, key: &str| side.get(key).cloned().unwrap_or_default();
    let differences = keys
        .into_iter()
        .filter(|key| left.get(*key) != right.get(*key))
        .map(|key| Difference { what: key.clone(), one: of(&left, key), other: of(&right, key) });
    let data = "model.data_sha256";
    let found = Diff {
        versions: [one, other],
        sha256: [a.sha256.clone(), b.sha256.clone()],
        same_data: left.get(data).is_some_and(|hash| right.get(data) == Some(hash)),
        differences: differences.collect(),
        weights: Distance::between(&a.onnx, &b.onnx)?,
        scores: scores(config, &models, a, b)?,
    };
    printer::show(config.output()?, &found, print)?;
    Ok(Found::Nothing)
}

/// The manifest's values by path; a list counts as one value.
fn flat(model: &ModelTrained) -> Result<BTreeMap<String, Value>> {
    fn walk(path: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path =
                        if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    walk(&path, value, into);
                }
            }
            other => drop(into.insert(path.to_owned(), other.clone())),
        }
    }
    let manifest: Value = serde_json::from_str(&model.manifest)
        .with_context(|| format!("the manifest of model {} is not valid JSON", model.version))?;
    let mut into = BTreeMap::new();
    walk("", &manifest, &mut into);
    Ok(into)
}

/// Scores the lake's rows on which the second version was judged, or if there are none, the rows stored
/// in both models.
fn scores(
    config: &Config,
    models: &ModelsOnLog,
    a: &ModelTrained,
    b: &ModelTrained,
) -> Result<Scores> {
    let labelled = held_out_rows(models, b)?.unwrap_or_default();
    let (rows, whose): (Vec<[f64; FEATURES]>, String) = if labelled.is_empty() {
        let vectors = [test_vectors(&a.onnx)?, test_vectors(&b.onnx)?].concat();
        let rows = vectors.iter().map(|vector| vector.features.map(f64::from)).collect();
        (rows, "the test vectors of both".to_owned())
    } else {
        let rows = labelled.iter().map(|row| row.features).collect();
        (rows, format!("rows held out when model {} was judged", b.version))
    };
    let engine = config.scoring()?.engine()?;
    let [left, right] = [a, b]
        .map(|model| -> Result<Vec<ModelScore>> { Ok(engine.load(&model.onnx)?.score(&rows)?) });
    let (left, right) = (left?, right?);
    let count = rows.len().max(1) as f64;
    let pairs = || left.iter().zip(&right);
    let differences: Vec<f64> = pairs()
        .flat_map(|(a, b)| a.probabilities.into_iter().zip(b.probabilities))
        .map(|(a, b)| f64::from((a - b).abs()))
        .collect();
    let mean_roi =
        |side: &[ModelScore]| side.iter().map(|score| score.expected_roi).sum::<f64>() / count;
    let loss = |side: &[ModelScore]| {
        let of = side.iter().zip(&labelled).map(|(score, row)| {
            -f64::from(score.probabilities[usize::from(row.class)]).max(1e-12).ln()
        });
        of.sum::<f64>() / count
    };
    Ok(Scores {
        rows: rows.len(),
        whose,
        mean_difference: differences.iter().sum::<f64>() / differences.len().max(1) as f64,
        largest_difference: differences.iter().copied().fold(0.0, f64::max),
        same_class: pairs().filter(|(a, b)| a.class == b.class).count() as f64 / count,
        expected_roi: [mean_roi(&left), mean_roi(&right)],
        log_loss: (!labelled.is_empty()).then(|| [loss(&left), loss(&right)]),
    })
}

fn print(diff: &Diff) {
    let [one, other] = diff.versions.map(|version| format!("model {version}"));
    let data = if diff.same_data { "the same rows" } else { "different rows" };
    printer::line(format!("{one} and {other}, trained on {data}"));
    let short = |value: &Value| match value {
        Value::Null => "–".to_owned(),
        Value::Number(number) if number.is_f64() => {
            format!("{:.6}", number.as_f64().unwrap_or(0.0))
        }
        Value::String(text) => text.chars().take(24).collect(),
        other => other.to_string(),
    };
    let plain = |value: &Value| !value.is_array();
    let (single, lists): (Vec<_>, Vec<_>) =
        diff.differences.iter().partition(|one| plain(&one.one) && plain(&one.other));
    let rows = single.iter().map(|d| vec![d.what.clone(), short(&d.one), short(&d.other)]);
    printer::line(tables::table(&["manifest", &format!("{one}>"), &format!("{other}>")], rows));
    if !lists.is_empty() {
        let names: Vec<&str> = lists.iter().map(|of| of.what.as_str()).collect();
        printer::line(format!("lists that differ (-o json shows them): {}", names.join(", ")));
    }
    let of = &diff.weights;
    match (of.euclidean, of.relative, of.largest) {
        (Some(distance), Some(relative), Some(largest)) => printer::line(format!(
            "weights: {distance:.4} apart ({:.1} % of the first's length), the largest by {largest:.4}; a \
             feature's mean moved by at most {:.3} deviations",
            100.0 * relative,
            of.scaler_shift
        )),
        _ => printer::line(format!("weights: widths {:?} and {:?}", of.widths, of.other_widths)),
    }
    let of = &diff.scores;
    printer::line(format!(
        "scores of {} {}: probabilities differ by {:.4} on average and {:.4} at most; the same class \
         in {}; expected ROI {} and {}",
        of.rows,
        of.whose,
        of.mean_difference,
        of.largest_difference,
        tables::percent(of.same_class),
        tables::percent(of.expected_roi[0]),
        tables::percent(of.expected_roi[1])
    ));
    if let Some([one, other]) = of.log_loss {
        let [first, second] = diff.versions;
        let better = match one - other {
            0.0 => "neither is better".to_owned(),
            more if more > 0.0 => format!("model {second} is better by {more:.4}"),
            less => format!("model {first} is better by {:.4}", -less),
        };
        printer::line(format!("log loss on them: {one:.4} and {other:.4}; {better}"));
    }
}
