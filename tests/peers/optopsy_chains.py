"""Long call butterflies of optopsy over option chains: optopsy_chains.py CHAINS PRICES OUT

optopsy chooses each leg by its delta, which the chains lack: here it is that of ButterQuant's proxy, from the closes
of PRICES. A butterfly is entered on the last quote day but one and left on the last; its mid debit at entry is written
beside the proxy's price of the same strikes and expiry.
"""

import csv
import json
import pathlib
import sys
from datetime import date

import optopsy
import pandas as pd

from proxy import HV_DAYS, current_iv, mark, option, smile

WIDTHS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35)  # how far the outer deltas lie from one half


def closes(path):
    if not path.is_file():
        return {}
    with path.open() as file:
        return {row["Date"]: float(row["Close"]) for row in csv.DictReader(file)}


def state_of(prices, ticker, day):
    """The close and the proxy's volatility of a day."""
    stock, index = closes(prices / f"{ticker}.csv"), closes(prices / "^VIX.csv")
    until = [close for at, close in stock.items() if at <= day]
    vix = [close for at, close in index.items() if at <= day]
    if day not in stock or day not in index or len(until) <= HV_DAYS or len(vix) < HV_DAYS:
        return None
    return stock[day], current_iv(until[-HV_DAYS - 1:], vix[-HV_DAYS:])


def chain(path, prices):
    """The chain with optopsy's columns; days without a price are left out and named."""
    frame = pd.read_csv(path)
    states = {day: state_of(prices, path.stem, day) for day in frame["quote_date"].unique()}
    left_out = [day for day, state in states.items() if state is None]
    frame = frame[~frame["quote_date"].isin(left_out)].dropna(subset=["bid", "ask"])

    def delta(row):
        spot, sigma = states[row.quote_date]
        years = (date.fromisoformat(row.expiration) - date.fromisoformat(row.quote_date)).days / 365.0
        leg_sigma = smile(sigma, spot, row.strike, years)
        return option(row.option_type, spot, row.strike, leg_sigma, years)[1]

    frame["delta"] = [delta(row) for row in frame.itertuples()]
    frame["underlying_price"] = [states[day][0] for day in frame["quote_date"]]
    for name in ("quote_date", "expiration"):
        frame[name] = pd.to_datetime(frame[name])
    return frame, states, left_out


def butterflies(frame):
    """What optopsy finds, for every expiry and width; per share, at mid prices."""
    days = frame["quote_date"].drop_duplicates().sort_values()
    step = (days.iloc[-1] - days.iloc[-2]).days
    to_expiry = (frame["expiration"] - days.iloc[-1]).dt.days

    def around(delta):
        return optopsy.TargetRange(target=delta, min=delta - 0.1 + 1e-9, max=delta + 0.1)

    found = [
        optopsy.long_call_butterfly(
            frame, raw=True, exit_dte=int(left), max_entry_dte=int(left) + step, slippage="mid",
            leg1_delta=around(0.5 + width), leg2_delta=around(0.5), leg3_delta=around(0.5 - width))
        for left in sorted(to_expiry[to_expiry > 0].unique()) for width in WIDTHS
    ]
    strikes = ["expiration", "strike_leg1", "strike_leg2", "strike_leg3"]
    found = pd.concat([rows[strikes + ["total_entry_cost", "total_exit_proceeds"]] for rows in found])
    return found.drop_duplicates(strikes), days.iloc[-2]


def beside_proxy(row, entered, state):
    centre, wing = row.strike_leg2, row.strike_leg3 - row.strike_leg2
    debit, cost = mark("CALL_BUTTERFLY", centre, wing, *state, (row.expiration - entered).days / 365.0)
    return {"expiry": str(row.expiration.date()), "centre": centre, "wing": wing, "below": centre - row.strike_leg1,
            "debit": row.total_entry_cost, "proxy_debit": debit, "proxy_cost": cost, "exit": row.total_exit_proceeds}


def main(chains, prices, out):
    found = {}
    for path in sorted(pathlib.Path(chains).glob("*.csv")):
        frame, states, left_out = chain(path, pathlib.Path(prices))
        found[path.stem] = {"quotes": len(frame), "days_without_price": left_out, "butterflies": []}
        if len(states) - len(left_out) >= 2:
            rows, entered = butterflies(frame)
            state = states[str(entered.date())]
            found[path.stem]["butterflies"] = [beside_proxy(row, entered, state) for row in rows.itertuples()]
    pathlib.Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
