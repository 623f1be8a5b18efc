"""Speed as ratios: the pipeline against what its tools alone cost, pair after pair in one run."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]
CLEARED = ("MLFLOW_", "DVC_", "GX_", "GIT_", "PYTHONDONTWRITEBYTECODE")  # what a new user has not set either
QUIET = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "GX_ANALYTICS_ENABLED": "false",
         "DVC_NO_ANALYTICS": "true", "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "bench",
         "GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "bench@example.org"}  # fmt: skip
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # the stage train fits with one

# What a stage cannot do without, each in a process of its own. On a first run baseline needs nothing.
TOOLS = {
    "ingest": "pandas, pyarrow.parquet",
    "validate": "great_expectations",
    "features": "pandas, pyarrow.parquet",
    "train": "sklearn.ensemble, skops.io",
    "evaluate": "sklearn.ensemble, skops.io, matplotlib.figure",
    "promote": "mlflow, mlflow.store.tracking.sqlalchemy_store",  # MLflow imports the embedded store when first asked
}

FIT = """
import time, pandas as pd
from champion.core.config import load_params
from pipelines.problem.model import build
from pipelines.problem.names import KEY, TARGET
rows, held = (pd.read_parquet(f"data/3-features/{part}.parquet") for part in ("training", "holdout"))
start = time.perf_counter()
for fitted_to in (rows, pd.concat([rows, held])):  # what is judged, and what serves
    build(load_params().train).fit(fitted_to.drop(columns=[*KEY, TARGET]), fitted_to[TARGET])
print(time.perf_counter() - start)
"""

# What one would write without a pipeline: same rows, same features, same model, same score.
SCRIPT = """
import json, sys, pandas as pd
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
params = json.loads(sys.argv[2])
raw = pd.read_csv(sys.argv[1], keep_default_na=False, parse_dates=["date_time"])
raw = raw[raw["temp"].between(210, 325) & raw["rain_1h"].between(0, 305) & raw["traffic_volume"].between(1, 10_000)]
raw = raw.sort_values(["date_time", "weather_main"]).drop_duplicates("date_time", keep="last", ignore_index=True)
when, day = raw["date_time"], raw["date_time"].dt.normalize()
named = raw[raw["holiday"] != "None"].groupby(day)["holiday"].first()
before = raw.set_index("date_time")["traffic_volume"].reindex(when - pd.Timedelta(days=7)).to_numpy(dtype=float)
rows = raw[["temp", "rain_1h", "snow_1h", "clouds_all", "weather_main"]].assign(
    hour=when.dt.hour, weekday=when.dt.day_of_week, month=when.dt.month, holiday=day.map(named).fillna("None"), before=before)
past = when < day.max() - pd.Timedelta(days=27)
encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
columns = make_column_transformer((encoder, ["holiday", "weather_main"]), remainder="passthrough")
params.pop("refit")
model = make_pipeline(columns, HistGradientBoostingRegressor(random_state=params.pop("seed"), early_stopping=False, **params))
model.fit(rows[past], raw.loc[past, "traffic_volume"])
print(mean_absolute_error(raw.loc[~past, "traffic_volume"], model.predict(rows[~past])))
clone(model).fit(rows, raw["traffic_volume"])
"""

TWO_STAGES = """stages:
  one: {cmd: cp start one, deps: [start], outs: [one]}
  two: {cmd: cp one two, deps: [one], outs: [two]}
"""


@dataclass(frozen=True)
class Ran:
    """A finished process."""

    seconds: float
    peak_mb: float
    output: str


def run(folder: Path, *command: str | Path, check: bool = True, **environment: str) -> Ran:
    """Run a command and measure it; this process stays small, since a child's peak starts with its parent's size."""
    full = variables(folder) | environment
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=full, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds, process.returncode = time.perf_counter() - start, os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if check and process.returncode:
        sys.exit(f"{' '.join(map(str, command))[:200]} failed:\n{text}")
    return Ran(seconds, usage.ru_maxrss / 1024, text)


def variables(folder: Path) -> dict[str, str]:
    """Return the environment of a new user, in which the code of a copy comes before what is installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(CLEARED)}
    own = os.pathsep.join([str(folder), str(folder / "engine/src")])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return kept | QUIET | {"PATH": path, "PYTHONPATH": own}


def clone(folder: Path) -> Path:
    """Copy what git would of the project, as it is on disk, and commit it."""
    listed = run(PROJECT, "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").output.split("\0")
    for name in (name for name in listed if name and (PROJECT / name).exists()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, folder / name)
    run(folder, "git", "init", "--quiet", "--initial-branch", "main")
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--message", "Start")
    return folder


def pairs(template: Path, folder: Path, repeats: int) -> list[dict[str, float]]:
    """Measure all sides in turn, so that a busy moment of the machine hits each of them."""
    empty = _two_stages(folder / "empty")
    return [_round(shutil.copytree(template, folder / f"cold-{number}"), empty) for number in range(repeats)]


def _round(copy: Path, empty: Path) -> dict[str, float]:
    cold = run(copy, "dvc", "repro").seconds
    imports = {stage: _bare(copy, f"import {tools}").seconds for stage, tools in TOOLS.items()}
    fit = float(_bare(copy, FIT, **ONE_THREAD).output)
    params = json.dumps(yaml.safe_load((copy / "params.yaml").read_text())["train"])
    script = _bare(copy, SCRIPT, *copy.glob("data/0-source/*.csv.gz"), params, **ONE_THREAD)
    again = run(copy, "dvc", "repro").seconds
    nothing, mlflow = run(empty, "dvc", "repro").seconds, _bare(empty, "import mlflow").seconds
    return {
        "cold run": cold,
        **{f"import for {stage}": seconds for stage, seconds in imports.items()},
        "fit": fit,
        "imports and fit": sum(imports.values()) + fit,
        "script": script.seconds,
        "script's mae": float(script.output),
        "no-op run": again,
        "no-op of two empty stages": nothing,
        "import mlflow": mlflow,
        "empty stages and import mlflow": nothing + mlflow,
    }


def _bare(folder: Path, code: str, *arguments: str | Path, **environment: str) -> Ran:
    return run(folder, sys.executable, "-c", code, *arguments, **environment)


def _two_stages(folder: Path) -> Path:
    folder.mkdir()
    (folder / "dvc.yaml").write_text(TWO_STAGES)
    (folder / "start").write_text("start")
    run(folder, "git", "init", "--quiet")
    run(folder, "dvc", "init", "--quiet")
    run(folder, "dvc", "repro")
    return folder
