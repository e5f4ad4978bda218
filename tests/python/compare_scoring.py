"""How much faster one event is scored than on the original's Python path, side by side in one run.

    pip install numpy onnxruntime scikit-learn
    cargo build --release
    python tests/python/compare_scoring.py --model success_model_v2.onnx --butterquant target/release/butterquant

The original's path, per event: a dict of 23 features, an array in the contract's order, scikit-learn's
StandardScaler, an ONNX Runtime session, the likeliest class. Ours: `butterquant model bench` on the
same file, with the scaler inside the graph; features in to decision out, everything that a scorer
does for an event but reading and writing it, and with those (Avro in to Avro out). Both on one
thread with the same ONNX Runtime library, Python before ours and after it, its faster pass counting,
so that other work on the machine does not make the ratio. Nine tenths of Python's time is
StandardScaler.transform with its checks of the input; that the file's graph scales once more on
Python's side is below one microsecond. The last line is the ratio of medians; exit 1 below --least
(25).
"""

import argparse
import json
import os
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import onnxruntime
from sklearn.preprocessing import StandardScaler


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def python_times(path, events):
    """Microseconds of each event, after a tenth that is not counted."""
    session = session_of(path)
    manifest = json.loads(session.get_modelmeta().custom_metadata_map["manifest"])
    names = manifest["feature_names"]
    rng = np.random.default_rng(17)
    scaler = StandardScaler().fit(rng.normal(size=(1000, len(names))))
    rows = [dict(zip(names, map(float, row))) for row in rng.normal(size=(events, len(names)))]
    times = []
    for features in rows + rows[: events // 10]:
        start = time.perf_counter()
        array = np.array([features[name] for name in names], dtype=np.float32).reshape(1, -1)
        scaled = scaler.transform(array).astype(np.float32)
        said = session.run(None, {"features": scaled})[0][0]
        decision = {"class": int(np.argmax(said)), "probabilities": said.tolist()}
        times.append((time.perf_counter() - start) * 1e6)
        assert len(decision["probabilities"]) == 4
    return times[events // 10:]


def library():
    folder = os.path.join(os.path.dirname(onnxruntime.__file__), "capi")
    names = sorted(name for name in os.listdir(folder) if name.startswith("libonnxruntime.so"))
    return os.path.join(folder, names[0])


def bench(binary, model):
    command = [binary, "model", "bench", model, "--provider", "cpu", "-o", "json"]
    environment = dict(os.environ, BUTTERQUANT_ONNXRUNTIME=library())
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    if ran.returncode > 1:
        sys.exit(ran.stderr)
    return json.loads(ran.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True, help="an ONNX file of ButterQuant's")
    parser.add_argument("--butterquant", default="butterquant")
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--least", type=float, default=25)
    args = parser.parse_args()
    first = python_times(args.model, args.events)
    measured = bench(args.butterquant, args.model)
    theirs = min(first, python_times(args.model, args.events), key=np.median)
    event = next(one for one in measured["providers"] if one["provider"] == measured["in_use"])["event"]
    ours, wire = event["decision"], event["wire"]
    median, p99 = np.median(theirs), np.percentile(theirs, 99)
    print(f"{measured['machine']['cpu']}, load {measured['machine']['load']}, "
          f"onnxruntime {onnxruntime.__version__}, {measured['in_use']}")
    print(f"Python, dict to class:       median {median:.1f} µs, p99 {p99:.1f} µs")
    print(f"features in to decision out: median {ours['median_us']:.1f} µs, p99 {ours['p99_us']:.1f} µs")
    print(f"Avro in to Avro out:         median {wire['median_us']:.1f} µs, p99 {wire['p99_us']:.1f} µs")
    ratio = median / ours["median_us"]
    print(f"Avro to Avro Python takes {median / wire['median_us']:.1f} times as long")
    print(f"ratio: Python takes {ratio:.1f} times as long, at least {args.least:g} are asked for")
    return 0 if ratio >= args.least else 1


sys.exit(main())
