"""Delta Lake: the rows of a version of a table, read without Spark."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from champion.core.errors import PipelineError
from champion.core.params import Ingest
from champion.core.source import HERE, KEPT, as_text, missing, unanswered

# Versions that only move rows between files, or none.
NO_ROW_CHANGES = ("OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES")


@dataclass(frozen=True)
class Delta:
    """A table of Delta Lake.

    Credentials come from the environment, as `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_ENDPOINT_URL` do.
    """

    table: str  # a folder, or an address such as "s3://lake/orders"
    version: int | None = None  # stay at this version; None: the newest
    time: str | None = None  # stay at the version of then, in ISO 8601

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return f"Delta {self.table.rstrip('/').rpartition('/')[2]}"

    def state(self, params: Ingest) -> str:
        """Return the last version in which rows changed, its commit, and which table it is of, since one can be made anew."""
        del params  # a version is one, whatever the day
        opened = self._opened()
        log = _log(opened)
        if not log:
            raise PipelineError(f"{self.name} has no commits in its log ({self.table}). Restore it, or name another.")
        version = self._wanted(log)
        while log[version]["operation"] in NO_ROW_CHANGES and version - 1 in log:
            version -= 1
        return f"{self.name}@{version}\n{_commit(log[version])}\ntable {opened.metadata().id}"

    def read(self, state: str) -> pd.DataFrame:
        """Return the rows of a version. After a compaction they are in other files, which a later version names."""
        version, opened = int(re.findall(r"@(\d+)$", state.splitlines()[0])[0]), self._opened()
        if (table := opened.metadata().id) not in state:
            raise PipelineError(
                f"{self.name} was made anew: it is the table {table} now, and version {version} was of another. {KEPT}"
            )
        log = _log(opened)
        while log.get(version + 1, {}).get("operation") in NO_ROW_CHANGES:
            version += 1
        return self._rows(opened, version)

    def _opened(self) -> Any:
        try:
            from deltalake import DeltaTable
            from deltalake.exceptions import DeltaError, TableNotFoundError
        except ImportError:
            raise missing("deltalake", "delta") from None
        try:
            return DeltaTable(self.table)
        except TableNotFoundError:
            raise PipelineError(
                f"{self.name}: there is no table of Delta Lake at {self.table}. Correct the address of {HERE}."
            ) from None
        except (DeltaError, OSError) as error:
            raise unanswered(f"{self.name} ({self.table})", error, heard=isinstance(error, DeltaError)) from None

    def _wanted(self, log: dict[int, dict[str, Any]]) -> int:
        oldest, newest = min(log), max(log)
        if self.version is not None:
            if self.version not in log:
                raise PipelineError(
                    f"{self.name} has no version {self.version}: its log goes from {oldest} to {newest}. Correct {HERE}."
                )
            return self.version
        if self.time is None:
            return newest
        then = _moment(self.time)
        before = [version for version, commit in log.items() if _time(commit) <= then]
        if not before:
            raise PipelineError(
                f"{self.name} has no version of {self.time}: its oldest, {oldest}, is of {_time(log[oldest]):%Y-%m-%dT%H:%M:%SZ}. "
                f"Correct {HERE}."
            )
        return max(before)

    def _rows(self, opened: Any, version: int) -> pd.DataFrame:
        from deltalake.exceptions import DeltaError

        try:
            opened.load_as_version(version)
            return as_text(opened.to_pyarrow_table(), self.name)
        except FileNotFoundError as error:
            lost = re.findall(r"[^/\s]+\.parquet", str(error))
            raise PipelineError(
                f"{self.name}@{version} is in the log, and its files are gone ({', '.join(lost[:1]) or 'vacuumed'}): vacuum "
                f"deletes what is older than the table's retention. {KEPT}"
            ) from None
        except (DeltaError, OSError) as error:
            raise unanswered(f"{self.name}@{version}", error, heard=isinstance(error, DeltaError)) from None


def _log(opened: Any) -> dict[int, dict[str, Any]]:
    """Return the commits that the log still has, by version."""
    return {int(commit["version"]): commit for commit in opened.history()}


def _commit(commit: dict[str, Any]) -> str:
    who = f" by {commit['userName']}" if commit.get("userName") else ""
    return f"{commit['operation']} at {_time(commit):%Y-%m-%dT%H:%M:%SZ}{who}"


def _time(commit: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(commit["timestamp"] / 1000, UTC)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PipelineError(f'{HERE} has time={text!r}; ISO 8601 is expected, as "2026-01-31T06:00Z".') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
