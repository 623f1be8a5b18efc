"""A month of hourly traffic to judge on, real models fitted on the months before it, and the dials of the gate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.base import RegressorMixin
from sklearn.ensemble import RandomForestRegressor

from pipelines.evaluation import holdout
from pipelines.evaluation.aggregates import Loss, mean
from pipelines.evaluation.gate import Evidence
from pipelines.params import Evaluate

FEW = ["hour", "weekday"]
ALL = ["hour", "weekday", "rain_mm", "temperature_k"]
DIALS = {
    "metric": "mae",
    "mode": "superior",
    "min_improvement": 0.0,
    "margin": 0.01,
    "max_improvement": 0.5,
    "confidence": 0.95,
    "bootstrap_rounds": 2000,
    "seed": 7,
    "limits": {"mae": [40.0, 500.0]},
    "max_slice_regression": 0.1,
    "min_slice_rows": 48,
    "min_rows": 168,
    "min_blocks": 7,
    "max_drift": 0.25,
    "max_decay": 0.1,
    "max_model_mb": 20.0,
    "min_rows_per_second": 1000.0,
}


@dataclass(frozen=True)
class Month:
    """Twelve weeks of history and the four weeks after it. Whole days go better or worse than usual."""

    history: pd.DataFrame
    rows: pd.DataFrame
    split: holdout.Split

    def fitted(self, model: RegressorMixin, columns: list[str], rows: pd.DataFrame | None = None) -> np.ndarray:
        """Fit on the history, or on other rows, and return what is predicted for the holdout."""
        seen = self.history if rows is None else rows
        return model.fit(seen[columns], seen["vehicles"]).predict(self.rows[columns])

    def loss(self, predicted: np.ndarray) -> Loss:
        return mean(np.abs(predicted - self.rows["vehicles"].to_numpy()))

    def evidence(self, predicted: np.ndarray, champion: np.ndarray | None, **other: object) -> Evidence:
        """Return what the gate is shown of a candidate against which nothing else speaks."""
        loss = self.loss(predicted)
        facts = {
            "candidate": loss,
            "naive": self.loss(self.rows["vehicles_week_before"].to_numpy()),
            "champion": None if champion is None else self.loss(champion),
            "blocks": holdout.blocks(self.rows, ["time"], "time"),
            "labels": labels(self.rows["time"]),
            "metrics": {"mae": loss.total},
            **UNSPOILT,
        }
        return Evidence(**facts | other)


UNSPOILT = {
    "validated": True,
    "leaked_rows": 0,
    "obstacle": "",
    "same_model": False,
    "rolled_back": "",
    "unknown": "",
    "anew": "",
    "tries": 0,
    "model_mb": 3.6,
    "rows_per_second": 200_000.0,
}


def labels(time: pd.Series) -> pd.DataFrame:
    bands = pd.cut(time.dt.hour, [-1, 5, 9, 15, 19, 23], labels=["0-5", "6-9", "10-15", "16-19", "20-23"])
    days = np.where(time.dt.day_of_week >= 5, "weekend", "weekday")
    return pd.DataFrame({"hours": bands.astype("str"), "days": days})


def traffic(seed: int = 0) -> pd.DataFrame:
    """Return 16 weeks of hours: rush hours, quiet weekends, rain that slows, and good and bad days."""
    chance = np.random.default_rng(seed)
    time = pd.Series(pd.date_range("2018-06-11", "2018-09-30 23:00", freq="h"))
    hour, weekday, days = time.dt.hour.to_numpy(), time.dt.day_of_week.to_numpy(), len(time) // 24
    rush = np.exp(-((hour - 8) ** 2) / 8) + np.exp(-((hour - 17) ** 2) / 10)
    usual = 600 + 2400 * np.sin(np.pi * hour / 24) + 2600 * rush * np.where(weekday >= 5, 0.3, 1.0)
    rain = np.repeat(chance.random(days) < 0.3, 24) * chance.exponential(4, len(time)).round(1)
    warmth = np.repeat(chance.normal(0, 5, days), 24) + 4 * np.sin(2 * np.pi * (hour - 9) / 24)
    good_days = np.repeat(chance.normal(0, 60, days), 24)
    vehicles = usual - 500 * (rain > 0) + 30 * warmth + good_days + chance.normal(0, 120, len(time))
    table = pd.DataFrame({"time": time, "vehicles": np.maximum(vehicles, 1), "hour": hour, "weekday": weekday})
    table = table.assign(rain_mm=rain, temperature_k=290 + warmth)
    return table.assign(vehicles_week_before=table["vehicles"].shift(168)).iloc[168:].reset_index(drop=True)


def forest(leaf: int = 5) -> RandomForestRegressor:
    return RandomForestRegressor(n_estimators=30, min_samples_leaf=leaf, random_state=7)


@pytest.fixture(scope="session")
def month() -> Month:
    table = traffic()
    split = holdout.latest(table, "time", days=28)
    held_out = holdout.held_out(split, table, ["time"], "time")
    return Month(table[~held_out], table[held_out].reset_index(drop=True), split)


@pytest.fixture(scope="session")
def champion(month: Month) -> np.ndarray:
    """What a model predicts that knows the calendar only."""
    return month.fitted(forest(), FEW)


@pytest.fixture(scope="session")
def better(month: Month) -> np.ndarray:
    """What a model predicts that knows the weather, too."""
    return month.fitted(forest(), ALL)


@pytest.fixture(scope="session")
def rules() -> Evaluate:
    return Evaluate(**DIALS)


@pytest.fixture(scope="session")
def dials():
    """Return rules with other dials than the usual ones."""
    return lambda **other: Evaluate(**DIALS | other)


@pytest.fixture(scope="session")
def plain() -> Evidence:
    """Round numbers: over 28 days each hour costs the candidate 90, the champion 100, the naive model 150."""
    time = pd.Series(pd.date_range("2018-09-03", periods=672, freq="h"))
    return Evidence(
        candidate=mean(np.full(672, 90.0)),
        naive=mean(np.full(672, 150.0)),
        champion=mean(np.full(672, 100.0)),
        blocks=time.dt.normalize().to_numpy(),
        labels=labels(time),
        metrics={"mae": 90.0},
        **UNSPOILT,
    )
