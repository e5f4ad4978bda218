//! A model as ONNX bytes and back, with the manifest inside and a seal at the end.
//!
//! The seal is one more metadata entry, `seal`, appended after the model it covers: protocol buffers
//! merge concatenated messages, so every ONNX reader sees one model, and any flipped bit or missing
//! tail is found here before a weight is used. Anybody can seal changed bytes anew, so
//! [`only_ours`] then compares them with what this program writes for their weights.

use crate::hex::hex;
use crate::layers::{Dense, Layers};
use crate::onnx_check::{IR_VERSION, OPERATOR_SET, PRODUCER, only_ours};
use crate::onnx_messages::{
    Dimension, Entry, GraphProto, ModelProto, NodeProto, OperatorSet, Shape, TensorProto,
    TensorType, TypeProto, ValueInfo,
};
use prost::Message;
use schemas::contract::{CLASSES, FEATURES};
use sha2::{Digest, Sha256};

/// Largest model that may travel on the `models` topic, in bytes.
pub const MAX_ONNX_BYTES: usize = 512 * 1024;

/// Name of the graph's input, `rows` × 23 floats.
pub(crate) const INPUT: &str = "features";
/// Name of the graph's output, `rows` × 4 floats.
pub(crate) const OUTPUT: &str = "probabilities";

const FLOAT: i32 = 1;
const SEAL: &str = "seal";

/// The ONNX bytes of a model; `metadata` is stored as key and value.
pub(crate) fn encode(layers: &Layers, metadata: &[(&str, String)]) -> Vec<u8> {
    let entry = |key: &str, value: &str| Entry { key: key.into(), value: value.into() };
    sealed(
        ModelProto {
            ir_version: IR_VERSION,
            producer_name: PRODUCER.into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            graph: Some(graph(layers)),
            opset_import: vec![OperatorSet { domain: String::new(), version: OPERATOR_SET }],
            metadata: metadata.iter().map(|(key, value)| entry(key, value)).collect(),
        }
        .encode_to_vec(),
    )
}

/// A model's bytes with their seal.
pub(crate) fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    body.extend(seal(&body));
    body
}

/// The graph that computes `layers`.
pub(crate) fn graph(layers: &Layers) -> GraphProto {
    let mut graph = GraphProto {
        name: "success_model".into(),
        input: vec![matrix(INPUT, FEATURES)],
        output: vec![matrix(OUTPUT, CLASSES)],
        ..Default::default()
    };
    for (operator, inputs, output) in steps(layers.dense.len()) {
        let name = format!("{}_{output}", operator.to_lowercase());
        graph.node.push(NodeProto {
            input: inputs,
            output: vec![output],
            name,
            op_type: operator.into(),
            ..Default::default()
        });
    }
    let width = FEATURES as i64;
    graph.initializer.push(tensor("mean", vec![1, width], &layers.mean));
    graph.initializer.push(tensor("deviation", vec![1, width], &layers.deviation));
    for (number, layer) in layers.dense.iter().enumerate() {
        let dims = vec![layer.inputs as i64, layer.outputs as i64];
        graph.initializer.push(tensor(&format!("weight{number}"), dims, &layer.weight));
        let dims = vec![layer.outputs as i64];
        graph.initializer.push(tensor(&format!("bias{number}"), dims, &layer.bias));
    }
    graph
}

/// Reads a model and its metadata back; the error says what is wrong with the bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Layers, Vec<(String, String)>), String> {
    let length = seal(&[]).len();
    let body = &bytes[..bytes.len().saturating_sub(length)];
    if body.is_empty() || bytes[body.len()..] != seal(body)[..] {
        return Err("its seal does not fit its bytes: they were cut short, changed, \
                    or written by another program"
            .into());
    }
    let model = ModelProto::decode(body).map_err(|error| format!("it is not ONNX: {error}"))?;
    let layers = layers(model.graph.as_ref().ok_or("it holds no graph")?)?;
    layers.check()?;
    only_ours(&model, &graph(&layers), body)?;
    Ok((layers, model.metadata.into_iter().map(|entry| (entry.key, entry.value)).collect()))
}

/// The weights in a graph of the one shape.
pub(crate) fn layers(graph: &GraphProto) -> Result<Layers, String> {
    let count = graph.node.iter().filter(|node| node.op_type == "Gemm").count();
    let shape = |node: &NodeProto| {
        let output = node.output.first().cloned().unwrap_or_default();
        (node.op_type.clone(), node.input.clone(), output)
    };
    let expected = steps(count).into_iter().map(|(kind, from, to)| (kind.to_owned(), from, to));
    if !graph.node.iter().map(shape).eq(expected) {
        return Err("its graph is not scaler, dense layers, softmax".into());
    }
    if graph.input != [matrix(INPUT, FEATURES)] || graph.output != [matrix(OUTPUT, CLASSES)] {
        return Err(format!("it does not take {FEATURES} features and give {CLASSES} classes"));
    }
    let find = |name: &str| {
        let found = graph.initializer.iter().find(|tensor| tensor.name == name);
        found.ok_or_else(|| format!("it has no weights named {name}")).and_then(values)
    };
    let (_, mean) = find("mean")?;
    let (_, deviation) = find("deviation")?;
    let mut layers = Layers { mean, deviation, dense: Vec::new() };
    for number in 0..count {
        let (dims, weight) = find(&format!("weight{number}"))?;
        let (_, bias) = find(&format!("bias{number}"))?;
        let [inputs, outputs] = dims[..] else {
            return Err(format!("weight{number} is not a matrix"));
        };
        layers.dense.push(Dense { inputs, outputs, weight, bias });
    }
    Ok(layers)
}

/// Operators of a model in order: kind, inputs, output.
pub(crate) fn steps(layers: usize) -> Vec<(&'static str, Vec<String>, String)> {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut steps = vec![
        ("Sub", names(&[INPUT, "mean"]), "centred".to_owned()),
        ("Div", names(&["centred", "deviation"]), "scaled".to_owned()),
    ];
    let mut last = "scaled".to_owned();
    for number in 0..layers {
        let sum = format!("sum{number}");
        let inputs = vec![last, format!("weight{number}"), format!("bias{number}")];
        steps.push(("Gemm", inputs, sum.clone()));
        last = sum;
        if number + 1 < layers {
            let active = format!("active{number}");
            steps.push(("Relu", vec![last], active.clone()));
            last = active;
        }
    }
    steps.push(("Softmax", vec![last], OUTPUT.to_owned()));
    steps
}

fn seal(body: &[u8]) -> Vec<u8> {
    let entry = Entry { key: SEAL.into(), value: hex(&Sha256::digest(body)) };
    ModelProto { metadata: vec![entry], ..Default::default() }.encode_to_vec()
}

fn matrix(name: &str, width: usize) -> ValueInfo {
    let rows = Dimension { parameter: Some("rows".into()), value: None };
    let columns = Dimension { value: Some(width as i64), parameter: None };
    let shape = Some(Shape { dim: vec![rows, columns] });
    let tensor = Some(TensorType { element: FLOAT, shape });
    ValueInfo { name: name.into(), kind: Some(TypeProto { tensor }) }
}

fn tensor(name: &str, dims: Vec<i64>, values: &[f32]) -> TensorProto {
    let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    TensorProto { dims, data_type: FLOAT, name: name.into(), raw_data, ..Default::default() }
}

fn values(tensor: &TensorProto) -> Result<(Vec<usize>, Vec<f32>), String> {
    let (quads, rest) = tensor.raw_data.as_chunks::<4>();
    let dims: Option<Vec<usize>> = tensor.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
    match dims {
        Some(dims) if tensor.data_type == FLOAT && rest.is_empty() => {
            Ok((dims, quads.iter().map(|quad| f32::from_le_bytes(*quad)).collect()))
        }
        _ => Err(format!("{} does not hold floats", tensor.name)),
    }
}
