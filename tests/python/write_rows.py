"""Writes the labelled rows of own.parquet again as other programs would, with other types for the same values.

Arguments: the folder. Each file has the same rows, but for unfit.parquet, whose values do not fit their columns, and
flags.parquet, whose type is none that is read as a number.
"""

import pathlib
import sys

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1])
own = folder / "own.parquet"
table = pq.read_table(own)
DAYS = ("day", "as_of", "evaluation_day")
INTEGERS = ("class", "contract_version")
NUMBERS = ("roi", "weight")


def cast(**types):
    """The table with columns of other types; a key is a list of columns' names."""
    changed = table
    for name, to in types.items():
        at = changed.column_names.index(name)
        changed = changed.set_column(at, name, changed.column(name).cast(to))
    return changed


def every(columns, to):
    return {name: to for name in columns}


# pandas: days as moments, text as large strings.
frame = table.to_pandas()
for day in DAYS:
    frame[day] = pd.to_datetime(frame[day])
frame["ticker"] = frame["ticker"].astype("category")
frame.to_parquet(folder / "pandas.parquet")

# Arrow's wider and narrower types.
wide = every(INTEGERS, pa.int64()) | every(DAYS, pa.string()) | every(NUMBERS, pa.float32())
wide["ticker"] = pa.large_string()
wide["values"] = pa.large_list(pa.float32())
pq.write_table(cast(**wide), folder / "wide.parquet")
narrow = every(INTEGERS, pa.uint8()) | every(DAYS, pa.timestamp("s", tz="UTC"))
pq.write_table(cast(**narrow), folder / "narrow.parquet")
unsigned = every(INTEGERS, pa.uint64()) | every(DAYS, pa.timestamp("ns"))
pq.write_table(cast(**unsigned), folder / "unsigned.parquet")

# DuckDB: numbers as decimals.
decimals = ", ".join(f'{name}::decimal(9, 4) as {name}' for name in NUMBERS)
duckdb.sql(
    f"copy (select * replace ({decimals}) from '{own}') to '{folder / 'duckdb.parquet'}' (format parquet)"
)

# A column of each type that values do not fit: text that is no number or day, a fraction, a number too large.
def instead(of, name, values):
    return of.set_column(of.column_names.index(name), name, pa.array(values))


unfit = instead(table, "roi", ["-0.25", "much", ""])
unfit = instead(unfit, "as_of", ["2016-07-18", "soon", "2016-02-30"])
unfit = instead(unfit, "class", [3.0, 2.5, None])
unfit = instead(unfit, "contract_version", [1, 2**40, -(2**40)])
unfit = instead(unfit, "ticker", [b"A", b"A", b"A"])
pq.write_table(unfit, folder / "unfit.parquet", store_schema=False)
pq.write_table(instead(table, "roi", [True, False, None]), folder / "flags.parquet")
