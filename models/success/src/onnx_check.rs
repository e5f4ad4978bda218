//! Whether a model's bytes mean to every ONNX reader what they mean to this program.
//!
//! The scorer that needs no ONNX Runtime takes the weights by their names and computes the one shape of
//! a model. It knows no operator sets, attributes or second tensors of a name, so a file that
//! has them would get other scores from it than from ONNX Runtime. Such a file is refused: the bytes
//! must be exactly those that this program writes for their weights. What is most likely to differ
//! is named; the comparison at the end leaves nothing out.

use crate::onnx_messages::{GraphProto, ModelProto, NodeProto, TensorProto};
use prost::Message;
use std::collections::BTreeSet;

/// The version of ONNX's default operator set that the operators are meant in.
pub(crate) const OPERATOR_SET: i64 = 13;
/// The version of the file format.
pub(crate) const IR_VERSION: i64 = 8;
/// The program that writes models.
pub(crate) const PRODUCER: &str = "ButterQuant";

/// Checks that `body`, decoded as `model`, holds nothing but the graph `written` for its weights, and
/// metadata; the error says what is wrong.
pub(crate) fn only_ours(
    model: &ModelProto,
    written: &GraphProto,
    body: &[u8],
) -> Result<(), String> {
    operator_sets(model)?;
    if let Some(key) = doubled(model.metadata.iter().map(|entry| entry.key.as_str())) {
        return Err(format!("its metadata holds {key} twice"));
    }
    let found = model.graph.as_ref().ok_or("it holds no graph")?;
    found.node.iter().try_for_each(plain_node)?;
    tensors(found, written)?;
    if found != written {
        return Err(
            "its graph differs from the one of its weights in a name, a shape or a type".into()
        );
    }
    if model.ir_version != IR_VERSION || model.producer_name != PRODUCER {
        return Err(format!(
            "its ir_version is {} and its producer {:?}, instead of {IR_VERSION} and {PRODUCER:?}",
            model.ir_version, model.producer_name
        ));
    }
    if model.encode_to_vec() != body {
        return Err(
            "it holds fields of the ONNX format, or an order of them, that this program does \
                    not write, and that another reader may heed"
                .into(),
        );
    }
    Ok(())
}

fn operator_sets(model: &ModelProto) -> Result<(), String> {
    let sets: Vec<String> = model
        .opset_import
        .iter()
        .map(|set| match set.domain.as_str() {
            "" => set.version.to_string(),
            domain => format!("{} of {domain}", set.version),
        })
        .collect();
    let own = OPERATOR_SET.to_string();
    if sets == [own.as_str()] {
        return Ok(());
    }
    let named = if sets.is_empty() { "none".to_owned() } else { sets.join(", ") };
    Err(format!(
        "its operators are meant in operator set {named}, instead of {own} alone, where they may compute otherwise"
    ))
}

/// A node of the default domain without attributes: those of this program have neither.
fn plain_node(node: &NodeProto) -> Result<(), String> {
    let step = format!("its step {} ({})", node.name, node.op_type);
    if !node.domain.is_empty() {
        return Err(format!("{step} is of the domain {}, instead of ONNX's own", node.domain));
    }
    match node.attribute.first() {
        Some(attribute) => Err(format!(
            "{step} has the attribute {}, which makes it compute otherwise than a model of this program",
            attribute.name
        )),
        None => Ok(()),
    }
}

/// Exactly the tensors written for the weights, each once and with its values in `raw_data`.
fn tensors(found: &GraphProto, written: &GraphProto) -> Result<(), String> {
    let names = || found.initializer.iter().map(|tensor| tensor.name.as_str());
    if let Some(name) = doubled(names()) {
        return Err(format!("it holds the weights {name} twice"));
    }
    let wanted: BTreeSet<&str> = written.initializer.iter().map(|one| one.name.as_str()).collect();
    if let Some(name) = names().find(|name| !wanted.contains(name)) {
        return Err(format!("it holds weights named {name:?}, which no step of a model uses"));
    }
    let outside = |tensor: &&TensorProto| {
        !tensor.float_data.is_empty()
            || !tensor.external_data.is_empty()
            || tensor.data_location != 0
    };
    if let Some(tensor) = found.initializer.iter().find(outside) {
        return Err(format!(
            "its weights {} are held in a second place beside raw_data",
            tensor.name
        ));
    }
    let dims = |one: &TensorProto| (one.name.clone(), one.dims.clone());
    let shapes: BTreeSet<_> = written.initializer.iter().map(dims).collect();
    match found.initializer.iter().map(dims).find(|shape| !shapes.contains(shape)) {
        Some((name, dims)) => Err(format!("its weights {name} have the shape {dims:?}")),
        None => Ok(()),
    }
}

/// The first name that occurs a second time.
fn doubled<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    let mut names = names;
    names.find(|name| !seen.insert(*name))
}
