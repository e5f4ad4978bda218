"""Golden values of options and butterflies: vollib, QuantLib, optionlab and a simulation.

    pip install numpy scipy vollib QuantLib optionlab
    python tests/golden/options_reference.py            write options_golden.json
    python tests/golden/options_reference.py exercise   print the error of European exercise

Options: price and greeks of vollib (Jaeckel's rational functions) over a grid; every row is held
against QuantLib here, and the worst disagreement of the two is printed. Butterflies: legs priced
by vollib one by one and added up; debit or credit, greatest profit and loss, break-evens, chance
of profit and expected value by optionlab; the last two again by 10^6 simulated ends.
"""

import json
import math
import os
import sys

import numpy as np
import QuantLib as ql
from optionlab import Inputs, run_strategy
from scipy.stats import norm
from vollib.black_scholes_merton import black_scholes_merton as vollib_price
from vollib.black_scholes_merton.greeks import analytical

HERE = os.path.dirname(os.path.abspath(__file__))
PATHS = 10**6
UNIT = 10**6
MONEYNESS = (0.5, 0.7, 0.9, 0.98, 1.0, 1.02, 1.1, 1.4, 2.0)
DAYS = (1, 7, 30, 182, 730)
SIGMAS = (0.01, 0.1, 0.25, 0.8, 3.0)
# Far below this price no decimal library keeps ten digits; a share costs 100.
LEAST_PRICE = 1e-12


def vollib_quote(flag, s, k, t, sigma, r=0.0, q=0.0):
    """Price, delta, gamma, vega per 1.00, theta per year."""
    greeks = [getattr(analytical, name)(flag, s, k, t, r, sigma, q)
              for name in ("delta", "gamma", "vega", "theta")]
    scales = (1.0, 1.0, 100.0, 365.0)
    return [float(vollib_price(flag, s, k, t, r, sigma, q))] + [float(g * x) for g, x in zip(greeks, scales)]


def quantlib_quote(flag, s, k, t, sigma, r=0.0, q=0.0):
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if flag == "c" else ql.Option.Put, k)
    forward, discount = s * math.exp((r - q) * t), math.exp(-r * t)
    found = ql.BlackCalculator(payoff, forward, sigma * math.sqrt(t), discount)
    return [found.value(), found.delta(s), found.gamma(s), found.vega(t), found.theta(s, t)]


def options():
    """Rows [call, strike, years, sigma, rate, dividend, price, delta, gamma, vega, theta]."""
    rows, worst, dropped = [], [0.0] * 5, 0
    for flag in "cp":
        for ratio in MONEYNESS:
            for days in DAYS:
                for sigma in SIGMAS:
                    for r, q in ((0.0, 0.0), (0.04, 0.0125)):
                        s, k, t = 100.0, 100.0 * ratio, days / 365
                        ours = vollib_quote(flag, s, k, t, sigma, r, q)
                        theirs = quantlib_quote(flag, s, k, t, sigma, r, q)
                        if ours[0] < LEAST_PRICE or abs(ours[3]) < LEAST_PRICE:
                            dropped += 1
                            continue
                        for i, (a, b) in enumerate(zip(ours, theirs)):
                            # A price is exact to the rounding of the share it is a part of.
                            scale = max(abs(a), 1e-4 * s) if i in (0, 4) else max(abs(a), 1e-4)
                            worst[i] = max(worst[i], abs(a - b) / scale)
                        rows.append([flag == "c", k, t, sigma, r, q] + ours)
    names = ("price", "delta", "gamma", "vega", "theta")
    print(len(rows), "options,", dropped, "left out; vollib against QuantLib, relative:",
          {name: f"{w:.1e}" for name, w in zip(names, worst)})
    return rows


def smile(sigma, s, k, t):
    return sigma * (1 - 0.1 * math.tanh(math.log(k / s) / (sigma * math.sqrt(t)) / 2))


def legs_of(kind, centre, wing):
    low, high = centre - wing, centre + wing
    return {"Call": [("c", low, 1), ("c", centre, -2), ("c", high, 1)],
            "Put": [("p", low, 1), ("p", centre, -2), ("p", high, 1)],
            "Iron": [("p", low, 1), ("p", centre, -1), ("c", centre, -1), ("c", high, 1)]}[kind]


def optionlab_run(s, days, predicted, legs, cost):
    """What optionlab says of the strategy bought at its legs' prices, one way's cost included.

    It counts as profit what is at least one cent, so it is asked in millionths of a dollar.
    """
    strategy = [{"type": "call" if flag == "c" else "put", "strike": UNIT * k, "n": abs(n),
                 "premium": UNIT * premium, "action": "buy" if n > 0 else "sell"}
                for flag, k, n, premium in legs]
    # The cost is shared by the legs as a commission, dollars per leg.
    return run_strategy(Inputs(
        stock_price=UNIT * s, volatility=predicted, interest_rate=0.0, strategy=strategy,
        min_stock=0.0, max_stock=UNIT * round(3 * s), price_step=UNIT, opt_commission=UNIT * cost / len(legs),
        days_to_target_date=days,
        discard_nonbusiness_days=False, business_days_in_year=365))


def butterflies(count=60):
    rng, rows, worst = np.random.default_rng(41), [], {}
    kinds = ("Call", "Put", "Iron")
    while len(rows) < count:
        kind, s = kinds[len(rows) % 3], round(float(rng.uniform(20, 400)), 2)
        sigma, predicted = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.1, 0.9))
        days = int(rng.integers(10, 60))
        t = days / 365
        centre = round(s * float(np.exp(rng.uniform(-0.5, 0.5) * sigma * math.sqrt(t))), 0)
        wing = max(1.0, round(s * sigma * math.sqrt(t) * float(rng.uniform(0.5, 2.0)), 0))
        if centre - wing <= 0:
            continue
        parts, total, cost = legs_of(kind, centre, wing), np.zeros(5), 0.0
        priced = []
        for flag, k, n in parts:
            quote = np.array(vollib_quote(flag, s, k, t, smile(sigma, s, k, t)))
            total += n * quote
            cost += abs(n) * (max(0.01, 0.005 * quote[3]) + 0.0065)
            priced.append((flag, k, n, float(quote[0])))
        debit = wing + total[0] if kind == "Iron" else total[0]
        risk = debit + cost
        if not 0.05 <= risk / wing <= 0.95:
            continue
        found = optionlab_run(s, days, predicted, priced, cost)
        low, high = (bound / UNIT for bound in found.profit_ranges[0])
        value = (found.expected_profit_if_profitable * found.probability_of_profit
                 + found.expected_loss_if_unprofitable * (1 - found.probability_of_profit)) / UNIT
        variance = predicted**2 * t
        ends = s * np.exp(rng.standard_normal(PATHS) * math.sqrt(variance) - variance / 2)
        gains = np.maximum(0.0, wing - np.abs(ends - centre)) - risk
        chances = norm.cdf((np.log(np.array([centre - wing + risk, centre + wing - risk]) / s) + variance / 2)
                           / math.sqrt(variance))
        mine = {"max profit": wing - risk, "max loss": -risk, "low": centre - wing + risk,
                "high": centre + wing - risk, "chance": chances[1] - chances[0]}
        theirs = {"max profit": found.maximum_return_in_the_domain / UNIT, "max loss": found.minimum_return_in_the_domain / UNIT,
                  "low": low, "high": high, "chance": found.probability_of_profit}
        for name, value_here in mine.items():
            worst[name] = max(worst.get(name, 0.0), abs(value_here - theirs[name]))
        rows.append({
            "kind": kind, "spot": s, "centre": centre, "wing": wing, "sigma": sigma, "days": days,
            "predicted": predicted, "debit": float(debit), "cost": cost, "value": list(map(float, total)),
            "max_profit": float(theirs["max profit"]), "max_loss": -float(theirs["max loss"]),
            "break_evens": [float(low), float(high)], "chance": float(found.probability_of_profit), "expected": float(value),
            "simulated": [float((gains > 0).mean()), float((gains > 0).std() / math.sqrt(PATHS)),
                          float(gains.mean()), float(gains.std() / math.sqrt(PATHS))]})
    print(len(rows), "butterflies; legs added up against optionlab:", {k: f"{v:.1e}" for k, v in worst.items()})
    return rows


def american(flag, s, k, t, sigma, process_of, engine):
    option = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Call if flag == "c" else ql.Option.Put, k), engine[1])
    option.setPricingEngine(engine[0](process_of(sigma)))
    return option.NPV()


def exercise():
    """Debits of typical butterflies: American against European, and with one dividend."""
    today = ql.Date(2, 1, 2018)
    ql.Settings.instance().evaluationDate = today
    rng, counter = np.random.default_rng(5), ql.Actual365Fixed()
    for r, dividend in ((0.0, 0.0), (0.03, 0.0), (0.0, 0.0125), (0.03, 0.0125)):
        shares, moved, early, held_on = {"Call": [], "Put": [], "Iron": []}, [], [], []
        for number in range(150):
            kind = ("Call", "Put", "Iron")[number % 3]
            s, sigma, days = 100.0, float(rng.uniform(0.12, 0.6)), int(rng.integers(21, 50))
            t = days / 365
            centre = round(s * math.exp(float(rng.uniform(-0.3, 0.3)) * sigma * math.sqrt(t)))
            wing = max(1, round(0.9 * s * sigma * math.sqrt(t)))
            expiry = today + days
            paid = ql.DividendVector([today + days // 2], [dividend * s])
            curve = lambda rate: ql.YieldTermStructureHandle(ql.FlatForward(today, rate, counter))
            process_of = lambda own: ql.BlackScholesMertonProcess(
                ql.QuoteHandle(ql.SimpleQuote(s)), curve(0.0), curve(r),
                ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), own, counter)))
            grid = lambda process: ql.FdBlackScholesVanillaEngine(process, paid, 100, 400)
            sums = {}
            for name, held in (("European", ql.EuropeanExercise(expiry)), ("American", ql.AmericanExercise(today, expiry))):
                sums[name] = sum(n * american(flag, s, k, t, smile(sigma, s, k, t), process_of, (grid, held))
                                 for flag, k, n in legs_of(kind, centre, wing))
            plain = sum(n * vollib_quote(flag, s, k, t, smile(sigma, s, k, t))[0]
                        for flag, k, n in legs_of(kind, centre, wing))
            cash = wing if kind == "Iron" else 0.0
            early.append(abs(sums["American"] - sums["European"]) / (cash + plain))
            shares[kind].append(early[-1])
            held_on.append(abs(sums["European"] - plain) / (cash + plain))
            moved.append(abs(sums["American"] - plain) / (cash + plain))
        quantiles = lambda x: "median {:.2%}, 90 % below {:.2%}, most {:.2%}".format(*np.quantile(x, [0.5, 0.9, 1]))
        print(f"r {r:.2%}, one dividend {dividend:.2%}: early exercise moves the debit by {quantiles(early)}"
              f" (medians {', '.join(f'{k} {np.median(v):.2%}' for k, v in shares.items())});"
              f" from r = q = 0 to these it moves by {quantiles(held_on)} as European,"
              f" by {quantiles(moved)} as American")


def main(arguments):
    if arguments == ["exercise"]:
        return exercise()
    if arguments:
        raise SystemExit(__doc__)
    path = os.path.join(HERE, "options_golden.json")
    with open(path, "w") as file:
        json.dump({"options": options(), "butterflies": butterflies()}, file, separators=(",", ":"))
    print(path, os.path.getsize(path), "bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
