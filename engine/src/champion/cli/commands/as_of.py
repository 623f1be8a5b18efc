"""Move time on: another last day of the data, in params.yaml, with its comments kept."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from champion.core import files
from champion.core.config import load_params
from champion.core.errors import PipelineError

RECENT = {"today": timedelta(), "yesterday": timedelta(days=1)}
LINE = re.compile(r"^(  as_of: )('[^']*'|\"[^\"]*\"|[^\s#]+)", re.MULTILINE)


def as_of(day: str, path: Path = Path("params.yaml")) -> str:
    """Write the day (`today` and `yesterday` are UTC's) and say it; one that is no day leaves the file as it was."""
    if day in RECENT:
        day = (datetime.now(UTC).date() - RECENT[day]).isoformat()
    before = path.read_bytes()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise PipelineError(f"{day!r} is no day; one as in 2018-09-30 is expected, or yesterday, or today.")
    text, count = LINE.subn(rf"\g<1>'{day}'", before.decode())
    if count != 1:
        raise PipelineError(f"{path} has {count} lines `as_of: DAY`; one is expected, in the section ingest.")
    files.write_bytes(path, text.encode())
    try:
        load_params(path)
    except PipelineError:
        files.write_bytes(path, before)
        raise
    return f"data is taken up to {day}"


@click.command()
@click.argument("day")
def command(day: str) -> None:
    """Move time on: make DAY, as in 2018-09-30 or yesterday, the last day of the data in params.yaml."""
    click.echo(as_of(day))
