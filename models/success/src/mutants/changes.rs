//! Tests only: changes of a model's structure, drawn with a seed.

use crate::onnx_messages::{
    Attribute, Entry, GraphProto, ModelProto, NodeProto, OperatorSet, TensorProto,
};
use schemas::contract::FEATURES;

/// Random numbers, the same for a seed.
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % n
    }

    fn one<'a, T>(&mut self, of: &'a mut [T]) -> &'a mut T {
        let at = self.below(of.len());
        &mut of[at]
    }
}

pub(super) type Change = fn(&mut ModelProto, &mut Rng);

pub(super) fn of(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.as_mut().expect("a graph")
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn attribute(model: &mut ModelProto, rng: &mut Rng) {
    const NAMES: [&str; 8] =
        ["axis", "transA", "transB", "alpha", "beta", "epsilon", "broadcast", "x"];
    let name = NAMES[rng.below(NAMES.len())].to_owned();
    let whole = name.starts_with("trans") || name == "axis" || name == "broadcast";
    let (integer, float) = (rng.below(3) as i64 - 1, rng.below(4) as f32 - 1.0);
    let new = if whole {
        Attribute { name, integer, kind: 2, ..Attribute::default() }
    } else {
        Attribute { name, float, kind: 1, ..Attribute::default() }
    };
    rng.one(&mut of(model).node).attribute.push(new);
}

/// Attributes that ONNX Runtime certainly heeds.
fn scaled(model: &mut ModelProto, rng: &mut Rng) {
    let name = ["alpha", "beta"][rng.below(2)].to_owned();
    let float = rng.below(5) as f32;
    let new = Attribute { name, float, kind: 1, ..Attribute::default() };
    let gemm = of(model).node.iter_mut().find(|node| node.op_type == "Gemm");
    gemm.expect("a layer").attribute.push(new);
}

fn subgraph(model: &mut ModelProto, rng: &mut Rng) {
    let graph = model.graph.clone();
    let new = Attribute { name: "then_branch".into(), graph, kind: 5, ..Attribute::default() };
    rng.one(&mut of(model).node).attribute.push(new);
}

fn operator_set(model: &mut ModelProto, rng: &mut Rng) {
    model.opset_import[0].version = 1 + rng.below(30) as i64;
}

fn more_operator_sets(model: &mut ModelProto, rng: &mut Rng) {
    let domain = ["", "x", "ai.onnx", "com.microsoft"][rng.below(4)].to_owned();
    let set = OperatorSet { domain, version: 1 + rng.below(20) as i64 };
    let at = rng.below(2);
    model.opset_import.insert(at, set);
}

fn domain(model: &mut ModelProto, rng: &mut Rng) {
    let domain = ["x", "ai.onnx", "com.microsoft", "ai.onnx.ml"][rng.below(4)];
    rng.one(&mut of(model).node).domain = domain.into();
}

fn doubled_weights(model: &mut ModelProto, rng: &mut Rng) {
    let graph = of(model);
    let mut second = rng.one(&mut graph.initializer).clone();
    let count = second.raw_data.len() / 4;
    second.raw_data = floats(&(0..count).map(|i| 0.5 + i as f32 / 50.0).collect::<Vec<_>>());
    let at = rng.below(graph.initializer.len() + 1);
    graph.initializer.insert(at, second);
}

fn unused_weights(model: &mut ModelProto, rng: &mut Rng) {
    let graph = of(model);
    let name = ["unused", "features", "scaled", "probabilities", "sum0", ""][rng.below(6)];
    let (dims, raw_data) = (vec![1, 23], floats(&[0.25; FEATURES]));
    let new = TensorProto { dims, data_type: 1, name: name.into(), raw_data, ..Default::default() };
    graph.initializer.push(new);
}

fn float_data(model: &mut ModelProto, rng: &mut Rng) {
    let tensor = rng.one(&mut of(model).initializer);
    let count = tensor.raw_data.len() / 4;
    tensor.float_data = (0..count).map(|i| i as f32 / 9.0).collect();
    if rng.below(2) == 0 {
        tensor.raw_data.clear();
    }
}

fn external(model: &mut ModelProto, rng: &mut Rng) {
    let tensor = rng.one(&mut of(model).initializer);
    let entry = Entry { key: "location".into(), value: "weights.bin".into() };
    tensor.external_data.push(entry);
    tensor.data_location = rng.below(2) as i32;
}

fn shapes(model: &mut ModelProto, rng: &mut Rng) {
    let dims = &mut rng.one(&mut of(model).initializer).dims;
    match rng.below(4) {
        0 => dims.reverse(),
        1 => dims.insert(0, 1),
        2 => dims.push(1),
        _ => *dims = vec![dims.iter().product()],
    }
}

fn types(model: &mut ModelProto, rng: &mut Rng) {
    rng.one(&mut of(model).initializer).data_type = rng.below(20) as i32;
}

fn weight_names(model: &mut ModelProto, rng: &mut Rng) {
    let tensors = &mut of(model).initializer;
    let (a, b) = (rng.below(tensors.len()), rng.below(tensors.len()));
    let name = tensors[a].name.clone();
    tensors[a].name = std::mem::replace(&mut tensors[b].name, name);
}

fn order_of_weights(model: &mut ModelProto, rng: &mut Rng) {
    let tensors = &mut of(model).initializer;
    let (a, b) = (rng.below(tensors.len()), rng.below(tensors.len()));
    tensors.swap(a, b);
}

fn order_of_steps(model: &mut ModelProto, rng: &mut Rng) {
    let steps = &mut of(model).node;
    let (a, b) = (rng.below(steps.len()), rng.below(steps.len()));
    steps.swap(a, b);
}

fn wires(model: &mut ModelProto, rng: &mut Rng) {
    let node = rng.one(&mut of(model).node);
    match rng.below(3) {
        0 => node.input.reverse(),
        1 => node.input.push("mean".into()),
        _ => node.output.push("second".into()),
    }
}

fn more_steps(model: &mut ModelProto, rng: &mut Rng) {
    let (op_type, input) =
        [("Identity", "features"), ("Relu", "scaled"), ("Gemm", "scaled"), ("Softmax", "sum0")]
            [rng.below(4)];
    let output = ["extra", "probabilities", "scaled"][rng.below(3)];
    let new = NodeProto {
        input: vec![input.into()],
        output: vec![output.into()],
        op_type: op_type.into(),
        ..Default::default()
    };
    let steps = &mut of(model).node;
    let at = rng.below(steps.len() + 1);
    steps.insert(at, new);
}

fn operators(model: &mut ModelProto, rng: &mut Rng) {
    let to = ["LogSoftmax", "Hardmax", "Add", "Mul", "Sigmoid", "MatMul"][rng.below(6)];
    rng.one(&mut of(model).node).op_type = to.into();
}

fn step_names(model: &mut ModelProto, rng: &mut Rng) {
    rng.one(&mut of(model).node).name = ["", "gemm_sum0", "x"][rng.below(3)].into();
}

fn ends(model: &mut ModelProto, rng: &mut Rng) {
    let graph = of(model);
    let (input, output) = (graph.input[0].clone(), graph.output[0].clone());
    match rng.below(5) {
        0 => graph.input.push(input),
        1 => graph.output.push(output),
        2 => graph.output.insert(0, input),
        3 => graph.input[0].name = "probabilities".into(),
        _ => graph.output[0].kind = None,
    }
}

fn about_the_file(model: &mut ModelProto, rng: &mut Rng) {
    match rng.below(4) {
        0 => model.ir_version = rng.below(14) as i64,
        1 => model.producer_name = "pytorch".into(),
        2 => of(model).name = "x".into(),
        _ => model.metadata.push(model.metadata[0].clone()),
    }
}

/// Every change and its name.
pub(super) const CHANGES: [(&str, Change); 22] = [
    ("attribute", attribute),
    ("scaled", scaled),
    ("subgraph", subgraph),
    ("operator set", operator_set),
    ("more operator sets", more_operator_sets),
    ("domain", domain),
    ("doubled weights", doubled_weights),
    ("unused weights", unused_weights),
    ("float_data", float_data),
    ("external data", external),
    ("shapes", shapes),
    ("types", types),
    ("weight names", weight_names),
    ("order of weights", order_of_weights),
    ("order of steps", order_of_steps),
    ("wires", wires),
    ("more steps", more_steps),
    ("operators", operators),
    ("step names", step_names),
    ("inputs and outputs", ends),
    ("about the file", about_the_file),
    ("nothing", |_, _| {}),
];

/// Fields that this program does not know, at the end of the body.
pub(super) fn unknown_fields(body: &mut Vec<u8>, rng: &mut Rng) {
    let field = [4_u8, 5, 6, 9, 20, 25][rng.below(6)];
    match field {
        5 => body.extend([5 << 3, 7]),
        20 | 25 => body.extend([(field << 3) | 0x82, 1, 0]),
        _ => body.extend([field << 3 | 2, 1, b'x']),
    }
    if rng.below(3) == 0 {
        // A second graph: protocol buffers merge it into the first.
        body.extend([7 << 3 | 2, 3, 2 << 3 | 2, 1, b'y']);
    }
}
