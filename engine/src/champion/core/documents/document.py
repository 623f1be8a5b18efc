"""What every document shares: it is checked when it is read, and never changed."""

import json
from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from champion.core import files
from champion.core.errors import PipelineError

Window = tuple[str, str]  # the first and the last time among rows, ISO 8601


class Record(BaseModel):
    """A part of a document. Frozen; unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Document(Record):
    """A JSON file that one part of the pipeline writes and another one reads."""

    WHERE: ClassVar[str]
    VERSION: ClassVar[int] = 1
    REMEDY: ClassVar[str] = "Delete it and run `dvc repro`."

    version: int = 1
    """Version of this document's form; it grows whenever a key is renamed, removed or changes its meaning."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of this or an older version.

        Raises:
            PipelineError: if the file is missing, is no JSON, holds something else than expected, or is of a newer version.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise PipelineError(f"{path} does not exist yet. Run `dvc repro` first.") from None
        except ValueError as error:
            raise PipelineError(f"{path} is not JSON ({error}). {cls.REMEDY}") from None
        written = content.get("version", 1) if isinstance(content, dict) else 1
        if isinstance(written, int) and written > cls.VERSION:
            raise PipelineError(
                f"{path}: a {cls.__name__} of version {written} was found; this code knows versions up to {cls.VERSION}. "
                "It was written by newer code: `git pull`, or check that code out."
            )
        if isinstance(content, dict):
            content = {**cls.migrated(content, written), "version": cls.VERSION}
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            problem = error.errors()[0]
            key = ".".join(map(str, problem["loc"])) or "its content"
            shown = "missing" if problem["type"] == "missing" else repr(problem["input"])[:100]
            raise PipelineError(
                f"{path}: {key} is {shown}; {problem['msg'].removeprefix('Value error, ')}. {cls.REMEDY}"
            ) from None

    @classmethod
    def migrated(cls, content: dict[str, object], written: object) -> dict[str, object]:  # noqa: ARG003
        """Return the content of an older version as today's; a class whose VERSION grows says how."""
        return content

    def write(self, path: Path) -> None:
        """Write the file whole or not at all.

        Raises:
            ValueError: if a number is not finite.
        """
        files.write_json(path, self.model_dump(mode="json"))
