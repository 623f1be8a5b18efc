"""A card keeps the order of the features, and the classes as they are."""

import pytest
import samples

from champion.core.documents.model import ModelCard


def test_columns_come_in_the_order_the_model_takes_them():
    """A model takes them by place."""
    assert samples.card(features=[("b", "int64"), ("a", "str")]).columns == ["b", "a"]


@pytest.mark.parametrize("classes", [["no", "yes"], [0, 1], [False, True], [0.5, 1.5], None])
def test_classes_keep_their_type(classes, tmp_path):
    """A class 1 is not the class True."""
    samples.card(classes=classes).write(tmp_path / "card.json")

    read = ModelCard.read(tmp_path / "card.json").classes

    assert read == classes
    assert [type(each) for each in read or []] == [type(each) for each in classes or []]
