"""What the example of a report has before anything is traded: names, definitions, settings and texts."""

import datetime

EPOCH = datetime.date(1970, 1, 1)
FEATURES = """trend_slope dominant_period period_strength forecast_return forecast_interval_width predicted_vol current_iv
vol_mispricing iv_percentile skew delta gamma vega theta max_profit max_loss profit_ratio prob_profit momentum_7d
volume_concentration dte_factor gamma_theta_ratio vix_level""".split()
TICKERS = """AAPL MSFT AMZN GOOGL FB JNJ JPM XOM BAC WMT WFC V PG BUSA T CVX UNH HD PFE VZ MA CSCO BA KO DIS INTC ORCL
CMCSA PEP MRK NFLX ABBV MCD WMB IBM ABT MMM HON NKE GE MO UNP TXN ADBE UTX LLY CRM NVDA AMGN PYPL QCOM SBUX COST AVGO
LMT CAT USB GS AXP MS LOW BKNG SLB COP BIIB GILD CELG DUK SO TGT FDX EMR GD MET AIG ALL COF BK EXC""".split()
PERIODS = [("Brexit", "2016-06-20", "2016-07-15"), ("US election", "2016-11-04", "2016-11-18"),
           ("Volmageddon", "2018-02-01", "2018-03-01"), ("Fourth quarter 2018", "2018-10-03", "2018-12-26")]
REASONS = ["evaluation date", "take profit", "settled at last close"]
COLUMNS = [("track", "Track", "text", "The book that holds the position."),
           ("ticker", "Ticker", "text", "The stock. The link leads to the why."),
           ("type", "Type", "text", "Call, put or iron butterfly; by parity the three have one payoff."),
           ("centre", "Centre", "price", "Strike of the two middle options."),
           ("wing", "Wing", "price", "Distance of the outer strikes from the centre."),
           ("contracts", "Contracts", "count", "Contracts of 100 shares."),
           ("entry_day", "In", "date", "Day of the opening fill."),
           ("exit_day", "Out", "date", "Day of the closing fill."),
           ("held", "Held", "days", "Calendar days from entry to exit."),
           ("entry_price", "Entry", "price", "Debit a share at the opening fill, before fees."),
           ("entry_fees", "Entry fees", "price", "Fees of the opening order."),
           ("exit_price", "Exit", "price", "Credit a share at the closing fill, before fees."),
           ("exit_fees", "Exit fees", "price", "Fees of the closing order."),
           ("pnl", "P&L", "dollars", "What the position brought after costs."),
           ("roi", "ROI", "percent", "P&L ÷ capital at risk at entry."),
           ("expected_roi", "Expected", "percent", "Expected ROI at the scan, by the model in force."),
           ("class", "Class", "text", "Class that the model thought likeliest."),
           ("regime", "Regime", "text", "Third of the VIX on the day of the scan."),
           ("reason", "Out by", "text", "Why the position was closed."),
           ("model", "Model", "count", "Version of the model in force."),
           ("candidate", "Candidate", "text", "Id of the scanned candidate."), ]
FIGURES = [("total_return", "Total return", "percent", "Sum of the daily mark-to-market changes ÷ capital."),
           ("profit", "Profit", "dollars", "Equity of the last day less capital."),
           ("annual_return", "Return a year", "percent", "Mean daily return × 252."),
           ("annual_volatility", "Volatility a year", "percent", "Standard deviation of daily returns × √252."),
           ("sharpe", "Sharpe ratio", "number",
            "Mean ÷ standard deviation of daily returns × √252; days without a position count as 0."),
           ("sortino", "Sortino ratio", "number", "Mean ÷ root mean square of the negative daily returns × √252."),
           ("max_drawdown", "Greatest drawdown", "percent", "Least of equity ÷ its highest earlier value − 1."),
           ("drawdown_days", "Longest drawdown", "days", "Most trading days below an earlier high."),
           ("worst_day", "Worst day", "percent", "Least daily return."),
           ("best_day", "Best day", "percent", "Greatest daily return."),
           ("exposure", "Mean exposure", "percent", "Mean of capital at risk ÷ capital."),
           ("trades", "Trades closed", "count", "Positions closed by the last day."),
           ("win_rate", "Won", "percent", "Share of closed trades with a P&L above 0."),
           ("mean_roi", "Mean ROI", "percent", "Mean over trades of P&L ÷ capital at risk."),
           ("median_roi", "Median ROI", "percent", "Half of the trades did better."),
           ("profit_factor", "Profit factor", "number", "Sum of gains ÷ sum of losses."),
           ("mean_held", "Mean days held", "days", "Calendar days from entry to exit."),
           ("fees", "Fees", "dollars", "Paid on all fills."),
           ("last_trade", "Last exit", "date", "Day of the last closing fill."), ]
ASSUMPTIONS = [{
    "name": "Fills",
    "text": "Every order fills whole at the next open, at the proxy’s mid value and the assumed cost. No order moves a price."
}, {
    "name": "Volatility",
    "text": "Without chains, σ is the 63-day volatility × VIX ÷ its own mean. It prices entry, every mark and the exit."
}, {
    "name": "Spread",
    "text": "Half the spread of an option is max($0.01, 0.005·S·φ(d1)·√T); real weekly expiries were up to 3.7 times that."
}, {
    "name": "Rates",
    "text": "Interest rate and dividend yield are 0. A 1.25 % dividend within the life moves the debit by 3 % in the median."
}]
COSTS = [{
    "name": "Costs of one way, dollars a share, mean", "assumed": 0.0521, "got": 0.0521,
    "note": "Simulated fills pay what is assumed, so equality shows nothing."
}, {
    "name": "Slippage against the open, dollars a share", "assumed": 0, "got": None,
    "note": "Needs a live or paper run. </script><b>A note is text</b>, whatever it holds."
}]
NOT_TO_CONCLUDE = [
    "The universe was chosen with knowledge of the period: it holds survivors only, so only comparisons on the same events are evidence.",
    "Mispricing compares two estimates from the same prices. Profit that rests on it is no evidence of an edge in real options.",
    "24 configurations were tried on these data; the best of them looks good by luck alone."
]


def number(day):
    return (day - EPOCH).days


def digits(rng, count):
    return "".join(rng.choice("0123456789abcdef") for _ in range(count))


def parameters():
    changed = [("settings.capital", "100000", False, "Each track’s own capital, dollars."),
               ("settings.expected_roi_over", "0.2", True, "ButterAI trades above this."),
               ("settings.take_profit", "0.6", True, "Share of the maximum profit at which a position is closed."),
               ("settings.seed", "7", False, "Seed of training.")]
    rest = "risk_per_trade:1000 max_new_per_day:5 max_open:50 score_over:60 retrain_outcomes:1000 min_training_rows:1000 training_epochs:50 shadow_days:5 calendar:NYSE rate:0 dividend:0"
    changed += [("settings." + name, value, False, None) for name, value in (pair.split(":") for pair in rest.split())]
    return [{"name": n, "value": v, "changed": c, "definition": d} for n, v, c, d in changed]


def provenance(rng):
    names = [("log", "SHA-256 over the bytes of every record, topic by topic."),
             ("data", "SHA-256 of all prices up to the last day."), ("first model", "SHA-256 of the model’s file."),
             ("code", "Version and commit of the program."), ("configuration", "SHA-256 of the settled configuration."),
             ("question", "SHA-256 of what the run was asked.")]
    return [{"name": n, "value": "0.1.0 a13dc95" if n == "code" else digits(rng, 64), "definition": d}
            for n, d in names]


def base(rng, days):
    return {
        "version": 1, "title": "Backtest of csv:sp100",
        "subtitle": f"{days[0]} to {days[-1]} · {len(days)} trading days · {len(TICKERS)} tickers",
        "made_at": "2026-12-01T04:00:00Z", "program": "butterquant 0.1.0", "run": {
            "id": "backtest-5f3a9c", "kind": "backtest", "source": "csv:sp100", "scan_from": days[0].isoformat(),
            "through": days[-1].isoformat(), "finished": True
        }, "warnings": [], "parameters": parameters(), "provenance": provenance(rng), "trials": None,
        "figures": [{"key": k, "name": n, "format": f, "definition": d} for k, n, f, d in FIGURES], "columns": [
            {"name": name, "run": None, "note": note, "equal": None, "tracks": []}
            for name, note in (("Backtest", "no day was traded"), ("Live or paper", "no live run covers these days"),
                               ("Replay", "not made; `replay --verify` makes it"))
        ], "days": [], "tracks": [], "index": None, "comparison": None,
        "comparison_refused": "0 days are too few for blocks of 31; 62 are needed", "sensitivity": {
            "volatility": [0.85, 1, 1.15], "costs": [1, 2, 3], "tracks": []
        }, "groups": [], "calibration": None, "calibration_refused": "no prediction has come out yet",
        "periods": [], "trades": {
            "columns": [dict(zip(("key", "name", "format", "definition"), c)) for c in COLUMNS], "rows": []
        }, "feature_names": FEATURES, "feature_definitions": [
            f"Feature {place + 1} of the contract, without a unit of money." for place in range(len(FEATURES))
        ], "models": [], "why": {}, "considered": {}, "assumptions": [], "costs": [], "not_to_conclude": [],
        "refused": {"trades": "ButterAI refused every day: 1,000 training rows are needed and 214 exist."},
    }
