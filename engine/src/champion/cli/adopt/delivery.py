"""Look into a delivery that nobody has described yet: what its columns hold, and which of them tell rows apart. Pure."""

import keyword
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import pandas as pd

from champion.core.errors import PipelineError
from champion.core.interface import Kind

MISSING = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None", "none", "?", "-", "")
FORMATS = ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y%m%d")  # of days that are not ISO 8601
CLOCKS = ("", " %H:%M", " %H:%M:%S")
ISO_DAY, ISO_TIME = r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*"
WHOLE, COMMA = r"[+-]?(?:0|[1-9]\d{0,18})", r"[+-]?\d+(?:,\d+)?"
FEW = 12  # values: a feature of so many makes slices
CLASSES = 5  # whole numbers of so few values are classes
TARGETS = ("target", "label", "class", "y", "outcome", "churn", "default", "price", "sales", "demand", "quality")
ALMOST = 0.98  # of the rows: a few may be repeated or wrong


@dataclass(frozen=True)
class Found:
    """A column, and what it seems to hold."""

    upstream: str
    name: str  # as Python and SQL would write it
    kind: Kind
    texts: pd.Series  # its values as they came; a missing one is empty
    optional: bool
    written: str = ""  # how a day or time is written, if not as ISO 8601
    comma: bool = False  # whether decimals have one
    gaps: tuple[str, ...] = ()  # words that stand for a missing value

    @property
    def distinct(self) -> int:
        """Return the number of values, without missing ones."""
        return int(self.texts[self.texts != ""].nunique())

    @property
    def few(self) -> bool:
        """Tell whether it divides rows into a few groups."""
        return self.kind in ("text", "boolean") and 2 <= self.distinct <= FEW

    @property
    def prose(self) -> bool:
        """Tell whether it is written for people: most values are several words."""
        return self.kind == "text" and not self.few and self.texts.str.count(" ").median() >= 3

    @property
    def numbers(self) -> pd.Series:
        """Return its numbers; missing ones left out."""
        texts = self.texts.str.replace(",", ".", regex=False) if self.comma else self.texts
        return pd.to_numeric(texts, errors="coerce").dropna()

    @property
    def times(self) -> pd.Series:
        """Return its times, in UTC where they have an offset; a missing one is NaT."""
        return _times(self.texts, self.written)


@dataclass(frozen=True)
class Delivery:
    """What a delivery seems to be."""

    columns: list[Found]
    key: list[str]  # empty: nothing tells rows apart, their number has to
    time: str | None
    target: str

    def column(self, name: str) -> Found:
        """Return a column by our name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def is_classification(self) -> bool:
        """Tell whether the target names a class: a text, true or false, or a whole number of few values."""
        target = self.column(self.target)
        return target.kind in ("text", "boolean") or (target.kind == "integer" and target.distinct <= CLASSES)


def look(raw: pd.DataFrame, target: str | None) -> Delivery:
    """Guess what a delivery holds, from its rows as text; `target` is the upstream name of the column to predict.

    Raises:
        PipelineError: if there is no such column, or too little to look at.
    """
    if len(raw) < 100 or len(raw.columns) < 2:
        raise PipelineError(
            f"it has {len(raw):,} rows and the columns {', '.join(map(str, raw))}; at least 100 rows and 2 columns are "
            "expected. Is the delimiter one of , ; | or tab?"
        )
    if target is not None and target not in raw:
        raise PipelineError(f"--target {target}: there is no such column, only {', '.join(map(str, raw))}.")
    names = _names([str(name) for name in raw])
    columns = [_found(upstream, name, raw[upstream]) for upstream, name in names.items()]
    wanted = names[target] if target else _target(columns)
    columns = [_settled(column, wanted) for column in columns]
    others = [column for column in columns if column.name != wanted]
    time = _time(others)
    return Delivery(columns, _key(others, time), time, wanted)


def _settled(column: Found, target: str) -> Found:
    """Return a column as it is declared: a target that is missing is of the future, and an input of 0 and 1 is true or false."""
    if column.name == target:
        return replace(column, optional=False)
    yes_or_no = column.kind == "integer" and set(column.texts) <= {"", "0", "1"}
    return replace(column, kind="boolean") if yes_or_no else column


def _names(upstream: list[str]) -> dict[str, str]:
    """Return a plain name for each column, no two alike."""
    names: dict[str, str] = {}
    for column in upstream:
        letters = unicodedata.normalize("NFKD", column.strip().lower().replace("ß", "ss"))
        plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[\u0300-\u036f]", "", letters)).strip("_") or "column"
        plain = f"c_{plain}" if plain[0].isdigit() or keyword.iskeyword(plain) else plain
        taken = sum(re.fullmatch(rf"{re.escape(plain)}(_\d+)?", name) is not None for name in names.values())
        names[column] = f"{plain}_{taken + 1}" if taken else plain
    return names


def _found(upstream: str, name: str, text: pd.Series) -> Found:
    values = text.astype("str").str.strip()
    missing = values.isin(MISSING)
    told = values[~missing]
    kind, written = _kind(told)
    gaps = tuple(sorted(set(values[missing]) - {""})) if kind != "text" else ()
    values = values.where(~missing | (kind == "text"), "")
    comma = kind == "number" and bool(told.str.contains(",").any())
    return Found(upstream, name, kind, values, bool((values == "").any()), written, comma, gaps)


def _kind(told: pd.Series) -> tuple[Kind, str]:
    """Return what most of these values are, and how times among them are written."""

    def most(pattern: str) -> bool:
        return told.str.fullmatch(pattern).mean() >= ALMOST

    words = set(told.str.lower())
    if words and (words <= {"true", "false"} or words in ({"yes", "no"}, {"t", "f"}, {"y", "n"})):
        return "boolean", ""
    if written := _written(told):
        return ("time" if "%H" in written else "date"), written
    kinds: dict[Kind, bool] = {
        "date": most(ISO_DAY),
        "time": most(ISO_TIME),
        "integer": most(WHOLE),
        "number": not told.str.fullmatch(r"0\d+").any() and (_share_of_numbers(told) >= ALMOST or most(COMMA)),
    }  # "007" is a name
    return next((kind for kind, fits in kinds.items() if fits), "text"), ""


def _share_of_numbers(told: pd.Series) -> float:
    return float(pd.to_numeric(told, errors="coerce").notna().mean())


def _written(told: pd.Series) -> str:
    """Return the format of days or times that are not ISO 8601; the first that fits nearly all."""
    some = told.iloc[:: max(len(told) // 1000, 1)]
    for form in (day + clock for clock in CLOCKS for day in FORMATS):
        digits = form == "%Y%m%d" and not some.str.fullmatch(r"(?:19|20)\d{6}").all()
        if not digits and pd.to_datetime(some, format=form, errors="coerce").notna().mean() >= ALMOST:
            return form
    return ""


def _times(values: pd.Series, written: str) -> pd.Series:
    form = written or "ISO8601"
    return pd.to_datetime(values, format=form, errors="coerce", utc=True).dt.tz_localize(None)


def _target(columns: list[Found]) -> str:
    """Return the column that is called like a target, or else the last that could be one."""
    possible = [column for column in columns if column.kind not in ("date", "time") and column.distinct > 1]
    if not possible:
        raise PipelineError("no column could be a target: each is a time or always the same. Say which with --target.")
    named = [column.name for column in possible if column.name in TARGETS]
    return named[0] if named else possible[-1].name


def _time(columns: list[Found]) -> str | None:
    """Return the time that changes most; dates of birth and the like are missing more often, or come later in the file."""
    times = [column for column in columns if column.kind in ("date", "time") and not column.optional]
    most = max((column.distinct for column in times), default=0)
    return next((column.name for column in times if column.distinct >= most / 2), None)


def _key(columns: list[Found], time: str | None) -> list[str]:
    """Return the fewest columns that tell nearly all rows apart; none if there are no such."""
    whole = [column for column in columns if not column.optional and column.kind in ("text", "integer")]
    timed = [column for column in columns if column.name == time]
    for names in _candidates([column for column in whole if not column.prose], timed):
        rows = pd.concat([column.texts for column in names], axis=1)
        if 1 - rows.duplicated().mean() >= ALMOST:
            return [column.name for column in names]
    return []


def _candidates(whole: list[Found], timed: list[Found]) -> Iterator[list[Found]]:
    """Return what may be a key, the likeliest first: an id, the time, one or two entities with it, two without."""
    yield from ([column] for column in whole if _is_id(column))
    yield from ([column] for column in whole if column.kind == "text" and not _is_id(column))
    repeated = sorted((column for column in whole if column.distinct <= len(column.texts) / 10), key=_by_number)
    if timed:
        yield timed
        yield from ([column, *timed] for column in repeated)
        yield from ([*pair, *timed] for pair in combinations(repeated[:6], 2))
    named = [column for column in whole if column.kind == "text" or _is_id(column)]
    yield from ([*pair] for pair in combinations(named[:6], 2) if not timed)


def _is_id(column: Found) -> bool:
    """Tell whether it is called like an id, or counts up without a repetition."""
    named = re.search(r"(?:^|_)(?:id|key|no|nr|number|code|uuid)$|^(?:id|row|index)", column.name)
    return named is not None or (column.kind == "integer" and bool(column.numbers.is_monotonic_increasing)
                                 and column.distinct == len(column.texts))  # fmt: skip


def _by_number(column: Found) -> int:
    return column.distinct
