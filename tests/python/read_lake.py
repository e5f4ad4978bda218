"""Reads a lake as its users do: python read_lake.py DIR

Prints per topic the rows and the first columns, read by pandas (pyarrow), DuckDB and polars, and
exits with 1 when anything cannot be read, a column needs quotes in SQL, or they disagree. Needs
pandas, pyarrow, duckdb, polars.
"""

import pathlib
import sys

import duckdb
import pandas as pd
import polars as pl


def read_topic(db: duckdb.DuckDBPyConnection, folder: pathlib.Path) -> None:
    topic = folder.name.removeprefix("topic=")
    frame = pd.read_parquet(folder, engine="pyarrow")
    if "month" not in frame.columns:
        raise ValueError("pandas sees no partition column `month`")
    by_polars = pl.read_parquet(folder, hive_partitioning=True)
    if len(by_polars) != len(frame) or set(frame.columns) - set(by_polars.columns):
        raise ValueError(f"pandas reads {frame.shape}, polars {by_polars.shape}")

    files = str(folder / "*" / "*.parquet")
    relation = f"read_parquet('{files}', hive_partitioning=true)"
    rows, topics, first, last = db.execute(
        f"SELECT count(*), list(DISTINCT topic), min(day), max(day) FROM {relation}"
    ).fetchone()
    if rows != len(frame) or topics != [topic]:
        raise ValueError(f"pandas reads {len(frame)} rows, DuckDB {rows} of topics {topics}")
    # Every value of every column, by a name without quotes.
    db.execute(f"SELECT {', '.join(frame.columns)} FROM {relation}").fetchall()
    for name in ("id", "ticker", "kind"):
        if sorted(by_polars[name]) != sorted(frame[name]):
            raise ValueError(f"pandas and polars read different values of {name}")

    print(f"{topic}: {rows} rows, {first} to {last}, {len(frame.columns)} columns")
    for name in frame.columns[:12]:
        values = frame[name].dropna()
        example = repr(values.iloc[0])[:60] if len(values) else "null"
        print(f"    {name}: {frame[name].dtype}, {example}")
    if topic == "dead-letters":
        value = frame["value"].dropna().iloc[0]
        if not isinstance(value, bytes):
            raise ValueError(f"the value of a dead letter is {type(value)}, not bytes")
    if topic == "scans" and frame["legs"].notna().any():
        legs = db.execute(
            f"SELECT ticker, unnest(legs, recursive := true) FROM {relation}"
        ).df()
        print(f"    legs by DuckDB: {len(legs)} rows of {list(legs.columns)}")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folders = sorted(pathlib.Path(sys.argv[1]).glob("topic=*"))
    if not folders:
        print(f"{sys.argv[1]} holds no topic=… folder", file=sys.stderr)
        return 2
    db = duckdb.connect()
    failed = 0
    for folder in folders:
        try:
            read_topic(db, folder)
        except Exception as wrong:  # whatever a reader raises is what is to be shown
            print(f"{folder.name}: cannot be read: {wrong!r}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
