"""A server that answers lakeFS's client: it keeps commits of a branch in memory, and objects on an S3 server.

The real server is no package that a test could install: its wheel fetches it at first use. What this one answers is made
of the SDK's own models, which are generated from lakeFS's OpenAPI specification, so a field that the specification does not
have cannot be answered. The job lakeFS of `.github/workflows/canary.yml` runs the same tests against the real one, whose
address is in LAKEFS.
"""

import base64
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import lakefs
from conftest import World
from flask import Flask, Response, redirect, request
from lakefs.client import Client
from lakefs_sdk.models import (
    Commit,
    CommitList,
    Config,
    Error,
    MergeResult,
    ObjectStats,
    ObjectStatsList,
    Pagination,
    Repository,
    StorageConfig,
)  # fmt: skip
from lakefs_sdk.models import VersionConfig as Version
from servers import S3, serving

KEY, SECRET = "lake", "secret of lake"
QUICKSTART = ("AKIAIOSFOLQUICKSTART", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")  # public: lakeFS Docs, "Quickstart"


@dataclass
class Lake:
    """A repository `repo`: the commits of each branch, oldest first, each with all of its objects."""

    uri: str
    s3: S3
    branches: dict[str, list[tuple[Commit, dict[str, str]]]] = field(default_factory=lambda: {"main": []})

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LAKECTL_SERVER_ENDPOINT_URL": self.uri,
            "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": KEY,
            "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": SECRET,
        }

    def commit(self, message: str, branch: str = "main", **content: bytes) -> str:
        """Commit objects, named by their path with __ for / and ending with _csv or _parquet; return the commit's id."""
        changed = {name.replace("__", "/").replace("_", "."): data for name, data in content.items()}
        for data in changed.values():
            self.s3.client().put_object(Bucket="store", Key=_key(data), Body=data)
        return self._append(branch, message, {path: _key(data) for path, data in changed.items()})

    def merge(self, ref: str, branch: str) -> str:
        self.commits(branch)  # it has to be there
        return self._append(branch, f"Merge {ref}", self.at(ref))

    def _append(self, branch: str, message: str, changed: dict[str, str]) -> str:
        commits = self.branches.setdefault(branch, list(self.branches["main"]))  # a new branch begins at main
        parents, before = ([commits[-1][0].id], commits[-1][1]) if commits else ([], {})
        made = hashlib.sha256(f"{branch}{message}{parents}".encode()).hexdigest()
        commit = Commit(id=made, parents=parents, committer="ada", message=message, meta_range_id="",
                        creation_date=int(time.time()), metadata={}, generation=len(commits), version=1)  # fmt: skip
        commits.append((commit, before | changed))
        return made

    def commits(self, ref: str) -> list[tuple[Commit, dict[str, str]]]:
        """Return the commits of a branch, or up to a commit."""
        if ref in self.branches:
            return self.branches[ref]
        for commits in self.branches.values():
            for number, (commit, _) in enumerate(commits, start=1):
                if commit.id == ref:
                    return commits[:number]
        raise LookupError(ref)

    def at(self, ref: str) -> dict[str, str]:
        """Return the objects of a branch or commit, each with its key on the S3 server."""
        return self.commits(ref)[-1][1]

    def log(self, ref: str, objects: list[str], prefixes: list[str]) -> list[Commit]:
        """Return the commits that changed one of the objects, newest first."""
        changed, before = [], {}
        for commit, now in self.commits(ref):
            paths = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
            if any(path in objects or path.startswith(tuple(prefixes)) for path in paths) or not objects + prefixes:
                changed.insert(0, commit)
            before = now
        return changed


@dataclass
class RealLake:
    """The same repository on a real server that was started for its quickstart."""

    uri: str
    environment: dict[str, str]

    def commit(self, message: str, branch: str = "main", **content: bytes) -> str:
        there = lakefs.repository("repo", client=Client()).branch(branch)
        if branch != "main":
            there.create(source_reference="main", exist_ok=True)
        for name, data in content.items():
            there.object(name.replace("__", "/").replace("_", ".")).upload(data=data, mode="wb")
        return str(there.commit(message).id)


@contextmanager
def _real(uri: str) -> Iterator[RealLake]:
    environment = {
        "LAKECTL_SERVER_ENDPOINT_URL": uri,
        "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": QUICKSTART[0],
        "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": QUICKSTART[1],
    }
    os.environ.update(environment)
    repository = lakefs.repository("repo", client=Client())
    repository.create(storage_namespace=f"local://repo-{time.time_ns()}", exist_ok=True)
    try:
        yield RealLake(uri, environment)
    finally:
        repository.delete()


@contextmanager
def lakefs_server(s3: S3) -> Iterator[Lake | RealLake]:
    if address := os.environ.get("LAKEFS"):
        with _real(address) as real:
            yield real
        return
    app = Flask("lake")
    with serving(app) as uri:
        lake = Lake(uri, s3)
        _answers(app, lake)
        yield lake


def _answers(app: Flask, lake: Lake) -> None:
    here = "/api/v1/repositories/repo/refs/<ref>"

    @app.before_request
    def authorized() -> Response | None:
        expected = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        return (
            None
            if request.headers.get("Authorization") == expected
            else _json(Error(message="error authenticating"), 401)
        )

    @app.errorhandler(404)
    @app.errorhandler(LookupError)
    def missing(_error: Exception) -> Response:
        return _json(Error(message="not found"), 404)

    @app.get("/api/v1/config")
    def config() -> Response:
        storage = StorageConfig(blockstore_type="s3", blockstore_namespace_example="s3://store", pre_sign_support_ui=False,
                                blockstore_namespace_ValidityRegex="^s3://", pre_sign_support=True, import_support=False,
                                import_validity_regex="^s3://")  # fmt: skip
        return _json(Config(version_config=Version(version="1.0.0"), storage_config=storage))

    @app.get("/api/v1/repositories/repo")
    def repository() -> Response:
        return _json(Repository(id="repo", creation_date=0, default_branch="main", storage_namespace="s3://store/lake"))

    @app.get(f"{here}/commits")
    def commits(ref: str) -> Response:
        listed = lake.log(ref, request.args.getlist("objects"), request.args.getlist("prefixes"))
        shown = listed[: int(request.args.get("amount", 100))]
        return _json(CommitList(pagination=_page(len(shown)), results=shown))

    @app.post(f"{here}/merge/<branch>")
    def merge(ref: str, branch: str) -> Response:
        return _json(MergeResult(reference=lake.merge(ref, branch)))

    @app.get(f"{here}/objects/ls")
    def listed(ref: str) -> Response:
        there = [path for path in sorted(lake.at(ref)) if path.startswith(request.args.get("prefix", ""))]
        return _json(ObjectStatsList(pagination=_page(len(there)), results=[_stats(lake, ref, path) for path in there]))

    @app.get(f"{here}/objects/stat")
    def stat(ref: str) -> Response:
        return _json(_stats(lake, ref, request.args["path"]))

    @app.get(f"{here}/objects")
    def content(ref: str) -> Response:
        key = lake.at(ref)[request.args["path"]]
        signed = lake.s3.client().generate_presigned_url("get_object", Params={"Bucket": "store", "Key": key})
        return redirect(signed)


def _stats(lake: Lake, ref: str, path: str) -> ObjectStats:
    key = lake.at(ref)[path]
    there = lake.s3.client().head_object(Bucket="store", Key=key)
    signed = lake.s3.client().generate_presigned_url("get_object", Params={"Bucket": "store", "Key": key})
    return ObjectStats(path=path, path_type="object", physical_address=signed, checksum=there["ETag"],
                       mtime=int(there["LastModified"].timestamp()), size_bytes=there["ContentLength"])  # fmt: skip


def _page(results: int) -> Pagination:
    return Pagination(has_more=False, next_offset="", results=results, max_per_page=1000)


def _key(data: bytes) -> str:
    return f"lake/{hashlib.sha256(data).hexdigest()}"


def _json(model: object, status: int = 200) -> Response:
    return Response(model.to_json(), status, mimetype="application/json")


def read_from(world: World, imported: str, source: str) -> None:
    """Let two lines take the place of FILE and `read` in a problem's `source.py`."""
    path = world.path / "pipelines/problem/source.py"
    code = re.sub(r"\n\ndef read\(.*?\n\n(?=\ndef)", "\n", path.read_text(), flags=re.DOTALL)
    code = re.sub(r"^FILE = .*$", lambda _: source, code, flags=re.MULTILINE)
    path.write_text(code.replace("from champion.core.interface", f"{imported}\nfrom champion.core.interface"))
