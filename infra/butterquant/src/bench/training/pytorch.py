"""A training by PyTorch, for `butterquant bench train`: the same rows, split, network, schedule and epochs, on one thread.

    python pytorch.py '{"settings": {...}, "epochs_run": 28, "best_epoch": 16, "runs": 3}' < ROWS

A row is scan day, evaluation day, class, weight and 23 features, separated by commas. The network (dense without
bias, batch-norm, ReLU, dropout) learns with AdamW under the same half-cosine, is judged on the validation days
after each of `epochs_run` epochs, then trained on all rows for `best_epoch`. Prints its seconds as JSON; exit code 3:
NumPy or PyTorch cannot be imported. This program fits its regressions and makes its assessments beside.
"""

import json
import math
import sys
import time

try:
    import numpy as np
    import torch
except ImportError as missing:
    sys.stderr.write(f"{missing}")
    sys.exit(3)

torch.set_num_threads(1)
TASK = json.loads(sys.argv[1])
HOW = TASK["settings"]


def network():
    layers, inputs = [], 23
    for width in HOW["hidden"]:
        layers += [torch.nn.Linear(inputs, width, bias=False), torch.nn.BatchNorm1d(width),
                   torch.nn.ReLU(), torch.nn.Dropout(HOW["dropout"])]
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
    sums, weights = np.bincount(day, loss * weight), np.bincount(day, weight)
    return float(np.mean(sums / weights))


def fit(x, cls, weight, epochs, judge=None):
    """Trains; with `judge` returns the lowest of its losses."""
    torch.manual_seed(HOW["seed"])
    model = network()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": HOW["weight_decay"]},
                                   {"params": others, "weight_decay": 0.0}], lr=HOW["learning_rate"])
    x, cls = torch.tensor(x, dtype=torch.float32), torch.tensor(cls)
    weight = torch.tensor(weight / weight.mean(), dtype=torch.float32)
    best = math.inf
    for epoch in range(epochs):
        for group in optimiser.param_groups:
            group["lr"] = HOW["learning_rate"] * (
                0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * epoch / HOW["epochs"])))
        model.train()
        for part in torch.randperm(len(x)).chunk(math.ceil(len(x) / HOW["batch"])):
            loss = torch.nn.functional.cross_entropy(model(x[part]), cls[part], reduction="none")
            optimiser.zero_grad()
            (loss * weight[part]).mean().backward()
            optimiser.step()
        best = min(best, judge(model)) if judge else best
    return best


def training(rows):
    start = time.perf_counter()
    day, known, cls, weight, x = rows[:, 0], rows[:, 1], rows[:, 2].astype(int), rows[:, 3], rows[:, 4:]
    days = np.unique(day)
    first = days[len(days) - math.ceil(len(days) * HOW["validation_share"])]
    held, early = day >= first, (day < first) & (known < first)
    mean, deviation = scaled(x[early], weight[early])
    asked = torch.tensor((x[held] - mean) / deviation, dtype=torch.float32)
    place = np.searchsorted(np.unique(day[held]), day[held])
    judge = lambda model: daily(model, asked, cls[held], weight[held], place)
    loss = fit((x[early] - mean) / deviation, cls[early], weight[early], TASK["epochs_run"], judge)
    mean, deviation = scaled(x, weight)
    fit((x - mean) / deviation, cls, weight, TASK["best_epoch"])
    return time.perf_counter() - start, loss


def main():
    rows = np.loadtxt(sys.stdin, delimiter=",")
    # What PyTorch sets up at its first steps is no part of a training.
    fit(rows[:HOW["batch"], 4:], rows[:HOW["batch"], 2].astype(int), rows[:HOW["batch"], 3], 2)
    taken = [training(rows) for _ in range(TASK["runs"])]
    print(json.dumps({"version": torch.__version__, "seconds": [seconds for seconds, _ in taken],
                      "best_seconds": min(taken)[0], "network_log_loss": min(taken)[1]}))


main()
