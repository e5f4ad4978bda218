"""Golden likelihoods, forecasts and spectra of real windows, calm and wild.

    pip install numpy scipy statsmodels arch pandas
    python tests/golden/series_reference.py        write series_golden.json (some minutes)

Windows of 252 closes out of the S&P 500 and Nasdaq (1999-2018) and WTI crude oil (1986-2019) as
shipped with arch: of each the calmest, the wildest and evenly spaced ones between by volatility,
none overlapping another. Likelihoods of statsmodels and arch at given parameters; for every
fourth window the maximum that many starts of scipy find.
"""

import json
import math
import os

import arch.data.nasdaq
import arch.data.sp500
import arch.data.wti
import numpy as np
from quant_reference import (HERE, dense_forecast, garch_likelihood, numpy_spectrum, scipy_arma, scipy_garch,
                             statsmodels_arma)

PER_SERIES = 10
HORIZON = 19
ORDERS = [(0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (2, 0)]


def windows(name, closes):
    """PER_SERIES slices that do not overlap, from the calmest to the wildest."""
    closes = closes[closes > 0].dropna()
    pieces = [closes.iloc[at:at + 252] for at in range(0, len(closes) - 251, 252)]
    pieces.sort(key=lambda piece: float(np.diff(np.log(piece.values)).std()))
    chosen = np.unique(np.linspace(0, len(pieces) - 1, PER_SERIES).astype(int))
    return [(name, pieces[i]) for i in chosen]


def parameters(p, q, rng):
    """phi and theta whose partial autocorrelations lie within 0.9, padded to two."""
    def part(count, sign):
        r = [float(x) for x in rng.uniform(-0.9, 0.9, count)]
        full = [r[0] * (1 - r[1]), r[1]] if count == 2 else r
        return [sign * x for x in full] + [0.0] * (2 - count)
    return part(p, 1.0), part(q, -1.0)


def window_case(name, piece, rng, maxima):
    closes = [float(c) for c in piece.values]
    y = np.log(closes)
    r, u = 100 * np.diff(y), 100 * np.diff(y[-120:])
    power, waves, strength, cycle = numpy_spectrum(y)
    arma = []
    for p, q in ORDERS:
        ar, ma = parameters(p, q, rng)
        llf, scale = statsmodels_arma(u, ar[:p], ma[:q])
        means, sds = dense_forecast(u, ar[:p], ma[:q], scale, HORIZON)
        top = scipy_arma(u, p, q, rng, starts=8) if maxima and p + q else None
        arma.append({"p": p, "q": q, "ar": ar, "ma": ma, "llf": float(llf), "variance": float(scale),
                     "mean": float(means[-1]), "sd": float(sds[-1]), "top": top})
    given = [(0.05, 0.9), (0.3, 0.2), (0.0, 0.6), (0.12, 0.8799)]
    garch = [[a, b, garch_likelihood(r, a, b)] for a, b in given]
    return {"name": name, "from": str(piece.index[0].date()), "volatility": float(r.std() * math.sqrt(252)),
            "closes": closes, "arma": arma, "garch": garch,
            "garch_top": scipy_garch(r, rng) if maxima else None, "power": [float(x) for x in power[:37]],
            "waves": int(waves), "strength": float(strength), "cycle": float(cycle)}


def main():
    chosen = (windows("SP500", arch.data.sp500.load()["Close"]) + windows("NASDAQ", arch.data.nasdaq.load()["Close"])
              + windows("WTI", arch.data.wti.load()["DCOILWTICO"]))
    rng = np.random.default_rng(3)
    cases = [window_case(name, piece, rng, number % 4 == 1) for number, (name, piece) in enumerate(chosen)]
    path = os.path.join(HERE, "series_golden.json")
    with open(path, "w") as file:
        json.dump({"horizon": HORIZON, "windows": cases}, file, separators=(",", ":"))
    print(path, os.path.getsize(path), "bytes,", len(cases), "windows, volatility %",
          [round(case["volatility"]) for case in cases])


if __name__ == "__main__":
    main()
