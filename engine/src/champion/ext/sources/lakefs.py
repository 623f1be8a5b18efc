"""lakeFS: files of a branch, by the commit that changed them last."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from champion.core.errors import PipelineError
from champion.core.params import Ingest
from champion.core.source import HERE, KEPT, as_text, missing, unanswered
from champion.ingest import formats as files

ADDRESS = re.compile(r"lakefs://(?P<repository>[^/]+)/(?P<ref>[^/]+)/(?P<path>.+)")


@dataclass(frozen=True)
class LakeFS:
    """A file of lakeFS, or all files below a path that ends with `/`: CSV or Parquet.

    Server and credentials come from the environment (`LAKECTL_SERVER_ENDPOINT_URL`, `LAKECTL_CREDENTIALS_ACCESS_KEY_ID`,
    `LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY`) or from lakectl's file. What is not committed there is no delivery.
    """

    address: str  # "lakefs://repository/branch/path", or a tag or a commit in place of the branch
    release: str | None = None  # the branch that gets the commit once a model that was trained on it is champion

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return f"lakeFS {self._named['repository']}/{self._named['path']}"

    def state(self, params: Ingest) -> str:
        """Return the last commit of the branch that changed the files: other files may have changed since."""
        del params  # a commit is one, whatever the day
        path = self._named["path"]
        with self._asked() as repository:
            of_it = {"prefixes": [path]} if path.endswith("/") else {"objects": [path]}
            commits = list(repository.ref(self._named["ref"]).log(max_amount=1, limit=True, **of_it))
        if not commits:
            raise PipelineError(
                f"{self.name}: no commit of {self._named['ref']} has {path}. Commit it there, or correct {HERE}."
            )
        commit, why = commits[0].id, commits[0].message.partition("\n")[0]
        return f"{self.name}@{commit[:16]}\n{self._named['ref']}, commit {commit}: {why}"

    def read(self, state: str) -> pd.DataFrame:
        """Return the rows of a commit; of several files one below the other."""
        commit = _commit(state)
        with self._asked(commit) as repository:
            ref, path = repository.ref(commit), self._named["path"]
            listed = [found.path for found in ref.objects(prefix=path)] if path.endswith("/") else [path]
            read = {name: ref.object(name).reader(mode="rb").read() for name in listed if files.readable(name)}
        if not read:
            raise PipelineError(f"{self.name} has no file that is read here; {files.ENDINGS} is expected.")
        tables = [files.arrow(content, name, f"{self.name} ({name})") for name, content in sorted(read.items())]
        try:
            return as_text(pa.concat_tables(tables, promote_options="permissive"), self.name)
        except pa.ArrowTypeError as error:
            raise PipelineError(f"{self.name}: its files do not fit together. {error}") from None

    def released(self, state: str) -> str:
        """Merge the commit of a delivery into the branch `release`; return what was done, or nothing if there is none."""
        if self.release is None:
            return ""
        commit = _commit(state)
        with self._asked(commit) as repository:
            repository.ref(commit).merge_into(self.release)
        return f"{self.name}: commit {commit[:16]} was merged into {self.release}"

    @cached_property
    def _named(self) -> dict[str, str]:
        match = ADDRESS.fullmatch(self.address)
        if match is None:
            raise PipelineError(f"{HERE} has {self.address!r}; lakefs://repository/branch/path is expected.")
        return match.groupdict()

    @contextmanager
    def _asked(self, commit: str = "") -> Iterator[Any]:
        """Yield the repository, and say what became of a question that was not answered."""
        try:
            import lakefs
            from lakefs import exceptions
            from lakefs.client import Client
            from urllib3.exceptions import HTTPError
        except ImportError:
            raise missing("lakefs", "lakefs") from None
        try:
            yield lakefs.repository(self._named["repository"], client=Client())  # of the environment as it is now
        except exceptions.NoAuthenticationFound:
            raise unanswered(self.name, PermissionError("401, no credentials are set")) from None
        except exceptions.NotFoundException:
            there = f"commit {commit[:16]} or its files are gone. {KEPT}" if commit else f"correct {HERE}."
            raise PipelineError(f"{self.name}: the server has no {self.address}; {there}") from None
        except (exceptions.LakeFSException, HTTPError) as error:
            status = getattr(error, "status_code", None) or 500  # none: nobody answered
            raise unanswered(self.name, error, heard=status < 500) from None


def _commit(state: str) -> str:
    return re.findall(r"commit (\w+):", state)[0]
