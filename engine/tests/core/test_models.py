"""Models are data: equal models are equal bytes, and loading one runs no code of ours."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from champion.core import models
from champion.core.errors import PipelineError
from pipelines.problem.model import SeasonalNaive

ROWS = pd.DataFrame({"hour": [0, 1, 2, 3], "rain": [0.0, 0.5, 0.0, 1.0]})
TARGET = pd.Series([10.0, 20.0, 30.0, 45.0])


def double(values):
    return values * 2


@pytest.fixture
def saved(tmp_path):
    """A small model in a file."""
    path = tmp_path / "model.skops"
    models.save(LinearRegression().fit(ROWS, TARGET), path, trusted=[])
    return path


def edited(content: bytes, change) -> bytes:
    """Return the archive with another schema, well packed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["schema.json"] = change(parts["schema.json"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


def test_a_model_comes_back_as_it_was(saved):
    """To the last bit of its predictions."""
    model = models.load(saved, trusted=[])

    assert models.predict(model, ROWS).tolist() == LinearRegression().fit(ROWS, TARGET).predict(ROWS).tolist()
    assert models.classes(model) is None


def test_equal_models_are_equal_bytes(saved, tmp_path):
    """Whatever the clock says, and wherever the memory was."""
    models.save(LinearRegression().fit(ROWS, TARGET), tmp_path / "again.skops", trusted=[])
    models.save(LinearRegression().fit(ROWS, TARGET + ROWS["rain"]), tmp_path / "other.skops", trusted=[])

    assert (tmp_path / "again.skops").read_bytes() == saved.read_bytes()
    assert (tmp_path / "other.skops").read_bytes() != saved.read_bytes()


def test_a_model_that_holds_a_sparse_matrix_is_the_same_bytes_tomorrow(tmp_path, monkeypatch):
    """Its file is an archive in the archive, with a clock of its own."""
    notes, target = ["wound is red", "walks alone", "in pain again", "eats well"], [1.0, 0.0, 1.0, 0.0]
    for day, name in ((1, "one"), (2, "two")):
        monkeypatch.setattr(zipfile.time, "localtime", lambda _, day=day: (2026, 1, day, 0, 0, 0, 0, 1, 0))
        model = make_pipeline(TfidfVectorizer(), KNeighborsRegressor(1)).fit(notes, target)
        models.save(model, tmp_path / name, trusted=[])

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert models.load(tmp_path / "two", trusted=[]).predict(["wound is red again"]).tolist() == [1.0]


def test_a_model_is_the_same_bytes_in_another_process(tmp_path):
    """Where memory begins elsewhere: a vectorizer remembers the address of its stop words."""
    script = (
        "import sys; from pathlib import Path; from champion.core import models\n"
        "from sklearn.feature_extraction.text import TfidfVectorizer; from sklearn.linear_model import Ridge\n"
        "from sklearn.pipeline import make_pipeline\n"
        "model = make_pipeline(TfidfVectorizer(), Ridge()).fit(['wound is red', 'eats well'], [1.0, 0.0])\n"
        "models.save(model, Path(sys.argv[1]), trusted=[])"
    )
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-c", script, str(tmp_path / name)], cwd=PROJECT, check=True)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_model_that_holds_raw_bytes_is_the_same_twice(tmp_path):
    """Their file has a random name, as a booster's does in XGBoost."""
    for name in ("one", "two"):
        models.save(FunctionTransformer(kw_args={"table": b"raw"}), tmp_path / name, trusted=[])

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "in a pipeline"])
def test_of_a_search_what_predicts_is_kept(tmp_path, wrapped):
    """And what it chose; its clock times would make other bytes each time."""
    for name in ("one", "two"):
        search = GridSearchCV(Ridge(), {"alpha": [0.1, 1000.0]}, cv=2)
        fitted = (make_pipeline(StandardScaler(), search) if wrapped else search).fit(ROWS, TARGET)
        model, chosen = models.without_search(fitted)
        models.save(model, tmp_path / name, trusted=[])

    assert chosen == {"alpha": "0.1"}
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert models.predict(models.load(tmp_path / "one", trusted=[]), ROWS).tolist() == fitted.predict(ROWS).tolist()


def test_a_search_that_was_not_fitted_again_is_refused():
    """Nothing in it predicts."""
    with pytest.raises(PipelineError, match=r"GridSearchCV in pipelines/problem/model.py has refit=False"):
        models.without_search(GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2, refit=False).fit(ROWS, TARGET))


def test_a_classifier_without_probabilities_is_judged_by_its_decisions(tmp_path):
    """True at the class that it decides for."""
    models.save(RidgeClassifier().fit(ROWS, ["no", "no", "yes", "yes"]), tmp_path / "model.skops", trusted=[])
    model = models.load(tmp_path / "model.skops", trusted=[])

    assert models.predict(model, ROWS).tolist() == [[True, False], [True, False], [False, True], [False, True]]
    assert models.classes(model) == ["no", "yes"]


def test_a_threshold_decides_and_not_the_larger_probability():
    """Who is ill with 30 % is called in."""
    fitted = LogisticRegression().fit(ROWS, ["no", "no", "no", "yes"])
    model = make_pipeline(FixedThresholdClassifier(fitted, threshold=1e-9)).fit(ROWS, ["no", "no", "no", "yes"])

    assert models.predict(model, ROWS).tolist() == [[False, True]] * 4


def test_a_model_that_was_loaded_and_saved_is_the_same_file(saved, tmp_path):
    """So that a champion can be named by its hash."""
    models.save(models.load(saved, trusted=[]), tmp_path / "again.skops", trusted=[])

    assert (tmp_path / "again.skops").read_bytes() == saved.read_bytes()


def test_a_classifier_predicts_probabilities_in_the_order_of_its_classes():
    """Shape (rows, classes); the classes are plain JSON."""
    model = LogisticRegression().fit(ROWS, ["low", "low", "high", "high"])

    assert models.classes(model) == ["high", "low"]
    assert models.predict(model, ROWS).shape == (4, 2)
    assert np.allclose(models.predict(model, ROWS).sum(axis=1), 1)


@pytest.mark.parametrize("trusted", [[], ["pipelines.problem.model.SeasonalNaive"]], ids=["untrusted", "trusted"])
def test_code_of_this_project_is_refused_even_if_trusted(tmp_path, trusted):
    """A champion must not change when the code does."""
    model = SeasonalNaive()
    model.mean_ = 3.0

    with pytest.raises(PipelineError, match=r"contains code of this project: pipelines\.problem\.model\.SeasonalNaive"):
        models.save(model, tmp_path / "model.skops", trusted)

    assert list(tmp_path.iterdir()) == []


def test_a_function_is_no_data(tmp_path):
    """Pickle would have taken it, and run tomorrow's version of it."""
    model = make_pipeline(FunctionTransformer(double), LinearRegression()).fit(ROWS, TARGET)

    with pytest.raises(PipelineError, match=r"types that skops does not trust: .*double\. If you do, add them to"):
        models.save(model, tmp_path / "model.skops", trusted=[])

    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_saved_at_all_is_explained(tmp_path):
    """An open file, a generator, a grouped table."""
    model = LinearRegression().fit(ROWS, TARGET)
    model.rows_ = (row for row in ROWS)

    with pytest.raises(
        PipelineError, match=r"the model cannot be saved: .*generator.* types in pipelines/problem/model\.py"
    ):
        models.save(model, tmp_path / "model.skops", trusted=[])


def test_loading_a_type_that_is_not_listed_is_refused_by_name(saved):
    """What the champion's card trusted then must be trusted now."""
    saved.write_bytes(edited(saved.read_bytes(), lambda schema: schema.replace(b"LinearRegression", b"Unheard")))

    with pytest.raises(
        PipelineError, match=r"model\.skops does not load: Untrusted types .*Unheard.*See TRUSTED_TYPES in"
    ):
        models.load(saved, trusted=[])


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"version https://git-lfs.github.com/spec/v1", id="a Git LFS pointer"),
        pytest.param(lambda content: content[:100], id="the beginning"),
        pytest.param(lambda content: content[:-1], id="all but the last byte"),
        pytest.param(lambda content: content[len(content) // 2 :], id="the second half"),
        pytest.param(lambda content: content.replace(b"NUMPY", b"NVMPY"), id="other numbers"),
        pytest.param(lambda content: edited(content, lambda _: b""), id="an empty schema"),
        pytest.param(lambda content: edited(content, lambda _: b"{}"), id="a schema of nothing"),
        pytest.param(lambda content: edited(content, lambda _: b"[1]"), id="a schema that is a list"),
        pytest.param(
            lambda content: edited(content, lambda schema: schema.replace(b"ObjectNode", b"OtherNode")),
            id="an unknown loader",
        ),
        pytest.param(
            lambda content: edited(content, lambda schema: schema.replace(b'.npy"', b'.npz"')),
            id="an array that is gone",
        ),
    ],
)
def test_a_corrupt_file_is_named(saved, spoil):
    """Whatever is wrong with it, it is a PipelineError."""
    saved.write_bytes(spoil(saved.read_bytes()))

    with pytest.raises(PipelineError, match=r"model\.skops does not load"):
        models.load(saved, trusted=[])


def test_a_missing_file_is_named(tmp_path):
    """Not a traceback of zipfile."""
    with pytest.raises(PipelineError, match=r"model\.skops does not load"):
        models.load(tmp_path / "model.skops", trusted=[])


@pytest.mark.parametrize("offset", [8, 10], ids=["encrypted", "an unknown compression"])
def test_a_file_with_a_flipped_bit_in_its_directory_is_named(saved, offset):
    """A disk that forgets, 8 and 10 bytes into the first entry of the zip directory."""
    content = bytearray(saved.read_bytes())
    content[content.index(b"PK\x01\x02") + offset] ^= 1
    saved.write_bytes(content)

    with pytest.raises(PipelineError, match=r"model\.skops does not load"):
        models.load(saved, trusted=[])


def test_a_model_names_the_packages_that_it_is_made_of(saved, tmp_path):
    """Whoever serves it installs them: a fixed list would lack what only your model uses."""
    notes = ["wound is red", "walks alone"]
    models.save(make_pipeline(TfidfVectorizer(), KNeighborsRegressor(1)).fit(notes, [1, 0]), tmp_path / "m", trusted=[])

    assert models.packages(saved) == {"numpy", "scikit-learn"}
    assert models.packages(tmp_path / "m") == {"numpy", "scikit-learn", "scipy"}


WEIGHTS = np.array([1.0, 2.0, 0.0, 5.0])


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        make_pipeline(StandardScaler(), Ridge()),
        GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1.0]}, cv=2),
        make_pipeline(StandardScaler(), TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp)),
        TransformedTargetRegressor(make_pipeline(StandardScaler(), Ridge()), func=np.log, inverse_func=np.exp),
    ],
    ids=["alone", "pipeline", "search", "pipeline of a transformed target", "transformed target of a pipeline"],
)
def test_weights_reach_the_step_that_learns(model, recwarn):
    """Wherever it stands; a row of weight 0 does not count."""
    even, uneven = (clone(model).fit(ROWS, TARGET, **models.fit_params(model, weights)) for weights in (None, WEIGHTS))

    assert models.fit_params(model, None) == {}
    assert not np.allclose(even.predict(ROWS), uneven.predict(ROWS))
