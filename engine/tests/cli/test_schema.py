"""Each document can be printed as a schema."""

import json

import pytest

from champion.cli.commands.schema import listing, schema, schemas
from champion.core.errors import PipelineError


def test_a_schema_is_json_with_a_description_for_each_key():
    """Other programs check a file against it."""
    printed = json.loads(schema("model-card"))

    assert "answers" in printed["required"]
    assert printed["properties"]["rows"] == {"description": "Training rows.", "title": "Rows", "type": "integer"}


def test_the_listing_names_every_document_and_its_file():
    """A line each."""
    lines = listing().splitlines()

    assert len(lines) == len(schemas())
    assert any(line.startswith("provenance ") and "inputs/provenance.json" in line for line in lines)


def test_an_unknown_name_lists_the_known_ones():
    """Card is called model-card."""
    with pytest.raises(PipelineError, match=r"'card' is no document; there are .*, model-card, "):
        schema("card")
