"""What parts save on one machine: `python -m benchmarks.parts [--rows 4000000] [--spark FOLDER]`.

The example `stores` with many more days, of 40 stores, is taken in and made into features: all at once, in parts by one process, and in
parts by two; with FOLDER, where pyspark is installed, by two cores of Spark as well. What comes out of parts has to be the same bytes.
"""

import argparse
import os
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import speed
from champion.core import files, flow
from champion.core.documents.data import Counts, ValidationReport

EXAMPLE = "engine/tests/problems/stores"
STORES, AT_ONCE = 40, 250_000  # parts; rows of a chunk


def main() -> None:
    """Measure, and print a table."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.parts", description=__doc__)
    arguments.add_argument("--rows", type=int, default=4_000_000)
    arguments.add_argument(
        "--spark", type=Path, help="`uv pip install --target FOLDER -r engine/tests/core/engines/spark.lock`"
    )
    told = arguments.parse_args()
    rows, spark = told.rows, told.spark
    with tempfile.TemporaryDirectory() as name:
        template = _template(Path(name) / "template", rows)
        whole = _measured(template, Path(name) / "whole", None, PIPELINE_WORKERS="1")
        cases = {
            "in parts, one process": _measured(template, Path(name) / "one", "store", PIPELINE_WORKERS="1"),
            "in parts, two processes": _measured(template, Path(name) / "two", "store", PIPELINE_WORKERS="2"),
        }
        if spark:
            chosen = {"PIPELINE_ENGINE": "spark", "SPARK_MASTER": "local[2]", "SPARK_HOME": str(spark / "pyspark")}
            cases["in parts, Spark local[2]"] = _measured(template, Path(name) / "spark", "store", spark, **chosen)
    print(f"{rows:,} rows in {STORES} parts\n")
    print(
        "| ingest and features | seconds | of the time at once | largest process, MB | of the memory at once |\n|---|---|---|---|---|"
    )
    for case, (seconds, peak, _) in {"all at once": whole, **cases}.items():
        print(f"| {case} | {seconds:.0f} | {seconds / whole[0]:.2f} | {peak:.0f} | {peak / whole[1]:.2f} |")
    if spark:
        print("\nOf Spark the memory is that of the process that asks it: its own are not counted.")
    same = len({tuple(digests) for _, _, digests in cases.values()}) == 1
    print(f"\n{'The same bytes' if same else 'DIFFERENT BYTES'} of all that were made in parts.")


def _template(folder: Path, rows: int) -> Path:
    """Make a project of the example with a delivery of so many rows."""
    speed.clone(folder)
    source, params = folder / flow.SOURCE, folder / "params.yaml"
    for place in (folder / "pipelines/problem", source):
        shutil.rmtree(place)
    shutil.copytree(folder / EXAMPLE, folder, dirs_exist_ok=True)
    (source / "stores.csv").unlink()
    days, random = rows // STORES, np.random.default_rng(7)
    when = pd.date_range("1700-01-01", periods=days, unit="s").strftime("%Y-%m-%d")
    for number in range(STORES):
        table = pd.DataFrame({"store": f"{number:03}", "day": when, "sales": random.integers(100, 9_000, days),
                              "customers": random.integers(1, 900, days), "promo": random.integers(0, 2, days),
                              "holiday": "None", "open": 1})  # fmt: skip
        table.to_csv(source / "stores.csv", mode="a", header=not number, index=False)
    params.write_text(re.sub(r'as_of: ".*"', f'as_of: "{when[-1]}"', params.read_text()))
    return folder


def _measured(
    template: Path, folder: Path, part: str | None, packages: Path | None = None, **told: str
) -> tuple[float, float, list[str]]:
    """Return seconds, the peak of the largest process in MB, and the digests of what came out."""
    shutil.copytree(template, folder)
    if part:
        names, source = folder / "pipelines/problem/names.py", folder / "pipelines/problem/source.py"
        names.write_text(f"{names.read_text()}\nPART = {part!r}\n")
        source.write_text(
            source.read_text().replace("keep_default_na=False)", f"keep_default_na=False, chunksize={AT_ONCE})")
        )
    if packages:
        told["PYTHONPATH"] = os.pathsep.join([speed.variables(folder)["PYTHONPATH"], str(packages)])
    ingested = flow.path("ingest", "ingested", folder)
    taken = speed.run(folder, "python", "-m", "pipelines.ingest", **told)
    counts = Counts.read(ingested / "counts.json")
    unchecked = ValidationReport(success=True, table_sha256="", counts=counts, checks=[], drift={})
    unchecked.write(flow.path("validate", "validation", folder) / "report.json")
    made = speed.run(folder, "python", "-m", "pipelines.features", **told)
    sides = [flow.path("features", name, folder) for name in ("training", "holdout")]
    digests = [files.sha256(place) for place in (ingested / "table.parquet", *sides)]
    shutil.rmtree(folder / "data")
    return taken.seconds + made.seconds, max(taken.peak_mb, made.peak_mb), digests


if __name__ == "__main__":
    main()
