"""A document is whole, checked and explained, and older ones stay readable."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
import samples
from conftest import PROJECT
from jsons import read_json

from champion.cli.commands.schema import schemas
from champion.core.documents.data import Split
from champion.core.documents.document import Document, Record
from champion.core.documents.model import ModelCard
from champion.core.documents.provenance import Provenance
from champion.core.errors import PipelineError

OLD = Path(__file__).parent / "samples"


def complaint(kind: type[Document], path: Path) -> str:
    with pytest.raises(PipelineError) as error:
        kind.read(path)
    return str(error.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize(
    "document",
    [
        samples.evaluation(),
        samples.provenance(),
        samples.card(),
        samples.validation_report(samples.check(success=True)),
        samples.why(),
    ],
    ids=lambda document: type(document).__name__,
)
def test_what_is_written_is_read_back(document, tmp_path):
    """Equal in every key, through a file that people can read."""
    document.write(tmp_path / "some.json")

    assert type(document).read(tmp_path / "some.json") == document
    assert (tmp_path / "some.json").read_text().startswith("{\n  ")


def test_a_missing_file_says_what_to_run(tmp_path):
    """Most often the stage before did not run yet."""
    assert complaint(Split, tmp_path / "split.json") == "split.json does not exist yet. Run `dvc repro` first."


@pytest.mark.parametrize("content", [b"", b'{"success": tr', b"<<<<<<< HEAD\n{}", b"\xff\xfe{}"])
def test_a_broken_file_says_what_to_do(tmp_path, content):
    """Empty, cut off, a merge conflict, another encoding."""
    (tmp_path / "split.json").write_bytes(content)

    said = complaint(Split, tmp_path / "split.json")

    assert said.startswith("split.json is not JSON (")
    assert said.endswith("). Delete it and run `dvc repro`.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"share": "a fifth"}, "split.json: share is 'a fifth'; Input should be a valid number"),
        ({"sahre": 0.2}, "split.json: sahre is 0.2; Extra inputs are not permitted."),
        ({"holdout_sha256": None}, "split.json: holdout_sha256 is None; Input should be a valid string."),
    ],
    ids=["another type", "an unknown key", "nothing"],
)
def test_a_wrong_value_is_named_with_its_key(tmp_path, change, said):
    """File, key, value, what was expected and what to do."""
    (tmp_path / "split.json").write_text(json.dumps(Split(share=0.2).model_dump() | change))

    text = complaint(Split, tmp_path / "split.json")

    assert text.startswith(said)
    assert text.endswith("Delete it and run `dvc repro`.")


def test_a_missing_key_is_named(tmp_path):
    """A card that lost a key is a champion's, too: the remedy says so."""
    content = samples.card().model_dump(mode="json")
    del content["classes"]
    (tmp_path / "card.json").write_text(json.dumps(content))

    said = complaint(ModelCard, tmp_path / "card.json")

    assert said.startswith("card.json: classes is missing; Field required.")
    assert "`pipeline rollback`" in said


@pytest.mark.parametrize("content", ["[]", "7", '"split"', "null"])
def test_a_file_that_holds_something_else_is_refused(tmp_path, content):
    """JSON is not enough."""
    (tmp_path / "split.json").write_text(content)

    assert complaint(Split, tmp_path / "split.json").startswith("split.json: its content is ")


class Letter(Document):
    """A document whose key `greeting` was called `hello` in version 1."""

    WHERE: ClassVar[str] = "nowhere"
    VERSION: ClassVar[int] = 2

    greeting: str
    """What it begins with."""

    @classmethod
    def migrated(cls, content, written):
        if written == 1:
            content = {"greeting": content["hello"]}
        return content


@pytest.mark.parametrize("content", [{"hello": "hi"}, {"hello": "hi", "version": 1}, {"greeting": "hi", "version": 2}])
def test_an_older_version_is_read_as_todays(tmp_path, content):
    """A file without a version is of the first."""
    (tmp_path / "letter.json").write_text(json.dumps(content))

    letter = Letter.read(tmp_path / "letter.json")

    assert (letter.greeting, letter.version) == ("hi", 2)


def test_a_newer_version_is_refused_with_what_to_do(tmp_path):
    """A colleague's code knows more than this clone's."""
    (tmp_path / "letter.json").write_text(json.dumps({"greeting": "hi", "version": 3}))

    said = complaint(Letter, tmp_path / "letter.json")

    assert said.startswith("letter.json: a Letter of version 3 was found; this code knows versions up to 2.")
    assert "`git pull`" in said


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused_and_leaves_the_old_file(tmp_path, number):
    """Other readers of JSON choke on NaN."""
    samples.card().write(tmp_path / "card.json")

    with pytest.raises(ValueError, match="not JSON compliant"):
        samples.card(train_metrics={"mae": number}).write(tmp_path / "card.json")

    assert ModelCard.read(tmp_path / "card.json") == samples.card()


def test_a_card_of_version_1_is_read_for_ever():
    """It lies beside champions that nobody will train again. This file is never changed."""
    card = ModelCard.read(OLD / "card-1.json")

    assert (card.target, card.rows, card.columns) == ("vehicles", 39890, ["hour", "weather", "vehicles_week_before"])
    assert card.split.start == "2018-09-03T00:00:00"
    assert card.profile["weather"].bins == ["Clear", "Rain"]
    assert card.examples["vehicles_week_before"] == [None, "5545.0"]
    assert card.answers == [812.5, 5433.25]


def test_a_provenance_of_version_1_is_read_for_ever():
    """It is all that is known of a version of then. This file is never changed."""
    made_of = Provenance.read(OLD / "provenance-1.json")

    assert (made_of.data.version, made_of.code.version, made_of.config.version) == ("v9", "v42", "v3")
    assert made_of.config.changed == {"train.max_iter": ("300", "320"), "train.loss": (None, "absolute_error")}
    assert [(reason.rule, reason.effect) for reason in made_of.reasons] == [("proven", "praise")]
    assert made_of.metrics["champion"] == {"mae": 180.9}


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_key_of_a_document_says_what_it_holds(name):
    """A schema without descriptions is a list of names."""
    schema = schemas()[name].model_json_schema()
    parts = {name: schema, **schema.get("$defs", {})}

    silent = [
        f"{part}.{key}"
        for part, described in parts.items()
        for key, field in described.get("properties", {}).items()
        if not field.get("description")
    ]

    assert silent == []


def test_every_document_stands_in_the_docs():
    """Each with its file."""
    page = (PROJECT / "docs/files.md").read_text()
    listed = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}

    assert listed == set(schemas())


def test_nothing_of_a_document_can_be_changed():
    """What was read is what is known."""
    with pytest.raises(ValueError, match="frozen"):
        samples.card().rows = 1
    assert issubclass(Document, Record)


def test_the_sample_files_are_those_of_version_1():
    """Whoever raises a version adds a sample and leaves these alone."""
    assert {path.name: read_json(path)["version"] for path in OLD.iterdir()} == {
        "card-1.json": 1,
        "provenance-1.json": 1,
    }
