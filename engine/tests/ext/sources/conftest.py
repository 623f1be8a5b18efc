"""A real S3 server, and the shared params."""

from collections.abc import Iterator

import pytest
from servers import S3, seaweedfs

from champion.core.params import Ingest


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """A real S3 server with the bucket `store`."""
    with seaweedfs(tmp_path_factory.mktemp("s3") / "server") as server:
        yield server


@pytest.fixture
def params() -> Ingest:
    """The delivery of the end of 2026."""
    return Ingest(as_of="2026-12-31")
