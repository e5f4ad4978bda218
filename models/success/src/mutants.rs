//! Tests only: a sound model, changed in its structure and sealed anew, is refused, or both engines
//! give the same scores for it. The mutants are drawn with a seed.

mod changes;

use crate::candle_scorer::CandleScorer;
use crate::damage::{manifest, model};
use crate::engine::{Engine, ProviderChoice};
use crate::layers::Layers;
use crate::model::Model;
use crate::onnx;
use crate::onnx_messages::{Attribute, ModelProto};
use crate::ort_scorer::{OrtScorer, Place};
use changes::{CHANGES, Rng, of, unknown_fields};
use prost::Message;
use schemas::contract::{CLASSES, FEATURES, FeatureContract};

/// Mutants of each kind.
const OF_EACH: usize = 40;
/// The largest difference of a probability between two engines.
const SAME: f32 = 1e-6;

/// The sound model's body, as a message.
fn sound() -> ModelProto {
    let bytes = model(&Layers::probe(), &manifest());
    let seal = onnx::sealed(Vec::new()).len();
    ModelProto::decode(&bytes[..bytes.len() - seal]).expect("a model")
}

fn rows() -> Vec<[f32; FEATURES]> {
    let mut rng = Rng(5);
    let mut value = || rng.below(2_000) as f32 / 500.0 - 2.0;
    (0..24).map(|_| std::array::from_fn(|_| value())).collect()
}

fn apart(a: &[[f32; CLASSES]], b: &[[f32; CLASSES]]) -> f32 {
    let pairs = a.as_flattened().iter().zip(b.as_flattened());
    pairs.map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() }).fold(0.0, f32::max)
}

/// What the engines make of a mutant.
#[derive(Debug, Default)]
struct Found {
    refused: usize,
    alike: usize,
    /// Mutants whose weights can be read, and that ONNX Runtime scores otherwise: without the check they
    /// would have had two scores.
    caught: usize,
}

fn names() -> Vec<String> {
    manifest().feature_names
}

impl Found {
    fn take(&mut self, kind: &str, body: Vec<u8>, ort: Option<&Engine>) {
        let (bytes, rows) = (onnx::sealed(body.clone()), rows());
        let wide: Vec<[f64; FEATURES]> = rows.iter().map(|row| row.map(f64::from)).collect();
        let names = names();
        let named: Vec<&str> = names.iter().map(String::as_str).collect();
        let contract =
            FeatureContract { version: 1, names: named[..].try_into().expect("23 names") };
        let raw =
            ort.and_then(|_| OrtScorer::new(&bytes, Place::Cpu).ok()?.probabilities(&rows).ok());
        if let Err(error) = Model::check(&bytes, &contract) {
            let text = error.to_string();
            assert!(text.contains("cannot be used: ") && text.len() < 400, "{kind}: {text}");
            self.refused += 1;
            let read = ModelProto::decode(&body[..]).ok().and_then(|model| {
                let layers = onnx::layers(model.graph.as_ref()?).ok()?;
                layers.check().ok()?;
                CandleScorer::new(&layers).ok()?.probabilities(&rows).ok()
            });
            if let (Some(read), Some(raw)) = (read, raw) {
                self.caught += usize::from(read.len() != raw.len() || apart(&read, &raw) > SAME);
            }
            return;
        }
        let scores = |engine: &Engine| -> Vec<[f32; CLASSES]> {
            let scored = engine.load(&bytes).expect("a model").score(&wide).expect("scores");
            scored.iter().map(|score| score.probabilities).collect()
        };
        let own = scores(&Engine::candle());
        if let Some(ort) = ort {
            let worst = apart(&own, &scores(ort));
            assert!(worst <= SAME, "{kind}: accepted, and the engines differ by {worst:e}");
        }
        self.alike += 1;
    }
}

#[test]
fn a_changed_and_resealed_model_is_refused_or_scores_alike_in_both_engines() {
    let engine =
        Engine::discover(ProviderChoice::Cpu, None, &[std::env::temp_dir().join("ortlib")]);
    let engine = engine.expect("an engine");
    let ort = (engine.provider() != "candle-cpu").then_some(&engine);
    assert!(ort.is_some() || std::env::var_os("CI").is_none(), "{}", engine.explain());
    let (mut rng, mut found) = (Rng(20_261_129), Found::default());
    for (kind, change) in CHANGES {
        for n in 0..OF_EACH {
            let mut mutant = sound();
            change(&mut mutant, &mut rng);
            if n % 4 == 3 {
                let (_, second) = CHANGES[rng.below(CHANGES.len())];
                second(&mut mutant, &mut rng);
            }
            found.take(kind, mutant.encode_to_vec(), ort);
        }
    }
    for _ in 0..OF_EACH {
        let mut body = sound().encode_to_vec();
        unknown_fields(&mut body, &mut rng);
        found.take("unknown fields", body, ort);
    }
    println!("{found:?} of {}", OF_EACH * (CHANGES.len() + 1));
    assert!(found.alike >= OF_EACH / 2, "the unchanged ones are accepted: {found:?}");
    assert!(found.refused > 500, "{found:?}");
    assert!(ort.is_none() || found.caught >= 30, "the check is not what refuses: {found:?}");
}

/// What was refused before only by chance is refused with the reason.
#[test]
fn the_reason_names_what_another_reader_would_compute_otherwise() {
    let refusal = |change: &dyn Fn(&mut ModelProto)| {
        let mut mutant = sound();
        change(&mut mutant);
        let error = Engine::candle().load(&onnx::sealed(mutant.encode_to_vec()));
        error.expect_err("refused").to_string()
    };
    let softmax = |model: &mut ModelProto| {
        let axis = Attribute { name: "axis".into(), kind: 2, ..Attribute::default() };
        of(model).node.last_mut().expect("steps").attribute.push(axis);
    };
    for (change, words) in [
        (&|m: &mut ModelProto| m.opset_import[0].version = 11, "operator set 11, instead of 13"),
        (&|m: &mut ModelProto| m.opset_import.clear(), "operator set none, instead of 13"),
        (&softmax, "(Softmax) has the attribute axis"),
        (&|m: &mut ModelProto| of(m).node[1].domain = "x".into(), "(Div) is of the domain x"),
        (
            &|m: &mut ModelProto| {
                let second = of(m).initializer[2].clone();
                of(m).initializer.push(second);
            },
            "the weights weight0 twice",
        ),
        (&|m: &mut ModelProto| of(m).initializer[0].dims = vec![23], "mean have the shape [23]"),
        (&|m: &mut ModelProto| m.ir_version = 3, "its ir_version is 3"),
        (
            &|m: &mut ModelProto| of(m).output.push(of(&mut sound()).output[0].clone()),
            "does not take 23 features and give 4 classes",
        ),
    ] as [(&dyn Fn(&mut ModelProto), &str); 8]
    {
        let text = refusal(change);
        assert!(text.contains(words) && text.contains("train a new one"), "{text}");
    }
}
