"""ButterQuant's prices without option chains, in Python: what the peers are given to price butterflies with.

Dollars per share, volatilities as fractions a year, T in years of 365 days, rate and dividend 0.
"""

from math import erfc, exp, log, pi, sqrt, tanh

HV_DAYS = 63
COMMISSION = 0.0065


def normal_cdf(x):
    return 0.5 * erfc(-x / sqrt(2.0))


def current_iv(closes, vix):
    """HV63 x VIX / mean VIX of 63 bars; `closes` are 64, `vix` 63, the day's own last."""
    logs = [log(close) for close in closes]
    returns = [after - before for before, after in zip(logs, logs[1:])]
    mean = sum(returns) / HV_DAYS
    variance = sum((r - mean) ** 2 for r in returns) / (HV_DAYS - 1)
    return sqrt(variance) * sqrt(252.0) * vix[-1] / (sum(vix) / HV_DAYS)


def smile(sigma, spot, strike, years):
    if years <= 0.0:
        return sigma
    return sigma * (1.0 - 0.1 * tanh(0.5 * log(strike / spot) / (sigma * sqrt(years))))


def option(right, spot, strike, sigma, years):
    """Price, delta and the base of the half spread."""
    side = 1.0 if right == "call" else -1.0
    if years <= 0.0:
        price = max(side * (spot - strike), 0.0)
        return price, side if price > 0.0 else 0.0, 0.0
    root = sqrt(years)
    d1 = (log(spot / strike) + 0.5 * sigma * sigma * years) / (sigma * root)
    share, bond = normal_cdf(side * d1), normal_cdf(side * (d1 - sigma * root))
    density = exp(-0.5 * d1 * d1) / sqrt(2.0 * pi)
    return side * (spot * share - strike * bond), side * share, spot * density * root


def mark(kind, centre, wing, spot, sigma, years):
    """D, the mid value of a butterfly (an iron's is wing - credit), and c, the cost of one way."""
    low, high = centre - wing, centre + wing
    if kind == "IRON_BUTTERFLY":
        legs = [("put", low, 1), ("put", centre, -1), ("call", centre, -1), ("call", high, 1)]
    else:
        right = "call" if kind == "CALL_BUTTERFLY" else "put"
        legs = [(right, low, 1), (right, centre, -2), (right, high, 1)]
    value = cost = 0.0
    for right, strike, ratio in legs:
        price, _, base = option(right, spot, strike, smile(sigma, spot, strike, years), years)
        value += ratio * price
        cost += abs(ratio) * (max(0.01, 0.005 * base) + COMMISSION)
    return (wing + value if kind == "IRON_BUTTERFLY" else value), cost
