"""How much faster one analysis is than the same work in Python, side by side in one run.

    pip install numpy statsmodels arch pandas
    cargo build --release -p quant --example quant_dump
    python tests/python/compare_speed.py --rust target/release/examples/quant_dump --data FOLDER
    python tests/python/compare_speed.py --scan "butterquant bench scan -o json" --data FOLDER

Python fits the six ARIMA orders (statsmodels, 120 closes, defaults), one GARCH(1,1) (arch, 251
returns) and takes one spectrum (numpy, 252 closes); Rust does all of an analysis: those, the proxy
volatility, butterfly, features and score, and its fits reach the global maximum where the
references' default fits stop short. Both on one core and the same windows: FOLDER holds Yahoo's
columns as TICKER.csv, and ^VIX.csv. With --scan the Rust figure is what the program's own
benchmark says (its universe, not these windows). Exit 1 below --least (100).
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np
import pandas as pd
from arch import arch_model
from statsmodels.tsa.arima.model import ARIMA

warnings.filterwarnings("ignore")
ORDERS = [(0, 1, 0), (1, 1, 0), (0, 1, 1), (2, 1, 0), (1, 1, 1), (0, 1, 2)]


def python_analysis(closes):
    """The fits and the spectrum of 252 closes, with the packages' own defaults."""
    y = np.log(closes)
    scaled = 100 * (y[-120:] - y[-1])
    fits = [ARIMA(scaled, order=order, trend="n").fit() for order in ORDERS]
    best = min(fits, key=lambda fit: fit.aic)
    forecast = best.get_forecast(30)
    interval = forecast.conf_int(alpha=0.05)
    garch = arch_model(100 * np.diff(y), vol="GARCH", p=1, q=1).fit(disp="off")
    ahead = garch.forecast(horizon=30)
    i = np.arange(252)
    residual = y - np.polyval(np.polyfit(i, y, 1), i)
    power = np.abs(np.fft.rfft(residual * np.hanning(252)))**2
    return interval, ahead, power


def python_times(folder, windows):
    """Seconds of each analysis; windows spread over tickers and time."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".csv") and name != "^VIX.csv")
    rng, times = np.random.default_rng(17), []
    for name in rng.choice(names, windows, replace=windows > len(names)):
        closes = pd.read_csv(os.path.join(folder, name))["Close"].dropna().values
        if len(closes) < 252:
            continue
        end = int(rng.integers(252, len(closes) + 1))
        start = time.perf_counter()
        python_analysis(closes[end - 252:end])
        times.append(time.perf_counter() - start)
    return times


def rust_times(binary, folder):
    """Seconds of each analysis: quant_dump times every one in its own process."""
    out = os.path.join(tempfile.mkdtemp(), "dump.json")
    said = subprocess.run([binary, folder, out, "300"], check=True, capture_output=True, text=True).stdout
    # "300 analyses, µs: mean 332 median 331 worst 377"
    words = said.split()
    return float(words[words.index("median") + 1]) / 1e6, said.strip()


def scan_time(command):
    """Seconds of the median analysis as `butterquant bench scan -o json` says it."""
    said = json.loads(subprocess.run(shlex.split(command), check=True, capture_output=True, text=True).stdout)
    median = said["latency"]["median_ms"]
    return median / 1e3, f"{said['source']}, median {median} ms"


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--rust", help="the quant_dump example")
    parse.add_argument("--scan", help="the command `butterquant bench scan -o json`")
    parse.add_argument("--data", required=True, help="folder of price files")
    parse.add_argument("--windows", type=int, default=25, help="analyses timed in Python")
    parse.add_argument("--least", type=float, default=100.0, help="ratio below which this fails")
    given = parse.parse_args()
    if not given.rust and not given.scan:
        parse.error("give --rust or --scan")
    python_analysis(100 * np.exp(np.cumsum(0.01 * np.random.default_rng(1).standard_normal(252))))
    times = python_times(given.data, given.windows)
    python = statistics.median(times)
    rust, said = scan_time(given.scan) if given.scan else rust_times(given.rust, given.data)
    ratio = python / rust
    print(f"Python: median {1e3 * python:.1f} ms, mean {1e3 * statistics.mean(times):.1f} ms of {len(times)} windows")
    print(f"Rust:   median {1e3 * rust:.3f} ms ({said})")
    print(f"ratio:  {ratio:.0f} (at least {given.least:.0f}, target 400)")
    sys.exit(0 if ratio >= given.least else 1)


if __name__ == "__main__":
    main()
