"""Move time on: another last day of the data, in params.yaml, with its comments kept."""

import re
from pathlib import Path

from pipelines.entry import load_params
from pipelines.errors import PipelineError
from pipelines.record import files

LINE = re.compile(r"^(  as_of: )('[^']*'|\"[^\"]*\"|[^\s#]+)", re.MULTILINE)


def as_of(day: str, path: Path = Path("params.yaml")) -> str:
    """Write the day and say what it was; a day that is none leaves the file as it was."""
    before = path.read_bytes()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise PipelineError(f"{day!r} is no day; one as in 2018-09-30 is expected.")
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
