"""Tables and pages are made of text that people wrote, and none of it becomes HTML."""

from champion.report import html

EVIL = "<b>|</b>"


def test_a_cell_is_text():
    """In HTML and in Markdown, where a bar would be another column."""
    table = (["column"], [[EVIL]])

    assert "&lt;b&gt;|&lt;/b&gt;" in html.table(table)
    assert html.markdown(table).splitlines()[2] == "| <b>/</b> |"


def test_without_rows_there_is_no_table():
    """A head alone tells nothing."""
    assert (html.table((["column"], [])), html.markdown((["column"], []))) == ("", "")


def test_every_page_has_the_same_shell():
    """One style for all; a script only where there are tabs."""
    page = html.page("Why <v7>", "why.html", sentence="it rose", picture="", sections="")

    assert page.startswith("<!doctype html>")
    assert "<title>Why &lt;v7&gt;</title>" in page
    assert "color-scheme: light dark" in page
    assert "onkeydown" not in page
