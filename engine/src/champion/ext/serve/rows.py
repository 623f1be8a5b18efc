"""Rows as upstream delivers them, asked over HTTP: made into features with the canonical table of this project."""

import json
import os
import tempfile
from collections.abc import Hashable
from pathlib import Path

import pandas as pd
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from champion.core import interface
from champion.core.engines.task import Task
from champion.core.errors import PipelineError
from champion.core.problem import Problem
from champion.ext.predict.predictions import LoadedModel
from champion.ext.predict.raw_rows import RawRows
from champion.ext.serve.following import Following

MAGIC = {b"\x1f\x8b": ".csv.gz", b"BZh": ".csv.bz2", b"\xfd7zXZ\0": ".csv.xz", b"PAR1": ".parquet"}  # else it is text


def router(following: Following) -> APIRouter:
    """Return the address that takes a file like the delivery, packed or not."""
    routes, limit = APIRouter(), CapacityLimiter(os.cpu_count() or 1)  # each holds the table

    @routes.post("/rows")
    async def rows(request: Request) -> Response:
        """Predict rows as upstream delivers them."""
        champion, body = following.champion, await request.body()
        assert champion is not None  # noqa: S101  # the server starts with one
        if not await to_thread.run_sync(following.table.exists):
            return JSONResponse({"error": f"{following.table} is not here: `dvc pull ingest`, or `dvc repro`"}, 503)
        if champion.other_features:
            return JSONResponse({"error": champion.other_features}, 503)
        try:
            answer = await to_thread.run_sync(
                _predicted, following.problem, champion.model, body, following.table, limiter=limit
            )
        except PipelineError as error:
            return JSONResponse({"error": str(error)}, 400)
        except Exception as error:  # noqa: BLE001  # of the problem's code, as of any
            return JSONResponse({"error": interface.blamed(error) or f"{type(error).__name__}: {error}"}, 500)
        return Response(answer, media_type="application/json")

    return routes


def _predicted(problem: Problem, model: LoadedModel, body: bytes, table: Path) -> bytes:
    """Return as JSON the predictions for the rows of a file, and the rows that cannot be true with their reasons."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / f"rows{next((kind for magic, kind in MAGIC.items() if body.startswith(magic)), '.csv')}"
        file.write_bytes(body)
        given, spooled = RawRows(problem, file, table), folder / "parts"
        try:
            given.spool(spooled)
            parts = [given.prepared(Task(given.reads(part), (part / "table",))) for part in spooled.iterdir()]
            predicted = [model.predictions(part.rows) for part in parts if len(part.rows)]
        except PipelineError as error:
            raise PipelineError(str(error).replace(f"{folder}/", "")) from None
    answer = {"predictions": _records(predicted), "set_aside": _records([part.set_aside for part in parts])}
    return json.dumps(answer, default=str).encode()  # of times the text that CSV has


def _records(tables: list[pd.DataFrame]) -> list[dict[Hashable, object]]:
    whole = [table.astype(object).where(table.notna(), None) for table in tables]  # JSON has no NaN
    return [record for table in whole for record in table.to_dict("records")]
