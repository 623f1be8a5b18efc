"""Files are whole or not there, and named by their content."""

import contextlib

import pytest
from jsons import read_json

from champion.core import files
from champion.core.errors import PipelineError
from champion.core.stage import guarded


def test_json_is_sorted_and_read_back(tmp_path):
    """Equal content gives equal bytes, and a person can read the diff."""
    files.write_json(tmp_path / "new/folder/some.json", {"b": 1.5, "a": ["größer", None]})

    assert read_json(tmp_path / "new/folder/some.json") == {"a": ["größer", None], "b": 1.5}
    text = (tmp_path / "new/folder/some.json").read_text(encoding="utf-8")
    assert text == '{\n  "a": [\n    "größer",\n    null\n  ],\n  "b": 1.5\n}\n'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_not_json_is_refused_and_leaves_the_old_file(tmp_path, number):
    """Other readers choke on NaN."""
    files.write_json(tmp_path / "some.json", {"mae": 180.0})

    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "some.json", {"mae": number})

    assert read_json(tmp_path / "some.json") == {"mae": 180.0}


def test_a_failure_while_writing_leaves_the_old_file_and_no_other(tmp_path):
    """Half a table is worse than the last one."""
    path = tmp_path / "table.parquet"
    path.write_bytes(b"the last one")

    with contextlib.suppress(RuntimeError), files.replacing(path) as temporary:
        temporary.write_bytes(b"half of")
        raise RuntimeError

    assert path.read_bytes() == b"the last one"
    assert list(tmp_path.iterdir()) == [path]


def test_nobody_sees_a_file_before_it_is_whole(tmp_path):
    """It is written next to its place, on the same disk, and renamed."""
    path = tmp_path / "table.parquet"

    with files.replacing(path) as temporary:
        temporary.write_bytes(b"whole")
        assert not path.exists()
        assert temporary.parent == path.parent

    assert path.read_bytes() == b"whole"


def test_the_name_of_a_file_is_its_content(tmp_path):
    """The SHA-256 that sha256sum prints."""
    (tmp_path / "a").write_bytes(b"abc")

    assert files.sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_inputs_that_stay_the_same_pass(tmp_path):
    """Touching a file is not changing it."""
    (tmp_path / "a").write_bytes(b"abc")

    with files.unchanged(tmp_path / "a"):
        (tmp_path / "a").write_bytes(b"abc")


def test_an_input_that_changes_meanwhile_is_named(tmp_path):
    """The second of two, by one byte."""
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"abc")

    with pytest.raises(PipelineError, match=r"/b was changed while it was being used"), \
         files.unchanged(tmp_path / "a", tmp_path / "b"):  # fmt: skip
        (tmp_path / "b").write_bytes(b"abd")


def test_an_input_that_vanishes_meanwhile_is_named(tmp_path, monkeypatch):
    """`dvc checkout` in another window; whoever starts the stage reads one line."""
    (tmp_path / "a").write_bytes(b"abc")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIPELINE_TRACEBACK", raising=False)

    def work():
        with files.unchanged(tmp_path / "a"):
            (tmp_path / "a").unlink()

    with pytest.raises(SystemExit) as stopped:
        guarded("stage", work)

    assert stopped.value.code == (
        f"stage: the system refused {tmp_path}/a: No such file or directory. Repair it (disk space, permissions, "
        "a missing file) and run `dvc repro` again: finished stages are kept."
    )


def test_an_error_inside_is_not_hidden(tmp_path):
    """The first thing that went wrong is what a person must see."""
    (tmp_path / "a").write_bytes(b"abc")

    def spoil():
        with files.unchanged(tmp_path / "a"):
            (tmp_path / "a").write_bytes(b"abd")
            raise RuntimeError("the cause")

    with pytest.raises(RuntimeError, match="the cause"):
        spoil()


def test_a_file_in_the_middle_of_a_merge_says_how_to_go_on(tmp_path, monkeypatch):
    """Two branches both ran: every pair of them meets it."""
    monkeypatch.chdir(tmp_path)
    files.check_merged()
    (tmp_path / "params.yaml").write_text("train:\n  seed: 7\n")
    files.check_merged()
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n")

    with pytest.raises(PipelineError) as error:
        files.check_merged()

    assert str(error.value) == (
        "dvc.lock has conflicts of a merge.\n  dvc.lock: take either side (`git checkout --ours dvc.lock` or `--theirs`), "
        "it is written anew\nThen `git add dvc.lock` and `dvc repro`."
    )
