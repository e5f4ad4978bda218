"""Golden values of the statistics against overfitting, by numpy and scipy, written from the papers' formulas.

    pip install numpy scipy
    python tests/golden/statistics_reference.py        write statistics_golden.json (a few seconds)

The normal distribution; probabilistic and deflated Sharpe ratio and minimum track record length (Bailey and
Lopez de Prado 2012, 2014); the probability of backtest overfitting by CSCV (Bailey, Borwein, Lopez de Prado
and Zhu 2015); a walk forward; and two things that Rust only draws and that are exact here: the error of a
mean under a circular block bootstrap, and the distribution of a permutation test. Made with numpy 2.4.6 and
scipy 1.17.1.
"""

import json
import math
import os
from itertools import combinations

import numpy as np
from scipy import stats

HERE = os.path.dirname(os.path.abspath(__file__))
YEAR = 252


def rounded(values, digits=5):
    return [round(float(x), digits) for x in values]


def normal():
    probabilities = [1e-300, 1e-100, 1e-20, 1e-9, 1e-4, 0.01, 0.025, 0.2, 0.3, 0.499, 0.5, 0.6, 0.8, 0.9, 0.95, 0.99,
                     0.999, 1 - 1e-6, 1 - 1e-12]
    points = [-37.0, -20.0, -8.0, -3.3, -1.0, -0.1, 0.0, 0.4, 1.0, 2.5, 6.0, 9.0]
    return {"quantiles": [[p, float(stats.norm.ppf(p))] for p in probabilities],
            "cdf": [[x, float(stats.norm.cdf(x))] for x in points]}


def tracks(rng):
    """Daily returns: calm, askew, losing, and overlapping (each day shares all but one of 21 shocks)."""
    calm = rng.normal(0.0006, 0.01, 400)
    askew = 0.004 - rng.exponential(0.0035, 252)
    losing = rng.standard_t(4, 60) * 0.01 - 0.001
    shocks = rng.normal(0.0001, 0.002, 620)
    overlapping = np.convolve(shocks, np.ones(21), "valid")
    return [("calm", calm, 1), ("askew", askew, 1), ("losing", losing, 1), ("overlapping", overlapping, 21)]


def bootstrap_error(x, block):
    """Exact deviation of the mean of days drawn in circular blocks, the last cut short, widened by the room's
    root of 1/(1 - H/D)."""
    n = len(x)
    around = np.concatenate([x, x])

    def variance_of_sum(length):
        return np.var([around[start:start + length].sum() for start in range(n)]) if length else 0.0

    whole, rest = divmod(n, block)
    return math.sqrt(whole * variance_of_sum(block) + variance_of_sum(rest)) / n / math.sqrt(1 - block / n)


def sharpe_case(name, x, block, trials):
    x = np.array(rounded(x))
    n = len(x)
    effective = float(n) if block == 1 else min(n, np.var(x, ddof=1) / bootstrap_error(x, block) ** 2)
    sr = x.mean() / x.std(ddof=1)
    g3, g4 = stats.skew(x), stats.kurtosis(x, fisher=False)
    inflation = 1 - g3 * sr + (g4 - 1) / 4 * sr ** 2

    def psr(threshold):
        return float(stats.norm.cdf((sr - threshold) * math.sqrt(effective - 1) / math.sqrt(inflation)))

    mintrl = 1 + inflation * (stats.norm.ppf(0.95) / sr) ** 2
    known = [t for t in trials if t is not None]
    count, gamma = len(trials), np.euler_gamma
    maximum = np.std(known, ddof=1) * ((1 - gamma) * stats.norm.ppf(1 - 1 / count)
                                       + gamma * stats.norm.ppf(1 - 1 / (count * math.e)))
    return {"name": name, "returns": x.tolist(), "block": block, "trials": trials, "effective_days": float(effective),
            "sharpe_daily": float(sr), "sharpe_annual": float(sr * math.sqrt(YEAR)), "skewness": float(g3),
            "kurtosis": float(g4), "probabilistic": psr(0),
            "minimum_days": math.ceil(mintrl * n / effective) if sr > 0 else None,
            "trials_sd": float(np.std(known, ddof=1)), "expected_maximum_daily": float(maximum),
            "expected_maximum_annual": float(maximum * math.sqrt(YEAR)), "deflated": psr(maximum)}


def ratio(x):
    """Daily Sharpe ratios of the rows; 0 where a row's days are all equal."""
    flat = np.ptp(x, axis=1) == 0
    sd = np.where(flat, 1, x.std(axis=1, ddof=1))
    return np.where(flat, 0.0, x.mean(axis=1) / sd)


def returns_matrix(rng, days):
    """Fifteen rows with something in common. Row 3 repeats row 1, rows 6 and 11 never trade, and row 7 trades
    only in the second half and gains there, so that the best in sample ties at 0 out of sample."""
    common = rng.normal(0, 0.006, days)
    rows = np.array([0.5 * common + rng.normal(-0.0004 + 0.0001 * i, 0.008, days) for i in range(15)]).round(5)
    rows[3] = rows[1]
    rows[[6, 11]] = 0
    rows[7] = (rows[7] + 0.004).round(5)
    rows[7, :days // 2] = 0
    return rows


def distinct(rows):
    seen = {}
    for i, row in enumerate(rows.tolist()):
        seen.setdefault(tuple(row), i)
    return np.array(sorted(seen.values()))


def cscv(rows):
    keep = distinct(rows)
    m = rows[keep]
    days = m.shape[1]
    blocks = [np.arange(b * days // 8, (b + 1) * days // 8) for b in range(8)]
    splits = []
    for inside in combinations(range(8), 4):
        outside = [b for b in range(8) if b not in inside]
        r_in = ratio(m[:, np.concatenate([blocks[b] for b in inside])])
        r_out = ratio(m[:, np.concatenate([blocks[b] for b in outside])])
        best = int(np.argmax(r_in))
        rank = stats.rankdata(r_out, method="average")[best]
        omega = rank / (len(keep) + 1)
        splits.append({"in_sample_blocks": list(inside), "best": int(keep[best]), "in_sample": float(r_in[best]),
                       "out_of_sample": float(r_out[best]), "rank": float(rank),
                       "logit": float(np.log(omega / (1 - omega)))})
    column = lambda name: np.array([s[name] for s in splits])
    line = stats.linregress(column("in_sample"), column("out_of_sample"))
    fall = column("in_sample") - column("out_of_sample")
    return {"configurations": len(keep), "pbo": float(np.mean(column("rank") <= (len(keep) + 1) / 2)),
            "median_rank": float(np.median(column("rank"))), "mean_degradation": float(fall.mean()),
            "median_degradation": float(np.median(fall)), "slope": float(line.slope),
            "intercept": float(line.intercept), "probability_of_loss": float(np.mean(column("out_of_sample") < 0)),
            "splits": splits}


def walk(rows, lengths):
    keep = distinct(rows)
    m = rows[keep]
    turn, steps, returns = lengths[0][0], [], []
    for inside, outside in lengths:
        r_in, r_out = ratio(m[:, turn - inside:turn]), ratio(m[:, turn:turn + outside])
        best, top = int(np.argmax(r_in)), int(np.argmax(r_out))
        steps.append({"from": turn - inside, "turn": turn, "to": turn + outside, "best": int(keep[best]),
                      "in_sample": float(r_in[best]), "out_of_sample": float(r_out[best]), "hindsight": int(keep[top]),
                      "hindsight_out_of_sample": float(r_out[top]), "median_out_of_sample": float(np.median(r_out))})
        returns += m[best, turn:turn + outside].tolist()
        turn += outside
    return {"lengths": lengths, "steps": steps, "returns": returns,
            "sharpe_daily": float(ratio(np.array([returns]))[0])}


def permutation(rng, skill):
    """Results in whole percent, so that the distribution of the statistic over all shuffles is exact: the daily sums
    over all subsets, convolved."""
    threshold, at_most = 0.55, 2
    days, total, scale = [], {0: 1.0}, 2  # sums count half percents, as a mean of two has them
    observed, traded, choice, excess = 0, 0, 0, []
    for _ in range(30):
        count = int(rng.integers(1, 7))
        scores = rng.random(count).round(3)
        roi = (rng.normal(0, 20, count) + rng.normal(0, 15) + skill * (scores - 0.5)).round().astype(int)
        days.append([[float(s), int(r)] for s, r in zip(scores, roi)])
        taken = [i for i in np.argsort(-scores, kind="stable") if scores[i] > threshold][:at_most]
        if not taken:
            continue
        traded += 1
        choice += len(taken) < count
        observed += int(scale * roi[taken].sum()) // len(taken)
        excess.append(roi[taken].mean() - roi.mean())
        subsets = list(combinations(range(count), len(taken)))
        after = {}
        for s in subsets:
            add = int(scale * roi[list(s)].sum()) // len(taken)
            for value, chance in total.items():
                after[value + add] = after.get(value + add, 0.0) + chance / len(subsets)
        total = after
    values = np.array(sorted(total))
    chances = np.array([total[v] for v in values])
    unit = scale * traded
    mean = float((values * chances).sum() / unit)
    below = np.cumsum(chances)
    quantile = lambda q: float(values[np.searchsorted(below, q)] / unit)
    return {"days": days, "threshold": threshold, "at_most": at_most, "traded_days": traded,
            "days_with_a_choice": choice, "observed": observed / unit, "null_mean": mean,
            "null_sd": float(math.sqrt(((values / unit - mean) ** 2 * chances).sum())),
            "null_range": [quantile(0.025), quantile(0.975)], "p": float(chances[values >= observed].sum()),
            "mean_excess": float(np.mean(excess))}


def main():
    rng = np.random.default_rng(17)
    trials = [rounded(rng.normal(0.01, 0.03, n)) for n in (12, 40, 2)]
    trials.append([t if i % 3 else None for i, t in enumerate(rounded(rng.normal(0, 0.05, 30)))])
    sharpe = [sharpe_case(*track, t) for track, t in zip(tracks(rng), trials)]
    rows = returns_matrix(rng, 163)
    golden = {"normal": normal(), "sharpe": sharpe, "matrix": rows.tolist(), "cscv": cscv(rows),
              "walk": walk(rows, [[60, 21], [60, 19], [80, 23], [40, 30]]),
              "permutation": [permutation(rng, skill) for skill in (0, 30)]}
    path = os.path.join(HERE, "statistics_golden.json")
    with open(path, "w") as file:
        json.dump(golden, file, separators=(",", ":"))
    print(path, os.path.getsize(path), "bytes; pbo", golden["cscv"]["pbo"],
          "; effective days", [round(case["effective_days"], 1) for case in sharpe],
          "; p", [case["p"] for case in golden["permutation"]])


if __name__ == "__main__":
    main()
