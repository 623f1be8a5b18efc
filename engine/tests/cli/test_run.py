"""`pipeline run`, as MLflow Projects call it."""

import pytest
from click.testing import CliRunner

from champion.cli.commands import run


@pytest.fixture
def called(monkeypatch) -> list[list[str]]:
    """What it calls, instead of calling it: runs themselves are tested end to end."""
    calls: list[list[str]] = []

    class Done:
        returncode = 3

    monkeypatch.setattr(run.subprocess, "run", lambda words, **_: calls.append(words) or Done())
    return calls


def test_without_other_params_it_is_dvc_repro(called):
    """An empty override is none: MLproject leaves it so. The exit code is DVC's."""
    assert run.command.main(["--set", ""], standalone_mode=False) == 3
    assert called == [["dvc", "repro"]]


def test_other_params_make_an_experiment_beside_the_working_tree(called):
    """Nothing of it is promoted, and params.yaml stays."""
    run.command.main(["--set", "train.max_iter=5", "--set", "train.seed=1"], standalone_mode=False)

    settings = ["--set-param", "train.max_iter=5", "--set-param", "train.seed=1"]
    assert called == [["dvc", "exp", "run", "--temp", *settings]]


def test_an_agent_gives_values_alone(called):
    """As `${args_no_hyphens}` of a sweep, with --set before them or not."""
    run.command.main(["train.seed=1", "train.max_iter=5"], standalone_mode=False)

    assert called == [["dvc", "exp", "run", "--temp", "--set-param", "train.seed=1", "--set-param", "train.max_iter=5"]]


def test_an_override_without_a_value_is_refused(called):
    """Before anything runs."""
    result = CliRunner().invoke(run.command, ["--set", "train.max_iter"])

    assert result.exit_code == 2
    assert "--set needs KEY=VALUE, found 'train.max_iter'" in result.output
    assert called == []
