"""Training beside PyTorch: the same rows, split, network and schedule, both on one thread.

    pip install torch --index-url https://download.pytorch.org/whl/cpu
    cargo build --release --workspace --examples
    python tests/python/compare_training.py --rust target/release/examples/train_rows --rows FILE
    python tests/python/compare_training.py --rust target/release/examples/train_rows --made 7000

The example trains on the rows of a CSV (scan day, evaluation day, class, ROI, weight, 23 features)
and says how long it took and what it reached on the validation days; with --made it makes rows
with a planted rule itself and writes them for PyTorch. PyTorch trains the same layers (dense
without bias, batch-norm, ReLU, dropout) with AdamW under the same half-cosine, early stopping and
second training on all rows included; Rust fits its logistic regressions and test vectors beside.
Exit 1 where Rust takes more than --most seconds, or its log loss is above PyTorch's by 0.02.
"""

import argparse
import copy
import json
import math
import os
import subprocess
import sys
import tempfile
import time

for threads in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np
import torch

torch.set_num_threads(1)
EPOCHS, BATCH, RATE, DECAY, DROPOUT, PATIENCE, SHARE = 50, 256, 3e-3, 1e-2, 0.2, 12, 0.15


def network():
    layers, inputs = [], 23
    for width in (64, 32):
        layers += [torch.nn.Linear(inputs, width, bias=False), torch.nn.BatchNorm1d(width),
                   torch.nn.ReLU(), torch.nn.Dropout(DROPOUT)]
        inputs = width
    return torch.nn.Sequential(*layers, torch.nn.Linear(inputs, 4))


def scaled(x, weight):
    """Mean and deviation by weight."""
    mean = np.average(x, axis=0, weights=weight)
    return mean, np.sqrt(np.average((x - mean)**2, axis=0, weights=weight))


def daily(model, x, cls, weight, day):
    """Mean over scan days of the weighted daily log loss."""
    model.eval()
    with torch.no_grad():
        log = torch.log_softmax(model(x), 1).numpy()
    loss = -log[np.arange(len(cls)), cls]
    return np.mean([np.average(loss[day == d], weights=weight[day == d]) for d in np.unique(day)])


def fit(x, cls, weight, epochs, judge=None):
    """Trains; with `judge` until it has not fallen for PATIENCE epochs. Returns loss and epoch."""
    torch.manual_seed(1)
    model = network()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": DECAY},
                                   {"params": others, "weight_decay": 0.0}], lr=RATE)
    x, cls = torch.tensor(x, dtype=torch.float32), torch.tensor(cls)
    weight = torch.tensor(weight / weight.mean(), dtype=torch.float32)
    best = (math.inf, 0)
    for epoch in range(epochs):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * epoch / EPOCHS)))
        model.train()
        for part in torch.randperm(len(x)).chunk(math.ceil(len(x) / BATCH)):
            loss = torch.nn.functional.cross_entropy(model(x[part]), cls[part], reduction="none")
            optimiser.zero_grad()
            (loss * weight[part]).mean().backward()
            optimiser.step()
        if judge:
            loss = judge(model)
            if loss < best[0]:
                best, kept = (loss, epoch + 1), copy.deepcopy(model)
            elif epoch + 1 - best[1] >= PATIENCE:
                break
    return best + (epoch + 1,)


def pytorch(rows):
    start = time.perf_counter()
    day, known, cls, weight, x = rows[:, 0], rows[:, 1], rows[:, 2].astype(int), rows[:, 4], rows[:, 5:]
    days = np.unique(day)
    first = days[len(days) - math.ceil(len(days) * SHARE)]
    held, early = day >= first, (day < first) & (known < first)
    mean, deviation = scaled(x[early], weight[early])
    asked = torch.tensor((x[held] - mean) / deviation, dtype=torch.float32)
    judge = lambda model: daily(model, asked, cls[held], weight[held], day[held])
    loss, epoch, run = fit((x[early] - mean) / deviation, cls[early], weight[early], EPOCHS, judge)
    mean, deviation = scaled(x, weight)
    fit((x - mean) / deviation, cls, weight, epoch)
    return time.perf_counter() - start, loss, epoch, run + epoch


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--rust", required=True, help="the train_rows example")
    parse.add_argument("--rows", help="CSV of rows")
    parse.add_argument("--made", type=int, default=7000, help="rows to make where none are given")
    parse.add_argument("--runs", type=int, default=3, help="trainings of each; the fastest counts")
    parse.add_argument("--most", type=float, default=5.0, help="seconds that Rust may take")
    given = parse.parse_args()
    path = given.rows or os.path.join(tempfile.mkdtemp(), "rows.csv")
    command = [given.rust, path] + ([] if given.rows else [str(given.made)])
    said = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(given.runs)]
    rust = min(said, key=lambda one: one["seconds"])
    rows = np.loadtxt(path, delimiter=",")
    python = min((pytorch(rows) for _ in range(given.runs)), key=lambda one: one[0])
    print(f"{len(rows)} rows, one thread, the fastest of {given.runs}")
    print(f"PyTorch: {python[0]:.2f} s, validation log loss {python[1]:.4f} at epoch {python[2]}, {python[3]} epochs trained")
    print(f"Rust:    {rust['seconds']:.2f} s, validation log loss {rust['network_log_loss']:.4f} at epoch "
          f"{rust['best_epoch']}, {rust['epochs_run'] + rust['best_epoch']} epochs trained, "
          f"logistic regression {rust['logistic_log_loss']:.4f}")
    print(f"ratio:   PyTorch takes {python[0] / rust['seconds']:.2f} times as long")
    worse = rust["network_log_loss"] > python[1] + 0.02
    sys.exit(1 if rust["seconds"] > given.most or worse else 0)


if __name__ == "__main__":
    main()
