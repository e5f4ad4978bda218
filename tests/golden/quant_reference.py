"""A second, plain implementation of QUANT.md, to hold against the Rust one.

    quant_reference.py check  DUMP_BINARY FOLDER EVERY [FITS]   compare on a folder of price files
    quant_reference.py golden DUMP_BINARY                       write quant_golden.json

The first needs `pip install numpy scipy statsmodels arch pandas`. Likelihoods and forecasts are
those of statsmodels and arch at the parameters found by Rust, option prices scipy's, the spectrum
numpy's; features, score, costs and label are written out here once more. FITS many-start fits by
scipy tell whether a higher maximum was missed. The golden file holds only series that ship in
PyPI packages (arch.data: S&P 500, Nasdaq, VIX) and one seeded random walk.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd
from arch.univariate import GARCH
from scipy.optimize import minimize
from scipy.stats import norm
from statsmodels.tsa.arima_process import ArmaProcess
from statsmodels.tsa.statespace.sarimax import SARIMAX

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
FEATURES = """trend_slope dominant_period period_strength forecast_return
forecast_interval_width predicted_vol current_iv vol_mispricing iv_percentile skew delta gamma
vega theta max_profit max_loss profit_ratio prob_profit momentum_7d volume_concentration
dte_factor gamma_theta_ratio vix_level""".split()


class Worst:
    """The largest difference seen under each name, and where."""

    def __init__(self):
        self.seen = {}

    def hold(self, name, ours, theirs, where, scale=None):
        difference = abs(ours - theirs) / max(1.0, abs(theirs) if scale is None else scale)
        if not difference <= self.seen.get(name, (-1.0,))[0]:
            self.seen[name] = (difference, ours, theirs, where)

    def show(self, limits):
        fine = True
        for name in sorted(self.seen):
            difference, ours, theirs, where = self.seen[name]
            limit = limits(name)
            good = difference <= limit
            fine &= good
            print(f"{'ok ' if good else 'BAD'} {name:32} {difference:9.2e} (limit {limit:.0e})"
                  f"  ours {ours:.12g} theirs {theirs:.12g} {where}")
        return fine


def read_prices(path):
    table = pd.read_csv(path, index_col=0, parse_dates=True)
    return table[["Open", "High", "Low", "Close", "Volume"]].astype(float)


def sigma_at(close, vix, at):
    """The proxy of the bar number `at`, None where the VIX is missing."""
    day = close.index[at]
    if day not in vix.index or at < 63:
        return None
    own = vix[:day]
    if len(own) < 63:
        return None
    returns = np.diff(np.log(close.values[at - 63:at + 1]))
    return returns.std(ddof=1) * math.sqrt(252) * own.iloc[-1] / own.values[-63:].mean()


def black_scholes(right, s, k, sigma, t):
    d1 = (math.log(s / k) + sigma**2 * t / 2) / (sigma * math.sqrt(t))
    d2 = d1 - sigma * math.sqrt(t)
    if right == "Call":
        price, delta = s * norm.cdf(d1) - k * norm.cdf(d2), norm.cdf(d1)
    else:
        price, delta = k * norm.cdf(-d2) - s * norm.cdf(-d1), norm.cdf(d1) - 1
    density = norm.pdf(d1)
    return np.array([price, delta, density / (s * sigma * math.sqrt(t)), s * density * math.sqrt(t),
                     -s * density * sigma / (2 * math.sqrt(t))])


def position(kind, s, centre, wing, sigma, days):
    """D, c, and [V, V_S, V_SS, V_sigma, V_t]."""
    t = days / 365
    sides = {"Call": [("Call", -1, 1), ("Call", 0, -2), ("Call", 1, 1)],
             "Put": [("Put", -1, 1), ("Put", 0, -2), ("Put", 1, 1)],
             "Iron": [("Put", -1, 1), ("Put", 0, -1), ("Call", 0, -1), ("Call", 1, 1)]}[kind]
    total, cost = np.zeros(5), 0.0
    for right, place, ratio in sides:
        k = centre + place * wing
        own = sigma * (1 - 0.1 * math.tanh(math.log(k / s) / (sigma * math.sqrt(t)) / 2))
        quote = black_scholes(right, s, k, own, t)
        total += ratio * quote
        cost += abs(ratio) * (max(0.01, 0.005 * quote[3]) + 0.0065)
    return (wing + total[0] if kind == "Iron" else total[0]), cost, total


def numpy_spectrum(y):
    i = np.arange(252)
    residual = y - np.polyval(np.polyfit(i, y, 1), i)
    power = np.abs(np.fft.rfft(residual * np.hanning(252)))**2 * (2 * np.sin(np.pi * np.arange(127) / 252))**2
    k = 2 + int(np.argmax(power[2:37]))
    waves = np.column_stack([np.cos(2 * np.pi * k * i / 252), np.sin(2 * np.pi * k * i / 252)])
    fitted = waves @ np.linalg.lstsq(waves, residual, rcond=None)[0]
    return power, k, power[k] / power[1:127].sum(), fitted[-1]


def arma_polynomials(fit):
    p, q = fit["order"]["p"], fit["order"]["q"]
    return fit["ar"][:p], fit["ma"][:q]


def statsmodels_arma(u, ar, ma):
    """Exact log-likelihood and innovations variance with the variance concentrated out."""
    # With enforce_stationarity=False it would start diffuse and burn values.
    model = SARIMAX(u, order=(len(ar), 0, len(ma)), trend="n", concentrate_scale=True)
    result = model.smooth(np.r_[ar, ma] if len(ar) + len(ma) else [])
    return result.llf, result.scale


def dense_forecast(u, ar, ma, variance, h):
    """Mean and sd of the sum of the next h values, by conditioning the joint normal directly."""
    n = len(u)
    gamma = ArmaProcess(np.r_[1, -np.array(ar)], np.r_[1, ma]).acovf(n + h) * variance
    full = gamma[np.abs(np.subtract.outer(np.arange(n + h), np.arange(n + h)))]
    gain = np.linalg.solve(full[:n, :n], full[:n, n:])
    covariance = full[n:, n:] - full[n:, :n] @ gain
    means = np.cumsum(gain.T @ u)
    sds = [math.sqrt(covariance[:j, :j].sum()) for j in range(1, h + 1)]
    return means / 100, np.array(sds) / 100


def arch_variances(r, alpha, beta):
    """arch's own recursion with backcast s²: variances of the window, and of the day after."""
    e = r - r.mean()
    s2 = float(np.mean(e**2))
    bounds = np.tile([1e-12, 1e12], (len(e), 1))
    out = np.empty(len(e))
    GARCH(1, 0, 1).compute_variance(np.array([s2 * (1 - alpha - beta), alpha, beta]), e, out, s2, bounds)
    return e, s2, out, s2 * (1 - alpha - beta) + alpha * e[-1]**2 + beta * out[-1]


def garch_likelihood(r, alpha, beta):
    e, _, variances, _ = arch_variances(r, alpha, beta)
    return float(norm.logpdf(e, scale=np.sqrt(variances)).sum())


def evaluation_date(expiry, day):
    return expiry - pd.Timedelta(days=7 if (expiry - day).days >= 30 else 3)


def reference(bars, vix, day, fit, garch):
    """Every number of QUANT.md for a day, given ARIMA and GARCH parameters."""
    known = bars[:day]
    close, s = known.Close, float(known.Close.iloc[-1])
    y = np.log(close.values[-252:])
    r = np.diff(y)
    at = len(close) - 1
    hv = r[-63:].std(ddof=1) * math.sqrt(252)
    iv = sigma_at(close, vix, at)
    previous = [sigma_at(close, vix, i) for i in range(at - 126, at)]
    power, k, strength, cycle = numpy_spectrum(y)
    slope = np.polyfit(np.arange(60), y[-60:], 1)[0] / (hv / math.sqrt(252))
    period = 252 / k
    expiry = day + pd.Timedelta(days=21 if period < 20 else 30 if period < 40 else 45)
    while expiry.weekday() != 4:
        expiry += pd.Timedelta(days=1)
    evaluation = evaluation_date(expiry, day)
    dte = (expiry - day).days
    h = math.floor((evaluation - day).days * 252 / 365 + 0.5)
    u = 100 * r[-119:]
    ar, ma = arma_polynomials(fit)
    llf, variance = statsmodels_arma(u, ar, ma)
    means, sds = dense_forecast(u, ar, ma, variance, h)
    forecast, width = means[-1], 2 * norm.ppf(0.975) * sds[-1]
    alpha, beta = garch["alpha"], garch["beta"]
    _, s2, _, following = arch_variances(100 * r, alpha, beta)
    mean_variance = np.mean([s2 + (alpha + beta)**j * (following - s2) for j in range(h)])
    predicted = math.sqrt(252 * mean_variance) / 100
    step = 0.5 if s < 10 else 1 if s < 50 else 2.5 if s < 200 else 5 if s < 1000 else 10
    target = s * math.exp(forecast)
    centre = math.floor(target / step + 0.5) * step
    wing = max(step, math.floor(s * width / 4 / step + 0.5) * step)
    kind = "Call" if slope > 0.1 and cycle < 0 else "Put" if slope < -0.1 and cycle > 0 else "Iron"
    debit, cost, v = position(kind, s, centre, wing, iv, dte)
    risk = debit + cost
    down, up = r[-63:][r[-63:] < 0], r[-63:][r[-63:] > 0]
    d, w = math.sqrt(np.mean(down**2)), math.sqrt(np.mean(up**2))
    spread = predicted * math.sqrt(dte / 365)
    chance = lambda price: norm.cdf((math.log(price / s) + spread**2 / 2) / spread)
    gain, decay = predicted**2 * s**2 * v[2] / 2 / 365, v[4] / 365
    volumes = known.Volume.values[-5:]
    features = [slope, period, strength, forecast, width, predicted, iv, math.log(iv / predicted),
                np.mean([p <= iv for p in previous]), (d - w) / (d + w), s * v[1] / wing,
                s**2 * v[2] / wing, 0.01 * v[3] / wing, v[4] / 365 / wing, 1 - risk / wing,
                risk / wing, (1 - risk / wing) / (risk / wing),
                chance(centre + wing - risk) - chance(centre - wing + risk),
                math.log(close.iloc[-1] / close.iloc[-8]), volumes.max() / volumes.mean(), dte / 45,
                (gain + decay) / (abs(gain) + abs(decay)), vix[day] / 100]
    cycle_points = 100 if kind != "Iron" else 80 if -0.1 <= slope <= 0.1 else 50
    score = (0.35 * 100 * max(0, 1 - 2 * abs(target - centre) / wing)
             + 0.30 * 100 * norm.cdf(features[7] / 0.25) + 0.20 * 100 * max(0, 1 - width / 0.5)
             + 0.15 * cycle_points - min(10, 10 * abs(features[10])))
    return {"features": [float(f) for f in features], "score": float(min(100, max(0, score))),
            "debit": float(debit), "cost": float(cost), "centre": centre, "wing": wing, "kind": kind,
            "expiry": expiry, "evaluation": evaluation, "h": h, "power": power, "llf": llf,
            "variance": variance, "garch_llf": garch_likelihood(100 * r, alpha, beta),
            "cycle": float(cycle), "iv": float(iv), "u": u, "r": 100 * r}


def reference_label(bars, vix, day, ref):
    """(ROI, None) or (None, why not)."""
    after = bars[(bars.index > day) & (bars.index <= ref["evaluation"])]
    if after.empty:
        return None, "bar"
    first, last = after.index[0], after.index[-1]
    held = (ref["kind"], ref["centre"], ref["wing"])
    debit, cost, _ = position(held[0], after.Open.iloc[0], held[1], held[2], ref["iv"],
                              (ref["expiry"] - first).days)
    risk = debit + cost
    if not 0.05 <= risk / ref["wing"] <= 0.95:
        return None, "max loss"
    sigma = sigma_at(bars[:last].Close, vix, len(bars[:last]) - 1)
    if sigma is None:
        return None, "VIX"
    debit, cost, _ = position(held[0], after.Close.iloc[-1], held[1], held[2], sigma,
                              (ref["expiry"] - last).days)
    return (max(0.0, debit - cost) - risk) / risk, None


def many_starts(negative, starts, bounds):
    best = math.inf
    for start in starts:
        found = minimize(negative, start, bounds=bounds, method="L-BFGS-B")
        polished = minimize(negative, found.x, bounds=bounds, method="Nelder-Mead",
                            options={"xatol": 1e-7, "fatol": 1e-9})
        best = min(best, found.fun, polished.fun)
    return -best


def innovations_likelihood(u, ar, ma):
    from statsmodels.tsa.innovations.arma_innovations import arma_innovations
    v, f = arma_innovations(u, ar_params=ar or None, ma_params=ma or None, sigma2=1.0)
    n = len(u)
    scale = np.mean(v**2 / f)
    return -0.5 * (n * (math.log(2 * math.pi * scale) + 1) + np.log(f).sum())


def scipy_arma(u, p, q, rng, starts=12):
    partial = lambda x: [x[0] * (1 - x[1]), x[1]] if len(x) == 2 else list(x)
    def negative(x):
        ar, ma = partial(x[:p]), [-m for m in partial(x[p:])]
        return -innovations_likelihood(u, ar, ma)
    grid = [rng.uniform(-0.89, 0.89, p + q) for _ in range(starts)]
    return many_starts(negative, grid, [(-0.9, 0.9)] * (p + q))


def scipy_garch(r, rng, starts=16):
    e = r - r.mean()
    s2 = float(np.mean(e**2))
    from scipy.signal import lfilter
    z = e**2 / s2
    def negative(x):  # persistence and the share of alpha in it
        alpha, beta = x[0] * x[1], x[0] * (1 - x[1])
        drive = 1 - alpha - beta + alpha * z[:-1]
        h = np.r_[1.0, lfilter([1.0], [1.0, -beta], drive, zi=[beta])[0]]
        return 0.5 * float(np.sum(np.log(2 * np.pi * s2 * h) + z / h))
    grid = [[rng.uniform(0.2, 0.999), rng.uniform(0, 0.6)**2] for _ in range(starts)]
    return many_starts(negative, grid, [(0, 0.9999), (0, 1)])


def limits(name):
    if name.startswith("missed maximum"):
        return 1e-3
    at_parameters = ("likelihood", "forecast", "variance", "interval", "predicted", "given fit")
    return 1e-6 if any(part in name for part in at_parameters) else 1e-9


def compare(dump, folder, fits, worst):
    prices = {}
    vix = read_prices(os.path.join(folder, "^VIX.csv")).Close
    rng = np.random.default_rng(7)
    counts = {"cases": 0, "refused": {}, "labelled": 0, "no label": 0, "order differs": 0, "fits": 0}
    analysed = [case for case in dump if "analysis" in case]
    chosen = set(rng.permutation(len(analysed))[:fits].tolist())
    for case in dump:
        if "refusal" in case:
            counts["refused"][case["refusal"]] = counts["refused"].get(case["refusal"], 0) + 1
    references = []
    for index, case in enumerate(analysed):
        ticker, where = case["ticker"], f"{case['ticker']} {case['day']}"
        bars = prices.setdefault(ticker, read_prices(os.path.join(folder, ticker + ".csv")))
        day, a = pd.Timestamp(case["day"]), case["analysis"]
        ref = reference(bars, vix, day, a["arima"], a["garch"])
        counts["cases"] += 1
        hold_analysis(worst, case, a, ref, where)
        hold_fits(worst, case, ref, where)
        counts["order differs"] += pick(case["fits"]) != a["arima"]["order"]
        roi, _ = reference_label(bars, vix, day, ref)
        if (roi is None) != (case["outcome"] is None):
            raise SystemExit(f"{where}: label {roi} here, {case['outcome'] or case['no_label']} there")
        counts["labelled" if roi is not None else "no label"] += 1
        if roi is not None:
            worst.hold("roi", case["outcome"]["roi"], roi, where)
        if index in chosen:
            counts["fits"] += 1
            hold_maxima(worst, case, a, ref, rng, where)
        references.append((case, ref, roi))
    return counts, references


def hold_analysis(worst, case, a, ref, where):
    fly = a["butterfly"]
    plain = [fly["kind"], fly["centre"], fly["wing"], fly["expiry"], fly["evaluation_day"], fly["horizon"]]
    theirs = [ref["kind"], ref["centre"], ref["wing"], str(ref["expiry"].date()),
              str(ref["evaluation"].date()), ref["h"]]
    if plain != theirs:
        raise SystemExit(f"{where}: butterfly {plain} here {theirs}")
    for number, (name, ours, value) in enumerate(zip(FEATURES, a["features"], ref["features"]), 1):
        worst.hold(f"feature {number:2} {name}", ours, value, where)
    worst.hold("score (given fit)", a["score"]["total"], ref["score"], where)
    worst.hold("debit", a["mark"]["debit"], ref["debit"], where)
    worst.hold("cost", a["mark"]["cost"], ref["cost"], where)
    worst.hold("cycle position", a["cycle_position"], ref["cycle"], where)
    worst.hold("spectrum power", float(np.max(np.abs(np.array(case["power"]) - ref["power"]))), 0.0, where)
    worst.hold("garch likelihood at fit", a["garch"]["log_likelihood"], ref["garch_llf"], where)
    for alpha, beta, ours in case["garch_given"]:
        worst.hold("garch likelihood at given", ours, garch_likelihood(ref["r"], alpha, beta), where)


def hold_fits(worst, case, ref, where):
    for fit, forecast in zip(case["fits"], case["forecasts"]):
        ar, ma = arma_polynomials(fit)
        name = f"({len(ar)},1,{len(ma)})"
        llf, scale = statsmodels_arma(ref["u"], ar, ma)
        worst.hold(f"likelihood {name}", fit["log_likelihood"], llf, where)
        worst.hold(f"variance {name}", fit["variance"], scale, where)
        means, sds = dense_forecast(ref["u"], ar, ma, scale, ref["h"])
        worst.hold(f"forecast path {name}", float(np.max(np.abs(means - forecast["mean"]))), 0.0, where)
        worst.hold(f"forecast sd path {name}", float(np.max(np.abs(sds - forecast["sd"]))), 0.0, where)


def pick(fits):
    least = min(fit["aic"] for fit in fits)
    near = [fit["order"] for fit in fits if fit["aic"] <= least + 0.1]
    return min(near, key=lambda order: (order["p"] + order["q"], order["p"]))


def hold_maxima(worst, case, a, ref, rng, where):
    for fit in case["fits"]:
        p, q = fit["order"]["p"], fit["order"]["q"]
        if p + q:
            top = scipy_arma(ref["u"], p, q, rng)
            worst.hold(f"missed maximum ({p},1,{q})", max(0.0, top - fit["log_likelihood"]), 0.0, where)
    top = scipy_garch(ref["r"], rng)
    worst.hold("missed maximum garch", max(0.0, top - a["garch"]["log_likelihood"]), 0.0, where)


def run_dump(binary, folder, every):
    out = os.path.join(tempfile.mkdtemp(), "dump.json")
    subprocess.run([binary, folder, out, str(every)], check=True)
    with open(out) as file:
        return json.load(file)


def package_series(folder):
    """Price files of what PyPI packages carry, and of one seeded random walk."""
    import arch.data.nasdaq
    import arch.data.sp500
    import arch.data.vix
    vix = arch.data.vix.load().vix.dropna()["2016-10-01":"2018-12-31"]
    frames = {name: module.load()["2017-01-01":"2018-12-31"].round(4)
              for name, module in (("SP500", arch.data.sp500), ("NASDAQ", arch.data.nasdaq))}
    rng = np.random.default_rng(20)
    days = frames["SP500"].index
    scale = 0.02 * np.exp(0.5 * np.sin(np.arange(len(days)) / 30))
    close = 12 * np.exp(np.cumsum(scale * rng.standard_normal(len(days))))
    opened = close * np.exp(0.004 * rng.standard_normal(len(days)))
    walk = {"Open": opened, "High": np.maximum(opened, close) * 1.01, "Low": np.minimum(opened, close) * 0.99,
            "Close": close, "Adj Close": close, "Volume": rng.integers(1_000, 90_000, len(days))}
    frames["WALK"] = pd.DataFrame(walk, index=days).round(4)
    frames["^VIX"] = pd.DataFrame({c: vix for c in ("Open", "High", "Low", "Close", "Adj Close")}).assign(Volume=0)
    columns = ["Open", "High", "Low", "Close", "Adj Close", "Volume"]
    for name, frame in frames.items():
        frame[columns].to_csv(os.path.join(folder, name + ".csv"), index_label="Date")
    return frames


def golden(binary):
    folder = tempfile.mkdtemp()
    frames = package_series(folder)
    worst = Worst()
    counts, references = compare(run_dump(binary, folder, 23), folder, 0, worst)
    print(counts)
    if not worst.show(limits):
        raise SystemExit(1)
    rng = np.random.default_rng(11)
    number = lambda day: (day - pd.Timestamp("1970-01-01")).days
    columns = ["Open", "High", "Low", "Close", "Volume"]
    series = {name: [[number(day), *map(float, row)] for day, row in zip(frame.index, frame[columns].values)]
              for name, frame in frames.items() if name != "^VIX"}
    # Many-start maxima take half a minute a case, so only some carry them.
    cases = [golden_case(case, ref, roi, rng if i % 8 == 3 else None, number)
             for i, (case, ref, roi) in enumerate(references)]
    vix = [[number(day), float(value)] for day, value in frames["^VIX"].Close.items()]
    path = os.path.join(HERE, "quant_golden.json")
    with open(path, "w") as file:
        json.dump({"series": series, "vix": vix, "cases": cases}, file, separators=(",", ":"))
    print(path, os.path.getsize(path), "bytes,", len(cases), "cases")


def golden_case(case, ref, roi, rng, number):
    fits = []
    for fit in case["fits"]:
        ar, ma = arma_polynomials(fit)
        llf, scale = statsmodels_arma(ref["u"], ar, ma)
        means, sds = dense_forecast(ref["u"], ar, ma, scale, ref["h"])
        top = scipy_arma(ref["u"], len(ar), len(ma), rng) if rng and len(ar) + len(ma) else None
        fits.append({"p": len(ar), "q": len(ma), "ar": fit["ar"], "ma": fit["ma"], "llf": llf, "top": top,
                     "variance": scale, "mean": float(means[-1]), "sd": float(sds[-1])})
    g = case["analysis"]["garch"]
    return {"series": case["ticker"], "day": number(pd.Timestamp(case["day"])), "fits": fits,
            "alpha": g["alpha"], "beta": g["beta"], "garch_llf": ref["garch_llf"],
            "garch_top": scipy_garch(ref["r"], rng) if rng else None, "features": ref["features"], "score": ref["score"],
            "debit": ref["debit"], "cost": ref["cost"], "centre": ref["centre"], "wing": ref["wing"],
            "kind": ref["kind"], "expiry": number(ref["expiry"]), "evaluation": number(ref["evaluation"]),
            "cycle": ref["cycle"], "roi": roi, "power": [float(p) for p in ref["power"][:20]]}


def main(arguments):
    if arguments[:1] == ["golden"] and len(arguments) == 2:
        golden(arguments[1])
    elif arguments[:1] == ["check"] and len(arguments) in (4, 5):
        worst = Worst()
        fits = int(arguments[4]) if len(arguments) == 5 else 0
        dump = run_dump(arguments[1], arguments[2], arguments[3])
        print(compare(dump, arguments[2], fits, worst)[0])
        raise SystemExit(0 if worst.show(limits) else 1)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
