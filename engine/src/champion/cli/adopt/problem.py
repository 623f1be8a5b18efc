"""Write a problem for a delivery: every file of pipelines/problem, and params.yaml, with a comment at each guess. Pure."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import NamedTuple

import pandas as pd

from champion.cli.adopt.delivery import Delivery, Found
from champion.core.interface import NUMBERS

ROW = "row"  # the number of a row, where nothing else tells rows apart
DAY = pd.Timedelta(days=1)
TEMPLATES = Path(__file__).parent / "templates"


class Before(NamedTuple):
    """How far back a value of the target is known."""

    long: str  # in words
    before: str  # to subtract from a time
    horizon: str


def files(delivery: Delivery, name: str, file: str, delimiter: str, encoding: str) -> dict[str, str]:
    """Return the content of each file of the problem, by its name."""
    before = _before(delivery)
    inputs = [column for column in delivery.columns if _is_input(column, delivery)]
    fields = {
        "name": name,
        "file": file,
        "key": json.dumps(delivery.key or [ROW]),
        "guess_of_key": _guess_of_key(delivery),
        "time": delivery.time,
        "time_or_none": json.dumps(delivery.time).replace("null", "None"),
        "target": delivery.target,
        "columns": "\n".join(f"    {line}" for line in _columns(delivery)),
        "read": _read(delivery, delimiter, encoding),
        **_records(delivery, file, delimiter, encoding),
        "features": "\n".join([*_calendar(delivery), *(_input(column, delivery) for column in inputs)]),
        "slices": _slices(inputs, delivery),
        "words": json.dumps([_feature(each, delivery) for each in inputs if each.kind == "text" and not each.prose]),
        "texts": "".join(f'(TfidfVectorizer(max_features=200), "{each.name}"),' for each in inputs if each.prose),
        **(before._asdict() if before else {}),
    }
    kind = "classes" if delivery.is_classification else "forecast" if before else "values"
    made_from = {
        "names.py": "names",
        "source.py": "source",
        "contract.py": "contract_of_classes" if delivery.is_classification else "contract_of_values",
        "features.py": "features_of_forecast" if before else "features",
        "model.py": f"model_of_{kind}",
        "params.py": "params_of_problem",
        "loss.py": "loss",
        "rules.py": "rules",
    }
    return {file: _filled(template, fields) for file, template in made_from.items()} | {
        "params.yaml": _filled("params_yaml", _params(delivery))
    }


def _filled(template: str, fields: Mapping[str, object]) -> str:
    return Template((TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")).substitute(fields)


def _guess_of_key(delivery: Delivery) -> str:
    if not delivery.key:
        return "nothing tells rows apart, so their number does: a row must keep its place in every delivery"
    return f"guess: tells {len(delivery.columns[0].texts):,} rows apart"


def _columns(delivery: Delivery) -> list[str]:
    lines = [_column(column) for column in delivery.columns]
    return lines if delivery.key else [f'Column("{ROW}", "{ROW}", "integer"),  # made by `read`', *lines]


def _column(column: Found) -> str:
    optional = ", optional=True" if column.optional else ""
    if column.kind not in NUMBERS or column.numbers.empty:
        return f"Column({column.upstream!r}, {column.name!r}, {column.kind!r}{optional}),"
    low, high = float(column.numbers.min()), float(column.numbers.max())
    possible = (0 if low >= 0 else _round(10 * low), _round(10 * max(high, abs(low), 1)))
    seen = f"  # guess: {low:g} to {high:g} were seen"
    return f"Column({column.upstream!r}, {column.name!r}, {column.kind!r}{optional}, possible={possible}),{seen}"


def _round(number: float) -> float:
    """Return a number of one digit, no closer to 0.

    >>> _round(31336.0), _round(-0.39)
    (40000, -0.4)
    """
    place = math.floor(math.log10(abs(number)))
    rounded = math.copysign(round(math.ceil(abs(number) / 10.0**place) * 10.0**place, max(-place, 0)), number)
    return int(rounded) if rounded % 1 == 0 else rounded


def _read(delivery: Delivery, delimiter: str, encoding: str) -> str:
    how = "" if delimiter == "," else f", sep={delimiter!r}"
    how += "" if encoding == "utf-8" else f", encoding={encoding!r}"
    lines = [f"rows = pd.read_csv(folder / FILE{how}, dtype=str, keep_default_na=False)"]
    for column in delivery.columns:
        cell = f"rows[{column.upstream!r}]"
        if column.gaps:
            lines.append(f'{cell} = {cell}.replace({list(column.gaps)}, "")  # guess: stand for a missing value')
        if column.written:
            form, iso = column.written, "%Y-%m-%d" + ("T%H:%M:%S" if "%H" in column.written else "")
            lines += [
                f'told = pd.to_datetime({cell}, format="{form}", errors="coerce").dt.strftime("{iso}")  # guess: day, month',
                f"{cell} = told.fillna({cell})",
            ]
        if column.comma:
            lines.append(f'{cell} = {cell}.str.replace(",", ".", regex=False)')
    if not delivery.key:
        lines.append(f'rows["{ROW}"] = range(len(rows))')
    if len(lines) == 1:
        return f"    return {lines[0].removeprefix('rows = ')}"
    return "\n".join(f"    {line}" for line in [*lines, "return rows"])


def _records(delivery: Delivery, file: str, delimiter: str, encoding: str) -> dict[str, str]:
    """Return a function that counts the records, and what it imports: nothing where each line is one."""
    if not any(column.texts.str.contains("\n", regex=False).any() for column in delivery.columns):
        return {"records": "", "imports": ""}
    packing = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}.get(Path(file).suffix)
    opened = f'{packing}.open(folder / FILE, "rt", ' if packing else "(folder / FILE).open("
    text = f"""

def records(folder: Path) -> int:
    \"\"\"Return how many records the delivery has: its fields hold line breaks, so lines do not tell.\"\"\"
    with {opened}encoding={encoding!r}, newline="") as file:
        return sum(1 for record in csv.reader(file, delimiter={delimiter!r}) if record) - 1
"""
    imports = "".join(f"import {name}\n" for name in ("csv", packing) if name)
    return {"records": text, "imports": imports}


def _is_input(column: Found, delivery: Delivery) -> bool:
    """Tell whether a model can make something of it: no target, no time, no id."""
    alone = column.kind == "text" and not column.prose and column.distinct > len(column.texts) / 20
    is_id = [column.name] == delivery.key or (alone and column.name not in delivery.key)
    return column.name != delivery.target and column.kind not in ("date", "time") and not is_id and column.distinct > 1


def _feature(column: Found, delivery: Delivery) -> str:
    return f"of_{column.name}" if column.name in delivery.key else column.name


def _input(column: Found, delivery: Delivery) -> str:
    made = f'table["{column.name}"]{"" if column.kind == "text" else ".astype(float)"}'
    close = "  # guess: it follows the target closely; is it known before?" if _is_close(column, delivery) else ""
    return f'            "{_feature(column, delivery)}": {made},{close}'


def _is_close(column: Found, delivery: Delivery) -> bool:
    """Tell whether the order of its numbers is nearly that of the target's: it may be known only afterwards."""
    target = delivery.column(delivery.target)
    if delivery.is_classification or column.kind not in NUMBERS:
        return False
    return abs(column.numbers.corr(target.numbers, method="spearman")) > 0.9


def _calendar(delivery: Delivery) -> list[str]:
    if delivery.time is None:
        return []
    parts = {"month": "month", "weekday": "day_of_week"}
    if (delivery.column(delivery.time).times.dt.hour > 0).any():
        parts["hour"] = "hour"
    time = delivery.time
    return [f'            "{time}_{part}": table["{time}"].dt.{what},' for part, what in parts.items()]


def _before(delivery: Delivery) -> Before | None:
    """Return how old a known target is, where each entity has one at regular times; None where rows are events."""
    if delivery.time not in delivery.key or delivery.is_classification:
        return None
    times = delivery.column(str(delivery.time)).times.dropna().drop_duplicates().sort_values()
    step = pd.Timedelta(times.diff().dropna().median())
    if step <= DAY:
        return Before("a week", "pd.Timedelta(days=7)", "pd.Timedelta(days=7)")
    if pd.Timedelta(days=27) <= step <= pd.Timedelta(days=32):
        return Before("a month", "pd.DateOffset(months=1)", "pd.Timedelta(days=28)")
    return Before(f"{step.days} days", f"pd.Timedelta(days={step.days})", f"pd.Timedelta(days={step.days})")


def _slices(inputs: list[Found], delivery: Delivery) -> str:
    """Return the code of a table of the columns that divide rows into a few groups."""
    few = [_feature(column, delivery) for column in inputs if column.few][:2]
    if not few:
        return "rows[[]]  # name groups here, in which a model must not get worse"
    return f"rows[{few}]"


def _params(delivery: Delivery) -> dict[str, object]:
    rows = len(delivery.columns[0].texts)
    target = delivery.column(delivery.target)
    told = target.texts[target.texts != ""]
    if delivery.is_classification:
        metric, limit = "log_loss", f"error_rate: [0.0, {1 - told.value_counts(normalize=True).max():.2g}]"
    else:
        spread = (target.numbers - target.numbers.median()).abs().mean()
        metric, limit = "mae", f"mae: [0.0, {float(f'{spread:.2g}')}]"
    held, blocks, ingest, features = rows * 0.25, 500, "ingest: {}", "holdout_share: 0.25"
    if delivery.time is not None:
        times = delivery.column(delivery.time).times.dropna()
        last, span = times.max().normalize(), (times.max().normalize() - times.min().normalize()).days + 1
        days = min(max(math.ceil(0.15 * span), 7), max(span // 2, 1))
        later = times[times > last - pd.Timedelta(days=days - 1)]
        held, blocks = len(later), later.dt.normalize().nunique()
        ingest, features = f'ingest:\n  as_of: "{last.date()}"  # the last day', f"holdout_days: {days}"
    return {
        "ingest": ingest,
        "features": features,
        "metric": metric,
        "limit": limit,
        "rows": rows // 2,
        "leaf": min(max(rows // 100, 2), 20),
        "min_rows": max(min(100, int(held / 2)), 1),
        "min_blocks": max(min(20, blocks // 2), 2),
    }
