"""Shows that the exported models are ONNX to others too, not only to this program.

    python3 -m venv venv
    venv/bin/pip install onnx onnxruntime numpy
    BUTTERQUANT_GOLDEN=golden cargo test --release -p success --test artifacts
    venv/bin/python models/success/tests/golden/check_onnx.py golden

For each model: onnx.checker passes (full check, shapes inferred), the metadata holds
manifest, feature names, contract version, data hash, metrics, test vectors and seal, the seal
fits, and onnxruntime, onnx's reference implementation and numpy in double precision give the
scores that candle gave.
"""

import hashlib
import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator


def by_hand(model, x):
    """The chain in double precision, straight from the initialisers."""
    w = {t.name: numpy_helper.to_array(t).astype(numpy.float64) for t in model.graph.initializer}
    x = (x.astype(numpy.float64) - w["mean"]) / w["deviation"]
    layers = sum(name.startswith("weight") for name in w)
    for number in range(layers):
        x = x @ w[f"weight{number}"] + w[f"bias{number}"]
        if number + 1 < layers:
            x = numpy.maximum(x, 0)
    x = numpy.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def check(path):
    data = path.read_bytes()
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    meta = {entry.key: entry.value for entry in model.metadata_props}
    manifest = json.loads(meta["manifest"])
    assert meta["feature_names"].split(",") == manifest["feature_names"]
    assert len(manifest["feature_names"]) == 23
    assert meta["contract_version"] == str(manifest["contract_version"])
    assert meta["data_sha256"] == manifest["data_sha256"]
    assert json.loads(meta["metrics"]) == manifest["metrics"]
    tail = onnx.ModelProto(metadata_props=[model.metadata_props[-1]]).SerializeToString()
    assert data.endswith(tail) and model.metadata_props[-1].key == "seal"
    assert meta["seal"] == hashlib.sha256(data[: -len(tail)]).hexdigest()

    golden = json.loads(path.with_suffix(".json").read_text())
    x = numpy.array(golden["features"], dtype=numpy.float32)
    said = numpy.array(golden["probabilities"], dtype=numpy.float32)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map["manifest"] == meta["manifest"]
    answers = {
        "onnxruntime": session.run(["probabilities"], {"features": x})[0],
        "onnx reference": ReferenceEvaluator(model).run(None, {"features": x})[0],
        "numpy, double": by_hand(model, x),
    }
    print(f"{path.name}: {len(data)} bytes, {manifest['kind']}, checker passed")
    for name, answer in answers.items():
        worst = abs(answer - said).max()
        print(f"  {name}: largest difference from candle {worst:.2e}")
        assert worst < 1e-5

    vectors = json.loads(meta["test_vectors"])
    x, said = (
        numpy.array([vector[name] for vector in vectors], dtype=numpy.float32)
        for name in ("features", "probabilities")
    )
    worst = abs(session.run(["probabilities"], {"features": x})[0] - said).max()
    print(f"  its own {len(vectors)} test vectors: largest difference {worst:.2e}")
    assert len(vectors) == 16 and worst < 1e-5


def main():
    models = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    assert models, "no models: run the cargo command above first"
    for path in models:
        check(path)


if __name__ == "__main__":
    main()
