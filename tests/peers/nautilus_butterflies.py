"""ButterBaseline's rule as a NautilusTrader strategy: nautilus_butterflies.py PRICES LAKE OUT

Reads the bars of PRICES (CSV files). Of LAKE it reads score and structure of each candidate, as custom data, because
they take ButterQuant's analysis; volatility, prices, costs, choice, orders and exits are its own. A simulation
module quotes the butterflies that are to be traded at a stock's open, Nautilus' exchange fills them.
"""

import csv
import json
import pathlib
import sys
from collections import defaultdict, deque
from datetime import date

import pyarrow.dataset
from nautilus_trader.backtest.config import BacktestEngineConfig, SimulationModuleConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.backtest.modules import SimulationModule
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.core.data import Data
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType, CustomData, DataType, QuoteTick, TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType, OrderSide
from nautilus_trader.model.identifiers import ClientId, InstrumentId, Symbol, TradeId, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.risk.config import RiskEngineConfig
from nautilus_trader.trading.strategy import Strategy

from proxy import HV_DAYS, current_iv, mark

VENUE = Venue("SIM")
INDEX, BUTTERFLY, SHARES = "^VIX", "-FLY", 100
SCORE_OVER, RISK, NEW_A_DAY, MAX_OPEN, TAKE_PROFIT = 60.0, 1000.0, 5, 50, 0.7
COMPANY = {"GOOGL": "GOOG"}
MINUTE = 60 * 10**9
OPEN, CLOSE, SCANNED, INDEX_CLOSE = (570 * MINUTE, 960 * MINUTE, 970 * MINUTE, 975 * MINUTE)


def ns_of(day):
    return (day - date(1970, 1, 1)).days * 1440 * MINUTE


def day_of(ns):
    return date.fromordinal(date(1970, 1, 1).toordinal() + ns // (1440 * MINUTE))


class Candidate(Data):
    """A butterfly with its technical score, as scanned at a close."""

    def __init__(self, row):
        self.ticker, self.score, self.kind = row["ticker"], row["score"], row["structure_strategy"]
        self.centre, self.wing = row["structure_centre"], row["structure_wing"]
        self.expiry = date.fromisoformat(str(row["structure_expiry"]))
        self.evaluation = date.fromisoformat(str(row["structure_evaluation_day"]))
        self.ns = ns_of(date.fromisoformat(str(row["day"]))) + SCANNED
        self.sigma = self.risk = self.quantity = self.position = self.quoted = None
        self.closing = False

    @property
    def ts_event(self):
        return self.ns

    @property
    def ts_init(self):
        return self.ns

    @property
    def instrument_id(self):
        return butterfly_id(self.ticker)

    def mark(self, day, spot, sigma):
        years = max((self.expiry - day).days, 0) / 365.0
        return mark(self.kind, self.centre, self.wing, spot, sigma, years)


class Butterflies(Strategy):
    """Entry at the next open, take profit at 70 % of the maximum, exit at the open after the evaluation date."""

    def __init__(self, tickers):
        super().__init__()
        self.tickers = tickers
        self.closes = {ticker: deque(maxlen=HV_DAYS + 1) for ticker in tickers}
        self.vix = deque(maxlen=HV_DAYS)
        self.today, self.candidates, self.held = {}, [], {}
        self.orders = defaultdict(list)  # by ticker, for its next open
        self.volatilities, self.trades, self.pnl = [], [], defaultdict(list)  # profits by ticker, in order

    def on_start(self):
        for ticker in self.tickers:
            self.subscribe_trade_ticks(InstrumentId(Symbol(ticker), VENUE))
            self.subscribe_bars(BarType.from_str(f"{ticker}.{VENUE}-1-DAY-LAST-EXTERNAL"))
        self.subscribe_bars(BarType.from_str(f"{INDEX}.{VENUE}-1-DAY-LAST-EXTERNAL"))
        self.subscribe_data(DataType(Candidate), ClientId("LAKE"))

    def on_data(self, candidate):
        self.candidates.append(candidate)

    def on_bar(self, bar):
        ticker, close = bar.bar_type.instrument_id.symbol.value, bar.close.as_double()
        if ticker == INDEX:
            self.vix.append(close)
            self.decide(day_of(bar.ts_event))
        else:
            self.closes[ticker].append(close)
            self.today[ticker] = close

    def decide(self, day):
        sigmas = {}
        for ticker in self.today:
            if len(self.closes[ticker]) > HV_DAYS and len(self.vix) == HV_DAYS:
                sigmas[ticker] = current_iv(self.closes[ticker], self.vix)
                self.volatilities.append((ticker, day, sigmas[ticker]))
        for ticker, orders in list(self.orders.items()):
            self.orders[ticker] = [order for order in orders if order.closing]
        for held in self.held.values():
            self.order_exit(held, day, sigmas)
        self.order_entries(day, sigmas)
        self.today, self.candidates = {}, []

    def order_exit(self, held, day, sigmas):
        if held.closing or held.ticker not in sigmas:
            return
        sigma = sigmas[held.ticker]
        debit, cost = held.mark(day, self.today[held.ticker], sigma)
        gain = (max(debit - cost, 0.0) - held.risk) / (held.wing - held.risk)
        if gain >= TAKE_PROFIT or day >= held.evaluation:
            held.closing, held.sigma = True, sigma
            self.orders[held.ticker].append(held)

    def order_entries(self, day, sigmas):
        companies = {COMPANY.get(ticker, ticker) for ticker in self.held}
        room = min(NEW_A_DAY, MAX_OPEN - len(self.held))
        self.candidates.sort(key=lambda candidate: (-candidate.score, candidate.ticker))
        for chosen in self.candidates:
            company = COMPANY.get(chosen.ticker, chosen.ticker)
            if chosen.score <= SCORE_OVER or room == 0:
                break
            if company in companies:
                continue
            chosen.sigma = sigmas[chosen.ticker]
            risk = sum(chosen.mark(day, self.today[chosen.ticker], chosen.sigma))
            chosen.quantity = int(RISK // (round(risk, 6) * 100.0))
            if chosen.quantity >= 1:
                companies.add(company)
                self.orders[chosen.ticker].append(chosen)
                room -= 1

    def on_trade_tick(self, tick):
        for chosen in self.orders.pop(tick.instrument_id.symbol.value, []):
            side = OrderSide.SELL if chosen.closing else OrderSide.BUY
            if chosen.closing or 0.05 <= chosen.quoted / chosen.wing <= 0.95:
                quantity = Quantity.from_int(chosen.quantity * SHARES)
                self.submit_order(self.order_factory.market(chosen.instrument_id, side, quantity))
                if not chosen.closing:
                    self.held[chosen.ticker] = chosen

    def on_order_filled(self, filled):
        ticker = filled.instrument_id.symbol.value.removesuffix(BUTTERFLY)
        held, price = self.held[ticker], filled.last_px.as_double()
        if held.closing:
            held.position.update(exit_day=day_of(filled.ts_event), received=price)
            self.trades.append(held.position)
            del self.held[ticker]
        else:
            held.risk = price
            held.position = {"ticker": ticker, "entry_day": day_of(filled.ts_event), "paid": price,
                             "quantity": filled.last_qty.as_double() / SHARES}

    def on_position_closed(self, closed):
        ticker = closed.instrument_id.symbol.value.removesuffix(BUTTERFLY)
        self.pnl[ticker].append(closed.realized_pnl.as_double())


class Quoter(SimulationModule):
    """Quotes at the open of a stock what the strategy will order there: the mid less and plus the cost."""

    def __init__(self, strategy):
        super().__init__(SimulationModuleConfig())
        self.strategy = strategy

    def pre_process(self, data):
        if not isinstance(data, TradeTick):
            return
        for chosen in self.strategy.orders.get(data.instrument_id.symbol.value, []):
            debit, cost = chosen.mark(day_of(data.ts_event), data.price.as_double(), chosen.sigma)
            chosen.quoted = debit + cost
            bid, ask = max(round(debit, 6) - round(cost, 6), 0.000001), round(debit, 6) + round(cost, 6)
            at, size = data.ts_event, Quantity.from_int(1_000_000)
            quote = QuoteTick(chosen.instrument_id, Price(bid, 6), Price(ask, 6), size, size, at, at)
            self.exchange.process_quote_tick(quote)

    def process(self, ts_now):
        pass

    def log_diagnostics(self, logger):
        pass

    def reset(self):
        pass


def butterfly_id(ticker):
    """One instrument for the butterflies of a stock, of which at most one is held at a time."""
    return InstrumentId(Symbol(ticker + BUTTERFLY), VENUE)


def traded_in_shares(instrument, tick):
    """Butterflies too: of an `OptionSpread` Nautilus opens no position, it waits for fills of its legs."""
    step = Price.from_str(tick)
    return Equity(instrument, instrument.symbol, USD, step.precision, step, Quantity.from_int(1), 0, 0)


def market_data(path, instrument):
    """Each day's open as a trade, for stocks, and its bar at the close."""
    ticker, bars = path.stem, BarType.from_str(f"{path.stem}.{VENUE}-1-DAY-LAST-EXTERNAL")
    close_at = INDEX_CLOSE if ticker == INDEX else CLOSE
    with path.open() as file:
        for row in csv.DictReader(file):
            day = ns_of(date.fromisoformat(row["Date"]))
            price = [Price(float(row[name]), 4) for name in ("Open", "High", "Low", "Close")]
            if ticker != INDEX:
                at = day + OPEN
                yield TradeTick(instrument.id, price[0], Quantity.from_int(1), AggressorSide.BUYER,
                                TradeId(row["Date"]), at, at)
            volume = Quantity(float(row["Volume"] or 0), 0)
            yield Bar(bars, *price, volume, day + close_at, day + close_at)


def candidates(lake):
    columns = ["day", "ticker", "score", "structure_strategy", "structure_centre", "structure_wing",
               "structure_expiry", "structure_evaluation_day"]
    scans = pyarrow.dataset.dataset(lake / "topic=scans")
    kept = scans.to_table(columns=columns, filter=pyarrow.dataset.field("kind") == "CANDIDATE_SCANNED")
    for row in kept.to_pylist():
        yield CustomData(DataType(Candidate), Candidate(row))


def main(prices, lake, out):
    paths = sorted(pathlib.Path(prices).glob("*.csv"))
    strategy = Butterflies([path.stem for path in paths if path.stem != INDEX])
    quoter = Quoter(strategy)
    engine = BacktestEngine(BacktestEngineConfig(
        logging=LoggingConfig(bypass_logging=True), risk_engine=RiskEngineConfig(bypass=True), run_analysis=False))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, [Money(100_000_000, USD)], base_currency=USD,
                     modules=[quoter], bar_execution=False, trade_execution=True)
    for path in paths:
        instrument = traded_in_shares(InstrumentId(Symbol(path.stem), VENUE), "0.0001")
        engine.add_instrument(instrument)
        if path.stem != INDEX:
            engine.add_instrument(traded_in_shares(butterfly_id(path.stem), "0.000001"))
        engine.add_data(list(market_data(path, instrument)), sort=False)
    scanned = list(candidates(pathlib.Path(lake)))
    engine.add_data(scanned, client_id=ClientId("LAKE"), sort=False)
    engine.sort_data()
    engine.add_strategy(strategy)
    engine.run(end=max(candidate.ts_init for candidate in scanned) - SCANNED + INDEX_CLOSE)
    for trade in reversed(strategy.trades):
        trade["pnl"] = strategy.pnl[trade["ticker"]].pop()
    found = {"volatilities": strategy.volatilities, "trades": strategy.trades, "open": len(strategy.held)}
    pathlib.Path(out).write_text(json.dumps(found, default=str))
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
