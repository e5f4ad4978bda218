"""Whether the peer did the same: check.py LAKE JOURNAL NAUTILUS. Prints one JSON document.

LAKE and JOURNAL (`butterquant journal -o json`) are ButterQuant's, NAUTILUS is what nautilus_butterflies.py wrote.
"""

import json
import pathlib
import sys

import pyarrow.dataset


def volatility(lake, found):
    """The largest difference of `current_iv` over all candidates of the lake."""
    scans = pyarrow.dataset.dataset(pathlib.Path(lake) / "topic=scans")
    kept = scans.to_table(columns=["ticker", "day", "current_iv"],
                          filter=pyarrow.dataset.field("kind") == "CANDIDATE_SCANNED")
    peer = {(ticker, day): value for ticker, day, value in found["volatilities"]}
    rows = [(row["current_iv"], peer.get((row["ticker"], str(row["day"])))) for row in kept.to_pylist()]
    differences = [abs(own - other) for own, other in rows if other is not None]
    return {"ticker_days": len(rows), "missing": len(rows) - len(differences),
            "max_difference": max(differences, default=None)}


def trades(journal, found):
    """The largest difference of a trade's profit, dollars, over all closed trades of ButterBaseline."""
    own = {(trade["ticker"], trade["entry_day"], trade["exit_day"], trade["quantity"]): trade["pnl"]
           for trade in journal["trades"] if trade["track"] == "ButterBaseline"}
    peer = {(trade["ticker"], trade["entry_day"], trade["exit_day"], int(trade["quantity"])): trade["pnl"]
            for trade in found["trades"]}
    both = own.keys() & peer.keys()
    return {"butterquant": len(own), "nautilus": len(peer), "same_ticker_days_and_contracts": len(both),
            "max_difference": max((abs(own[key] - peer[key]) for key in both), default=None),
            "profit_butterquant": sum(own.values()), "profit_nautilus": sum(peer.values())}


def main(lake, journal, nautilus):
    found = json.loads(pathlib.Path(nautilus).read_text())
    own = json.loads(pathlib.Path(journal).read_text())
    print(json.dumps({"current_iv": volatility(lake, found), "trades": trades(own, found)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
