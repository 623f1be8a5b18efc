"""Rows as upstream delivers them, asked over HTTP: made into features with the canonical table of this project."""

import json
import tempfile
from collections.abc import Hashable
from pathlib import Path

import pandas as pd
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from pipelines.batch.answers import Answering
from pipelines.batch.rows import Delivered
from pipelines.engines.task import Task
from pipelines.errors import PipelineError
from pipelines.serving.following import Following

MAGIC = {b"\x1f\x8b": ".csv.gz", b"PA": ".parquet"}  # how a file begins; else it is text


def router(following: Following, table: Path) -> APIRouter:
    """Return the address that takes a file like the delivery, packed or not; `table` is the canonical one."""
    routes = APIRouter()

    @routes.post("/rows")
    async def rows(request: Request) -> Response:
        """Answer rows as upstream delivers them."""
        champion, body = following.champion, await request.body()
        assert champion is not None  # noqa: S101  # the server starts with one
        if not await run_in_threadpool(table.exists):
            return JSONResponse({"error": f"{table} is not here: `dvc pull ingest`, or `dvc repro`"}, 503)
        try:
            return Response(
                await run_in_threadpool(_answered, champion.answering, body, table), media_type="application/json"
            )
        except PipelineError as error:
            return JSONResponse({"error": str(error)}, 400)

    return routes


def _answered(answering: Answering, body: bytes, table: Path) -> bytes:
    """Return as JSON the answers to the rows of a file, and the rows that cannot be true with their reasons."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = folder / f"rows{MAGIC.get(body[:2], '.csv')}"
        asked.write_bytes(body)
        question = Delivered(asked, table)
        try:
            question.spool(folder / "parts")
            pieces = [
                question.asked(Task(question.reads(part), (part / "table",))) for part in (folder / "parts").iterdir()
            ]
            told = [answering.answers(piece.rows) for piece in pieces if len(piece.rows)]
        except PipelineError as error:
            raise PipelineError(str(error).replace(f"{folder}/", "")) from None
    answer = {"predictions": _records(told), "set_aside": _records([piece.set_aside for piece in pieces])}
    return json.dumps(answer, default=str).encode()  # of times the text that CSV has


def _records(tables: list[pd.DataFrame]) -> list[dict[Hashable, object]]:
    whole = [table.astype(object).where(table.notna(), None) for table in tables]  # JSON has no NaN
    return [record for table in whole for record in table.to_dict("records")]
