"""The traffic example's models: the one that is trained, and the one it has to beat."""

import numpy as np
import pandas as pd
import pytest
from conftest import PROBLEMS
from yaml import safe_load

from pipelines.problem import model
from pipelines.problem.params import Train

ROWS = pd.DataFrame(
    {
        "weekday": [0, 0, 1, 1],
        "hour": [7, 7, 7, 7],
        "vehicles_week_before": [np.nan, np.nan, 500.0, np.nan],
        "holiday": ["no holiday", "Labor Day", "no holiday", "no holiday"],
        "weather": ["Clear", "Rain", "Clear", "Snow"],
    }
)
SHIPPED = Train.model_validate(safe_load((PROBLEMS / "traffic/params.yaml").read_text())["train"])


def test_the_naive_model_says_last_week_or_else_what_is_usual():
    """The mean of 100 and 300 for Mondays at seven; 500 as the week before."""
    fitted = model.naive().fit(ROWS, pd.Series([100.0, 300.0, 900.0, 700.0]))

    assert fitted.predict(ROWS).tolist() == [200.0, 200.0, 500.0, 800.0]


def test_every_param_reaches_the_model():
    """A param that is read by nobody would change the config's version and nothing else."""
    boosting = model.build(SHIPPED).steps[-1][1].get_params()

    others = {"seed", "refit", "max_rows"}  # the stage train reads the latter two
    expected = SHIPPED.model_dump(exclude=others)
    assert {name: boosting[name] for name in Train.model_fields if name not in others} == expected
    assert boosting["random_state"] == SHIPPED.seed


def test_a_word_that_training_never_saw_is_predicted_if_the_contract_knows_it():
    """The first squall must not stop the service."""
    fitted = model.build(SHIPPED.model_copy(update={"max_iter": 1})).fit(ROWS, [1.0, 2.0, 3.0, 4.0])

    assert np.isfinite(fitted.predict(ROWS.assign(weather="Squall"))).all()


@pytest.mark.parametrize(("column", "value"), [("weather", "Sleet"), ("weather", None), ("holiday", "None")])
def test_a_word_that_the_contract_does_not_know_is_refused(column: str, value: str | None):
    """By whoever asks the model, also where no contract is checked: a service, a notebook."""
    fitted = model.build(SHIPPED.model_copy(update={"max_iter": 1})).fit(ROWS, [1.0, 2.0, 3.0, 4.0])

    with pytest.raises(ValueError, match=f"Found unknown categories .*{value}.* in column"):
        fitted.predict(ROWS.assign(**{column: value}))
