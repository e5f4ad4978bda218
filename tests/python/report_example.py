"""A made-up report of 768 days and 1,500 trades, as the JSON value that the report's page reads.

    python tests/python/report_example.py example.json [--seed 7] [--empty | --differs]

The numbers are drawn with a seed and hang together: the trades' results add up to the equity, the months to the
total, the groups to the trades. Nobody traded any of it. `--empty` writes a run that has traded nothing, in which every
section has to say why it is empty; `--differs` one with a live run, a replay that differs and no end.
`report_page.py` checks the page made of each.
"""

import argparse
import bisect
import datetime
import hashlib
import json
import math
import random

from report_base import ASSUMPTIONS, COLUMNS, COSTS, EPOCH, FEATURES, FIGURES, NOT_TO_CONCLUDE, PERIODS, REASONS, TICKERS
from report_base import base, digits, number

TRACKS = ["ButterAI", "ButterBaseline"]
CLASSES = ["Loss", "Minor", "Good", "Excellent"]
CAPITAL = 100_000.0


def trading_days(count):
    day, days = datetime.date(2016, 2, 1), []
    while len(days) < count:
        if day.weekday() < 5 and (day.month, day.day) not in ((1, 1), (7, 4), (12, 25)):
            days.append(day)
        day += datetime.timedelta(1)
    return days


def short(value, places=4):
    return float(f"{value:.{places}g}")


def index_of(rng, days):
    """A VIX that returns to 14 and jumps in the crisis periods."""
    level, values = 20.0, []
    for day in days:
        crisis = any(start <= day.isoformat() <= end for _, start, end in PERIODS)
        level = max(9.2, level + 0.08 * ((24 if crisis else 13.5) - level) + rng.gauss(0, 0.7 if crisis else 0.45))
        values.append(round(level, 2))
    return values


def models(rng):
    """Three models; the first has no distribution, so that the page must do without."""
    centre = [rng.uniform(-0.3, 0.9) for _ in FEATURES]
    spread = [10**rng.uniform(-2, 0) for _ in FEATURES]
    deciles = [[short(c + s * z) for z in (-1.28, -0.84, -0.52, -0.25, 0, 0.25, 0.52, 0.84, 1.28)]
               for c, s in zip(centre, spread)]
    made = [{"version": v, "sha256": digits(rng, 64), "deciles": None if v == 1 else deciles} for v in (1, 2, 3)]
    return made, centre, spread


def one_trade(rng, track, days, vix, at):
    held = min(rng.choice([15, 19, 22, 23, 27, 31]), len(days) - 2 - at)
    chances = [rng.uniform(0.3, 0.6), rng.uniform(0.04, 0.09), rng.uniform(0.03, 0.08)]
    chances.append(1 - sum(chances))
    means = [-0.62, -0.02, 0.1, 0.95]
    expected = sum(p * m for p, m in zip(chances, means)) + (0.04 if track == "ButterAI" else 0)
    true = [chances[0] + 0.05, chances[1], chances[2], chances[3] - 0.05]
    outcome = rng.choices(range(4), true)[0]
    roi = [
        -min(1.0, 0.1 + rng.expovariate(1.7)),
        rng.uniform(-0.1, 0.05),
        rng.uniform(0.05, 0.15), 0.15 + rng.gammavariate(1.8, 0.42)
    ][outcome]
    price = rng.choice([rng.uniform(18, 60), rng.uniform(60, 220), rng.uniform(220, 900)])
    grid = 1 if price < 50 else 2.5 if price < 200 else 5
    centre, wing = grid * round(price / grid), grid * max(1, round(price * rng.uniform(0.03, 0.08) / grid))
    debit = round(wing * rng.uniform(0.25, 0.7), 2)
    contracts = max(1, int(1000 // (debit * 100)))
    risk = debit * 100 * contracts
    early = outcome == 3 and rng.random() < 0.2
    held = max(2, held // 2) if early else held
    opened, closed = at + 1, min(at + 1 + held, len(days) - 1)
    fees = round(0.0065 * 4 * 100 * contracts + 0.011 * 4 * 100 * contracts, 2)
    return {
        "track": track, "ticker": rng.choice(TICKERS), "type": rng.choice(
            ["call", "put", "iron",
             "iron"]), "centre": centre, "wing": wing, "contracts": contracts, "entry_day": number(
                 days[opened]), "exit_day": number(days[closed]), "held": number(days[closed]) - number(days[opened]),
        "entry_price": debit, "entry_fees": fees, "exit_price": round(
            debit * (1 + roi), 2), "exit_fees": fees, "pnl": round(
                risk * roi,
                2), "roi": short(roi), "expected_roi": short(max(expected, 0.151) if track == "ButterAI" else expected),
        "class": CLASSES[chances.index(
            max(chances))], "regime": "calm" if vix[at] < 12.8 else "middle" if vix[at] < 16 else "nervous",
        "reason": "take profit" if early else "settled at last close" if rng.random() < 0.004 else "evaluation date",
        "model": 1 + min(2, at // 260), "candidate": digits(
            rng, 32), "at": at, "opened": opened, "closed": closed, "chances": chances,
    }


def marked(rng, trades, days):
    """Equity and exposure: each result spread over the days held, with noise that cancels by the exit."""
    change, risk = [0.0] * len(days), [0.0] * len(days)
    for trade in trades:
        span = range(trade["opened"], trade["closed"] + 1)
        steps = [rng.gauss(0, 1) for _ in span]
        mean, size = sum(steps) / len(steps), abs(trade["pnl"]) * 0.25
        for day, step in zip(span, steps):
            change[day] += trade["pnl"] / len(steps) + (step - mean) * size
            risk[day] += trade["entry_price"] * 100 * trade["contracts"] / CAPITAL
    equity, total = [], CAPITAL
    for one in change:
        total += one
        equity.append(round(total, 2))
    return equity, [round(one, 4) for one in risk], [one / CAPITAL for one in change]


def figures_of(trades, equity, returns, drawdown, exposure):
    mean = sum(returns) / len(returns)
    sd = math.sqrt(sum((r - mean)**2 for r in returns) / (len(returns) - 1))
    below = math.sqrt(sum(min(r, 0)**2 for r in returns) / len(returns))
    rois = sorted(t["roi"] for t in trades)
    gains, losses = sum(max(t["pnl"], 0) for t in trades), -sum(min(t["pnl"], 0) for t in trades)
    longest = run = 0
    for one in drawdown:
        run = run + 1 if one < 0 else 0
        longest = max(longest, run)
    values = [
        sum(returns), equity[-1] - CAPITAL, mean * 252, sd * math.sqrt(252), mean / sd * math.sqrt(252),
        mean / below * math.sqrt(252),
        min(drawdown), longest,
        min(returns),
        max(returns),
        sum(exposure) / len(exposure),
        len(trades),
        sum(t["pnl"] > 0 for t in trades) / len(trades),
        sum(rois) / len(rois), rois[len(rois) // 2], gains / losses,
        sum(t["held"] for t in trades) / len(trades),
        sum(t["entry_fees"] + t["exit_fees"] for t in trades),
        (EPOCH + datetime.timedelta(max(t["exit_day"] for t in trades))).isoformat()
    ]
    return {
        key: value if isinstance(value, (str, int)) else short(value, 6) for (key, *_), value in zip(FIGURES, values)
    }


def monthly(days, returns):
    years = {}
    for day, one in zip(days, returns):
        months = years.setdefault(day.year, [None] * 12)
        months[day.month - 1] = (months[day.month - 1] or 0) + one
    return [{
        "year": year, "months": [m if m is None else short(m) for m in months], "total": short(
            sum(m or 0 for m in months))
    } for year, months in years.items()]


def groups(book):

    def row(label, trades):
        return {
            "label": label, "trades": len(trades), "mean_roi": short(sum(t["roi"] for t in trades) / len(trades)),
            "win_rate": short(sum(t["pnl"] > 0 for t in trades) / len(trades)), "profit": round(
                sum(t["pnl"] for t in trades), 2)
        }

    def held(trade):
        return next(name for most, name in ((14, "up to 14"), (21, "15 to 21"), (28, "22 to 28"), (999, "over 28"))
                    if trade["held"] <= most)

    kinds = [("ROI by predicted class", "Class that the model thought likeliest at the scan.", lambda t: t["class"],
              CLASSES),
             ("ROI by regime", "Third of the VIX’s closes over the run on the day of the scan.", lambda t: t["regime"],
              ["calm", "middle", "nervous"]),
             ("ROI by type", "By parity the three types are one payoff, so differences are chance or choice.",
              lambda t: t["type"], ["call", "put", "iron"]),
             ("ROI by days held", "Calendar days from entry to exit.", held, [
                 "up to 14", "15 to 21", "22 to 28", "over 28"
             ]), ("ROI by exit", "Why the position was closed.", lambda t: t["reason"], REASONS)]
    made = []
    for name, definition, of, labels in kinds:
        tracks = [{
            "track": track,
            "rows": [row(label, some) for label in labels if (some := [t for t in book[track] if of(t) == label])]
        } for track in TRACKS]
        made.append({"name": name, "definition": definition, "tracks": tracks})
    return made


def calibration(rng):
    bins = []
    for low, high in ((0.3, 0.62), (0.03, 0.1), (0.03, 0.09), (0.25, 0.6)):
        rows = []
        for place in range(10):
            mean = low + (high - low) * (place + 0.5) / 10
            came = min(0.98, max(0.002, mean + rng.gauss(0, 0.12 * mean) + 0.02))
            half = 1.96 * math.sqrt(came * (1 - came) / 180)
            rows.append({
                "mean": short(mean), "frequency": short(came), "low": short(max(0, came - half)), "high": short(
                    min(1, came + half)), "count": rng.randint(5200, 5400)
            })
        bins.append(rows)
    return {
        "classes": CLASSES, "bins": bins,
        "text": "53,204 predictions that have come out, in ten bins of equal count. Intervals count scan days and not candidates, since those of one day move together. Mean error of calibration 2.1 points."
    }


def why(rng, trade, days, centre, spread):
    scan, opened, closed = (days[trade[key]].isoformat() for key in ("at", "opened", "closed"))
    kind, strikes = trade["type"], f"{trade['centre']:g} ± {trade['wing']:g}"
    step = lambda name, day, topic, text: [
        name, day, f"{topic}-{rng.randint(0, 11)}@{rng.randint(100, 90000)}", 0, text
    ]
    likely = trade["class"]
    steps = [
        step("bars", scan, "bars",
             f"252 closes, the last {trade['centre'] * 1.004:.2f}; VIX {rng.uniform(10, 25):.1f}"),
        step(
            "scan", scan, "candidates",
            f"{kind} butterfly {strikes}, debit {trade['entry_price']:.2f}, score {rng.uniform(45, 80):.1f}, rank {rng.randint(1, 12)}"
        ),
        step("features", scan, "candidates", "23 numbers of contract 1, none refused"),
        step("prediction", scan, "predictions",
             f"model {trade['model']}: {likely} {max(trade['chances']):.0%}, expected ROI {trade['expected_roi']:.1%}"),
        step("order", scan, "orders", f"{trade['track']} buys {trade['contracts']} at the next open"),
        step("fill", opened, "fills",
             f"{trade['contracts']} × {trade['entry_price']:.2f}, fees ${trade['entry_fees']:.2f}"),
        step("exit order", closed, "orders", f"{trade['reason']} of the position"),
        step("exit fill", closed, "fills",
             f"{trade['contracts']} × {trade['exit_price']:.2f}, fees ${trade['exit_fees']:.2f}"),
        step("outcome", closed, "outcomes", f"ROI {trade['roi']:.1%}, P&L ${trade['pnl']:,.2f}")
    ]
    ai = trade["track"] == "ButterAI"
    limit = {"name": "expected ROI over", "limit": 0.15, "value": trade["expected_roi"]
             } if ai else {"name": "technical score over", "limit": 60, "value": round(rng.uniform(60.5, 82), 1)}
    return {
        "heading": f"{trade['ticker']} on {scan}: {kind} butterfly {strikes}, opened by {trade['track']}",
        "steps": steps, "features": [short(c + s * rng.gauss(0, 9 if trade["at"] % 5 == 0 else 1.15))  # some far from all training rows
                                     for c, s in zip(centre, spread)], "model": trade["model"],
        "probabilities": [short(p, 3) for p in trade["chances"]], "expected_roi": trade["expected_roi"], "thresholds": [
            limit, {"name": "open positions below", "limit": 50, "value": rng.randint(5, 49)}
        ], "others": f"{scan} {trade['track']}"
    }


def considered(rng, trades, days):
    """Who was over the limit on each day, shared by the candidates of that day."""
    made = {}
    for trade in trades:
        key = f"{days[trade['at']].isoformat()} {trade['track']}"
        value = trade["expected_roi"] if trade["track"] == "ButterAI" else round(60 + 20 * rng.random(), 1)
        made.setdefault(key, []).append({"ticker": trade["ticker"], "value": value, "what": "opened"})
    for key, rows in made.items():
        rows.sort(key=lambda row: -row["value"])
        least = rows[-1]["value"]
        for code in rng.sample([
                "DAILY_LIMIT: 5 positions are already opened today", "COMPANY_HELD: GOOGL of the same company is held",
                "NO_CASH: $212 is left and $940 is needed"
        ], rng.randint(1, 3)):
            rows.append({"ticker": rng.choice(TICKERS), "value": short(least * rng.uniform(0.9, 0.999)), "what": code})
    return made


def full(rng, days, count):
    report, vix = base(rng, days), index_of(rng, days)
    report["models"], centre, spread = models(rng)
    book = {
        track: [
            one_trade(rng, track, days, vix, at) for at in sorted(
                rng.randrange(len(days) - 3) for _ in range(count // 2))
        ] for track in TRACKS
    }
    trades = sorted((t for track in TRACKS for t in book[track]), key=lambda t: t["entry_day"])
    report["days"], report["index"] = [number(day) for day in days], {"name": "^VIX close", "values": vix}
    backtest, spans = [], {}
    for track in TRACKS:
        equity, exposure, returns = marked(rng, book[track], days)
        high, drawdown = 0, []
        for one in equity:
            high = max(high, one)
            drawdown.append(short(one / high - 1))
        spans[track] = (returns, drawdown)
        report["tracks"].append({
            "name": track, "equity": equity, "drawdown": drawdown, "exposure": exposure, "monthly": monthly(
                days, returns)
        })
        backtest.append({"track": track, "values": figures_of(book[track], equity, returns, drawdown, exposure)})
    replay = json.loads(json.dumps(backtest))
    report["columns"][0].update(run="backtest-5f3a9c", note="simulated fills", tracks=backtest)
    report["columns"][2].update(run="backtest-5f3a9c",
                                note="87,894 decisions made again, all equal",
                                equal=True,
                                tracks=replay)
    report["warnings"] = ["2 of 230,854 bars were refused (open not above 0); `data check` lists them."]
    sharpes = [one["values"]["sharpe"] for one in backtest]
    report["trials"] = {
        "count": 24, "text": "24 distinct configurations have been run on these data, failures included.",
        "deflated_sharpe": [{
            "track": t, "sharpe": s, "probabilistic": 0.41, "deflated": 0.06 + 0.05 * place, "expected_maximum": 1.12,
            "refused": None
        } for place, (t, s) in enumerate(zip(TRACKS, sharpes))]
    }
    daily = [a - b for a, b in zip(*(spans[track][0] for track in TRACKS))]
    mean = sum(daily) / len(daily)
    error = abs(mean) / 0.9  # a p-value of 0.37
    report["comparison"] = {
        "days": len(days), "block": 31, "mean_daily_difference": mean, "interval": [
            short(mean - 1.96 * error), short(mean + 1.96 * error)
        ], "p_value": 0.368, "detectable_difference": short(2.8 * error),
        "days_needed": round(len(days) * (2.8 * error / mean)**2), "false_alarm_rate": 0.071,
        "text": f"The tracks do not differ by more than chance explains. A true difference below {2.8e4 * error:.1f} basis points of capital a day would mostly have stayed unseen."
    }
    report["comparison_refused"] = report["calibration_refused"] = None
    report["calibration"], report["groups"] = calibration(rng), groups(book)
    for track in TRACKS:
        profit, roi = sum(t["pnl"] for t in book[track]), sum(t["roi"] for t in book[track]) / len(book[track])
        shift = [[(-0.09 * (v - 1) / 0.15 - 0.055 * (c - 1)) for c in (1, 2, 3)] for v in (0.85, 1, 1.15)]
        report["sensitivity"]["tracks"].append({
            "track": track, "profit": [[round(profit + s * 1000 * len(book[track]) * 0.7, 0) for s in row]
                                       for row in shift], "mean_roi": [[short(roi + s) for s in row] for row in shift]
        })
    for name, start, end in PERIODS:
        low, high = bisect.bisect_left([d.isoformat() for d in days], start), bisect.bisect_right(
            [d.isoformat() for d in days], end)
        rows = [{
            "track": t, "total_return": short(sum(spans[t][0][low:high])), "drawdown": min(spans[t][1][low:high],
                                                                                           default=None),
            "trades": sum(low <= x["opened"] < high for x in book[t])
        } for t in TRACKS]
        report["periods"].append({
            "name": name, "from": start, "to": end, "named_by": "user" if name == "Brexit" else "program",
            "tracks": rows
        })
    report["trades"]["rows"] = [[trade[key] for key, *_ in COLUMNS] for trade in trades]
    report["why"] = {trade["candidate"]: why(rng, trade, days, centre, spread) for trade in trades}
    report["considered"] = considered(rng, trades, days)
    report["assumptions"] = ASSUMPTIONS
    report["costs"] = COSTS
    report["not_to_conclude"] = NOT_TO_CONCLUDE
    report["refused"] = {}
    return report


def differ(report):
    backtest, live, replay = report["columns"]
    live.update(run="live", note="paper broker, 2018-06-01 on", tracks=json.loads(json.dumps(backtest["tracks"])))
    for one in live["tracks"]:
        one["values"].update(total_return=-0.0213, profit=-2130.0, sharpe=None, mean_roi=-0.1342)
    replay.update(equal=False, note="predictions-3@44187 differs: expected ROI 0.2562 was 0.2561")
    replay["tracks"][0]["values"].update(profit=21841.0, mean_roi=0.026199)
    report["run"]["finished"] = False
    report["warnings"].append(
        "NOT FINISHED: it was asked for the days up to 2019-02-22; the command that began it goes on with it.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--trades", type=int, default=1500)
    parser.add_argument("--empty", action="store_true", help="a run that has traded nothing")
    parser.add_argument("--differs", action="store_true", help="with a live run, and a replay that differs")
    asked = parser.parse_args()
    rng, days = random.Random(asked.seed), trading_days(768)
    report = base(rng, days) if asked.empty else full(rng, days, asked.trades)
    if asked.differs:
        differ(report)
    report["provenance"].append({
        "name": "example", "value": hashlib.sha256(f"{asked.seed}".encode()).hexdigest(),
        "definition": "SHA-256 of this example’s seed."
    })
    with open(asked.file, "w", encoding="utf-8") as out:
        json.dump(report, out, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
