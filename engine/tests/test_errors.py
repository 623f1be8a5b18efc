"""Exit codes say what kind of trouble it is, and no mistake of a person ends in a traceback."""

import pytest

from champion.cli import main as command_line
from champion.core import errors


def ends(monkeypatch: pytest.MonkeyPatch, *words: str, raising: Exception | None = None) -> int:
    """Return the exit code of `pipeline WORDS`, with a command that fails so."""

    def fail(*_: object, **__: object) -> None:
        raise raising  # type: ignore[misc]

    if raising is not None:
        monkeypatch.setattr(command_line.cli, "main", fail)
    monkeypatch.setattr("sys.argv", ["pipeline", *words])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (errors.Refusal("no"), 1),
        (errors.PipelineError("mend it"), 65),
        (errors.RegistryUnavailable("away"), 65),
        (errors.ChampionUnusable("spoilt"), 65),
        (errors.ContractBroken("bad rows"), 65),
    ],
)
def test_only_a_refusal_is_an_answer(monkeypatch, capsys, raised: Exception, code: int):
    """All else has to be repaired first."""
    assert ends(monkeypatch, raising=raised) == code
    assert capsys.readouterr().err == f"pipeline: {raised}\n"


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    """It is not turned into a message for users."""
    with pytest.raises(ZeroDivisionError):
        ends(monkeypatch, raising=ZeroDivisionError())


@pytest.mark.parametrize("words", [["lineag"], ["status", "--al"], ["as-of"]])
def test_a_mistake_in_the_call_is_64(monkeypatch, capsys, words: list[str]):
    """With what would have been right."""
    assert ends(monkeypatch, *words) == 64
    assert "Usage" in capsys.readouterr().err
