"""params.yaml is checked before anything runs: one line for each mistake, with key, value and what is allowed."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from own_stage import insert_sample

from champion.core.config import load_params
from champion.core.errors import PipelineError

SHIPPED = (Path(__file__).parent / "problems/traffic/params.yaml").read_text(encoding="utf-8")
TRAIN = SHIPPED[SHIPPED.index("\ntrain:") : SHIPPED.index("\nevaluate:")]
DIALS = "refit, max_rows, loss, learning_rate, max_iter, max_leaf_nodes, min_samples_leaf, l2_regularization, seed"


@pytest.fixture
def complaint(tmp_path):
    """Return a function that loads a changed params.yaml and returns the lines of the refusal."""

    def load(content: str | bytes) -> list[str]:
        path = tmp_path / "params.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(PipelineError) as error:
            load_params(path)
        return str(error.value).replace(str(path), "params.yaml").splitlines()

    return load


def replaced(old: str, new: str) -> str:
    assert SHIPPED.count(old) == 1
    return SHIPPED.replace(old, new)


def test_the_shipped_params_are_sound(tmp_path):
    """Every section is there, under the name of its stage; a stage without dials has none."""
    params = load_params(Path(__file__).parent / "problems/traffic/params.yaml")

    assert str(params.ingest.as_of) == "2018-09-30"
    assert params.contract.drift_days == 28
    assert params.train.max_iter == 300


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(
            SHIPPED + "\ntrian:\n  seed: 8\n",
            "params.yaml: trian is unknown (its value is {'seed': 8}). Did you mean train? "
            "Allowed here: ingest, validate, features, train, evaluate.",
            id="an unknown section",
        ),
        pytest.param(
            replaced("  max_iter:", "  max_iters: 5\n  max_iter:"),
            f"params.yaml: train.max_iters is unknown (its value is 5). Did you mean max_iter? Allowed here: {DIALS}.",
            id="an unknown key",
        ),
        pytest.param(
            replaced("  max_iter:", "  max_iters:"),
            f"params.yaml: train.max_iters is unknown (its value is 300). Did you mean max_iter? Allowed here: {DIALS}.",
            id="a renamed key",
        ),
        pytest.param(
            replaced("  max_iter:", "  zzz: 5\n  max_iter:"),
            f"params.yaml: train.zzz is unknown (its value is 5). Allowed here: {DIALS}.",
            id="an unknown key like no other",
        ),
        pytest.param(
            replaced("max_iter: 300", "max_iter: many"),
            "params.yaml: train.max_iter is 'many'; Input should be a valid integer.",
            id="a word for a number",
        ),
        pytest.param(
            replaced("max_iter: 300", "max_iter: '300'"),
            "params.yaml: train.max_iter is '300'; Input should be a valid integer.",
            id="a quoted number",
        ),
        pytest.param(
            replaced("max_iter: 300", "max_iter: true"),
            "params.yaml: train.max_iter is True; Input should be a valid integer.",
            id="yes for a number",
        ),
        pytest.param(
            replaced("max_iter: 300", "max_iter: 3.5"),
            "params.yaml: train.max_iter is 3.5; Input should be a valid integer.",
            id="a fraction for a whole number",
        ),
        pytest.param(
            replaced("learning_rate: 0.08", "learning_rate: 1.5"),
            "params.yaml: train.learning_rate is 1.5; Input should be less than or equal to 1.",
            id="out of range",
        ),
        pytest.param(
            replaced("learning_rate: 0.08", "learning_rate: .nan"),
            "params.yaml: train.learning_rate is nan; Input should be a finite number.",
            id="not a number",
        ),
        pytest.param(
            replaced("max_target_drift: 0.5", "max_target_drift: .inf"),
            "params.yaml: validate.max_target_drift is inf; Input should be a finite number.",
            id="a limit that never limits",
        ),
        pytest.param(
            replaced("l2_regularization: 0.0", "l2_regularization: .inf"),
            "params.yaml: train.l2_regularization is inf; Input should be a finite number.",
            id="an infinite penalty",
        ),
        pytest.param(
            replaced("loss: absolute_error", "loss: absolut"),
            "params.yaml: train.loss is 'absolut'; Input should be 'absolute_error' or 'squared_error'.",
            id="an unknown choice",
        ),
        pytest.param(
            replaced("    mae: ", "    mea: "),
            "params.yaml: evaluate.limits.mea.[key] is 'mea'; "
            "Input should be 'mae', 'mse', 'rmse', 'mape', 'wape', 'r2', 'mean_pinball_loss', 'mean_poisson_deviance', "
            "'log_loss', 'brier', 'error_rate', 'roc_auc', 'average_precision', 'f1', 'f1_macro', 'cost' or 'own'.",
            id="limits of an unknown metric",
        ),
        pytest.param(
            replaced("  max_iter: 300\n", ""),
            "params.yaml: train.max_iter is missing. Add it; `git diff params.yaml` shows what was there.",
            id="a missing key",
        ),
        pytest.param(
            SHIPPED.replace(TRAIN, ""),
            "params.yaml: train is missing. Add it; `git diff params.yaml` shows what was there.",
            id="a missing section",
        ),
        pytest.param(
            replaced("'2018-09-30'", "2018-09-30"),
            'params.yaml: ingest.as_of is datetime.date(2018, 9, 30); should be a quoted day like "2018-09-30".',
            id="a day without quotes",
        ),
        pytest.param(
            replaced("'2018-09-30'", "'30.09.2018'"),
            "params.yaml: ingest.as_of is '30.09.2018'; should be a quoted day like \"2018-09-30\".",
            id="a day in another format",
        ),
        pytest.param(
            replaced("'2018-09-30'", "'2018-02-30'"),
            "params.yaml: ingest.as_of is '2018-02-30'; should be a quoted day like \"2018-09-30\".",
            id="a day that does not exist",
        ),
    ],
)
def test_one_mistake_is_one_line(complaint, content, line):
    """Key, value found, what is allowed."""
    assert complaint(content) == [line]


def test_all_mistakes_are_told_at_once(complaint):
    """Never make a person mend them one by one."""
    content = replaced("max_iter: 300", "max_iter: many").replace("learning_rate: 0.08", "learning_rate: 1.5")

    assert [line.split(";")[0] for line in complaint(content)] == [
        "params.yaml: train.learning_rate is 1.5",
        "params.yaml: train.max_iter is 'many'",
    ]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param("", "None", id="an empty file"),
        pytest.param("# nothing but a comment\n", "None", id="a comment"),
        pytest.param("- ingest\n", "['ingest']", id="a list"),
        pytest.param("hello\n", "'hello'", id="a word"),
    ],
)
def test_a_file_without_sections_is_one_line(complaint, content, found):
    """Somebody's editor crashed."""
    assert complaint(content) == [
        f"params.yaml holds {found}; sections are expected: ingest, validate, features, train, evaluate. "
        "`git diff params.yaml` shows more."
    ]


@pytest.mark.parametrize(("content", "found"), [("", "None"), ("- 1\n", "[1]")], ids=["nothing", "a list"])
def test_a_section_without_keys_is_one_line(complaint, content, found):
    """In the words of YAML: no dictionary, no instance of Train."""
    assert complaint(SHIPPED.replace(TRAIN, f"\ntrain:\n{content}")) == [
        f"params.yaml: train is {found}; keys are expected: {DIALS}."
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            SHIPPED.replace("train:", "train: ["),
            "line 20, column 3 is not YAML: expected ',' or ']', but got '<scalar>'",
            id="a bracket that stays open",
        ),
        pytest.param(
            SHIPPED.replace("  max_iter", "\tmax_iter"),
            "line 22, column 1 is not YAML: found character '\\t' that cannot start any token",
            id="a tabulator",
        ),
        pytest.param(
            "ingest: *as_of\n", "line 1, column 9 is not YAML: found undefined alias 'as_of'", id="an unknown anchor"
        ),
        pytest.param(
            "x: !!python/object:os.system {}\n",
            "line 1, column 4 is not YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object:os.system'",
            id="code",
        ),
    ],
)
def test_what_is_no_yaml_is_one_line_that_says_where(complaint, content, said):
    """File, line and column suffice; the parser's drawing is left out."""
    assert complaint(content) == [f"params.yaml, {said}. `git diff params.yaml` shows what changed."]


def test_another_encoding_is_named(complaint):
    """With the byte to look for."""
    (line,) = complaint(SHIPPED.encode() + b"# \xe9\n")

    assert line.startswith("params.yaml cannot be read: 'utf-8' codec can't decode byte 0xe9 in position ")
    assert line.endswith("`git checkout params.yaml` restores it.")


def test_a_missing_file_is_named(tmp_path):
    """A stage was started from another folder."""
    with pytest.raises(PipelineError, match=r"nowhere\.yaml cannot be read: .*No such file"):
        load_params(tmp_path / "nowhere.yaml")


def test_a_mistake_in_one_section_stops_every_stage(project):
    """Before an hour of training, not after; with exit code 1 and no traceback."""
    (project / "params.yaml").write_text(replaced("max_iter: 300", "max_iter: many"))

    done = subprocess.run(
        [sys.executable, "-m", "pipelines.ingest"], cwd=project, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == "ingest: params.yaml: train.max_iter is 'many'; Input should be a valid integer.\n"


def test_params_travel_to_another_process(project, monkeypatch):
    """With the types of the problem, and the sections of stages of one's own."""
    monkeypatch.chdir(project)
    insert_sample(project)
    params = load_params()

    again = pickle.loads(pickle.dumps(params))  # noqa: S301  # our own

    assert again.train == params.train
    assert again.ingest.as_of == params.ingest.as_of
    assert again.own == {"sample": {"every": 2}}
