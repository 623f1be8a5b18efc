"""How far the distribution of each column has moved, season against season."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from champion.core.documents.model import ColumnProfile, Profile

BINS = 10
MOST = 1200  # labels: a hundred entities of twelve months
YEARS = [pd.Timedelta(days=364 * years) for years in range(1, 6)]  # back to the same day, of the week as well
SHIFTS = (-14, 0, 14)  # days around it
LEAST = 48  # rows of a period that can tell anything
SMALLEST = 1e-3  # share given to an empty bin: the logarithm needs one


def profile(rows: pd.DataFrame, season: pd.Series) -> Profile:
    """Describe each column by the share of rows in each of its bins, separately for each season.

    A season may be that of an entity, "5 007": then an entity that opens or closes moves nothing. Of very many entities
    the season alone counts.
    """
    if season.nunique() > MOST:
        season = _without_entity(season)
    described: Profile = {}
    for name in rows:
        bins = _bins(rows[name])
        shares = {
            str(label): _shares(group, bins).round(6).tolist() for label, group in rows[name].groupby(season.to_numpy())
        }
        described[str(name)] = ColumnProfile(bins=bins, shares=shares)
    return described


def drift(reference: Profile, rows: pd.DataFrame, season: pd.Series) -> dict[str, float]:
    """Return each column's population stability index against the same seasons of the reference.

    PSI = Σ (a - e) ln(a / e) over bins, with a and e the actual and expected shares: the symmetric divergence of
    Kullback and Leibler (On Information and Sufficiency, Annals of Mathematical Statistics 22, 1951, pages 79 to 86).
    By custom below 0.1 nothing moved, and above 0.25 something did (Siddiqi, Credit Risk Scorecards, 2006).

    >>> then, now = pd.DataFrame({"rain": ["no"] * 9 + ["yes"]}), pd.DataFrame({"rain": ["no", "yes"]})
    >>> alike = [pd.Series("all", index=rows.index) for rows in (then, now)]
    >>> drift(profile(then, alike[0]), now, alike[1])
    {'rain': 0.8789}
    """
    indexes = {}
    if not season.isin({label for described in reference.values() for label in described.shares}).any():
        season = _without_entity(season)
    for name, described in reference.items():
        if name in rows and len(rows) and described.shares:
            known = season.astype("str").isin(described.shares).to_numpy()
            actual = _shares(rows.loc[known if known.any() else ~known, name], described.bins)
            indexes[name] = _psi(_expected(described.shares, season), actual)
    return indexes


def ordinary(
    rows: pd.DataFrame, season: pd.Series, times: pd.Series, recent: tuple[pd.Timestamp, pd.Timestamp]
) -> dict[str, float]:
    """Return the largest index of each column in periods as long as `recent`, in the same season of a year before.

    Each is held against the other years: weather resembles itself for weeks, and a rule of thumb does not know that.
    """
    largest: dict[str, float] = {}
    for year in YEARS:
        shifts = [year + pd.Timedelta(days=shift) for shift in SHIFTS]
        near = [((times > recent[0] - each) & (times <= recent[1] - each)).to_numpy() for each in shifts]
        told, others = [inside for inside in near if inside.sum() >= LEAST], ~np.logical_or.reduce(near)
        if told and others.any():
            reference = profile(rows[others], season[others])
            for index in (drift(reference, rows[inside], season[inside]) for inside in told):
                largest |= {name: max(value, largest.get(name, 0.0)) for name, value in index.items()}
    return largest


def further(indexes: Mapping[str, float], usual: Mapping[str, float], limit: float = 0.0) -> list[str]:
    """Return the columns that moved further than a limit, and than what is ordinary for them.

    >>> further({"rain": 0.3, "clouds": 0.9}, {"clouds": 1.2}, 0.25)
    ['rain']
    """
    return [name for name, index in indexes.items() if index > max(limit, usual.get(name, 0.0))]


def effects(predicted: np.ndarray, instead: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return how far the mean prediction moved because a column did, as a share of the predictions' standard deviation.

    `instead` is what is predicted for the same rows with values of before in one column; shapes (rows,) or (rows, classes).

    >>> effects(np.array([1.0, 3.0]), {"rain": np.array([1.0, 2.0])})
    {'rain': 0.5}
    """
    spread = np.maximum(predicted.std(axis=0), np.finfo(float).tiny)
    moved = {name: np.abs(predicted.mean(axis=0) - other.mean(axis=0)) / spread for name, other in instead.items()}
    return {name: round(float(np.max(share)), 4) for name, share in moved.items()}


def as_before(
    rows: pd.DataFrame, past: pd.DataFrame, name: str, seasons: tuple[pd.Series, pd.Series], seed: int
) -> pd.DataFrame:
    """Return rows with values of one column drawn from past rows of the same season, or of any where there are none."""
    now, then = seasons
    rng, pieces = np.random.default_rng(seed), []
    for label, group in rows.groupby(now.to_numpy(), sort=True):
        pool = past.loc[(then == label).to_numpy(), name]
        pool = past[name] if pool.empty else pool
        pieces.append(pool.iloc[rng.integers(0, len(pool), len(group))].set_axis(group.index))
    return rows.assign(**{name: pd.concat(pieces).reindex(rows.index)})


def _without_entity(season: pd.Series) -> pd.Series:
    return season.str.split(" ").str[0]


def _bins(values: pd.Series) -> list[float] | list[str]:
    """Inner decile edges of numbers, or the categories of text."""
    if pd.api.types.is_numeric_dtype(values):
        known = values.dropna().astype(float)
        inner = np.linspace(0, 1, BINS + 1)[1:-1]
        return [float(f"{edge:.12g}") for edge in np.unique(np.quantile(known, inner))] if len(known) else []
    return sorted(values.dropna().astype(str).unique().tolist())


def _shares(values: pd.Series, bins: list[float] | list[str]) -> np.ndarray:
    """Return the share of values in each bin: a category, or below, at and above each edge; the last is for the rest."""
    if not bins:
        size = 2
        places: np.ndarray = values.isna().to_numpy(dtype=int)
    elif isinstance(bins[0], str):
        size = len(bins) + 1
        places = pd.Index(bins).get_indexer(pd.Index(values.astype("str"))) % size
    else:
        size = 2 * len(bins) + 2
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        places = np.searchsorted(bins, numbers, side="left") + np.searchsorted(bins, numbers, side="right")
        places = np.where(np.isnan(numbers), size - 1, places)
    return np.bincount(places, minlength=size) / len(values)


def _expected(shares: Mapping[str, list[float]], season: pd.Series) -> np.ndarray:
    """Mix the reference seasons as the rows mix them; seasons never seen before do not count."""
    weights = season.astype("str").value_counts()
    known = {label: weight for label, weight in weights.items() if label in shares}
    mixture = known or dict.fromkeys(shares, 1)
    return np.average([shares[str(label)] for label in mixture], axis=0, weights=list(mixture.values()))


def _psi(expected: np.ndarray, actual: np.ndarray) -> float:
    expected, actual = np.maximum(expected, SMALLEST), np.maximum(actual, SMALLEST)
    return round(float(np.sum((actual - expected) * np.log(actual / expected))), 4)
