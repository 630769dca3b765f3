"""One read of a results file by something else: `python peers.py NAME FILE` prints figures of each label.

Each reads all columns with their types and groups by label: samples, errors, percentiles. None of them
knows what a connection is.
"""

import sys

NUMBERS = (
    "timeStamp", "elapsed", "bytes", "sentBytes", "grpThreads", "allThreads", "Latency", "IdleTime",
    "Connect",
)  # fmt: skip
TEXTS = (
    "label", "responseCode", "responseMessage", "threadName", "dataType", "failureMessage", "URL",
)  # fmt: skip
QUANTILES = (0.5, 0.9, 0.95, 0.99)


def pandas(path: str) -> None:
    """Read with the C parser, types given."""
    import numpy as np
    import pandas as pd

    types = {**dict.fromkeys(NUMBERS, "int64"), **dict.fromkeys(TEXTS, "category"), "success": "bool"}
    frame = pd.read_csv(path, dtype=types, na_filter=False)
    groups = frame.groupby("label", observed=True)
    print(groups["elapsed"].agg(["count", "mean", "max"]), groups["success"].mean())
    print(groups["elapsed"].quantile(np.array(QUANTILES)))


def polars(path: str) -> None:
    """Stream, lazily, so that only the columns that are needed are kept."""
    import polars as pl  # type: ignore[import-not-found]

    types = {**dict.fromkeys(NUMBERS, pl.Int64), **dict.fromkeys(TEXTS, pl.String), "success": pl.String}
    elapsed = pl.col("elapsed")
    found = (
        pl.scan_csv(path, schema_overrides=types)
        .group_by("label")
        .agg(
            elapsed.count(),
            elapsed.mean().alias("mean"),
            elapsed.max().alias("max"),
            (pl.col("success") == "true").mean(),
            *(elapsed.quantile(q).alias(f"q{q}") for q in QUANTILES),
        )
        .collect(engine="streaming")
    )
    print(found)


def duckdb(path: str) -> None:
    """Query the file where it is."""
    import duckdb as db  # type: ignore[import-not-found]

    types = {**dict.fromkeys(NUMBERS, "BIGINT"), **dict.fromkeys(TEXTS, "VARCHAR"), "success": "BOOLEAN"}
    rows = db.read_csv(path, dtype=types)  # noqa: F841  # named in the query
    print(
        db.sql(
            f"SELECT label, count(*), avg(elapsed), max(elapsed), avg(success::INT), "
            f"quantile_disc(elapsed, {list(QUANTILES)}) FROM rows GROUP BY label"
        )
    )


if __name__ == "__main__":
    {"pandas": pandas, "polars": polars, "duckdb": duckdb}[sys.argv[1]](sys.argv[2])
