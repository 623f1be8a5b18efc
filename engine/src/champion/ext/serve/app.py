"""The addresses of the server: MLflow's own, and which version answers, whether all is well, and what it costs."""

import time

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from champion.ext.serve import rows
from champion.ext.serve.following import Following

ANSWERS = ("/invocations", "/rows")


def build(following: Following) -> FastAPI:
    """Return the application; `/invocations` and `/ping` are those of MLflow's scoring server."""
    app = FastAPI(title=following.problem.name)
    metrics = CollectorRegistry()
    answering = Gauge("champion_info", "The version that answers.", ["version", "model_sha256"], registry=metrics)
    fine = Gauge("champion_followed", "1 while the registry answers and its champion can be used.", registry=metrics)

    @app.get("/version")
    def version() -> dict[str, object]:
        """Say who answers."""
        champion = following.champion
        assert champion is not None  # noqa: S101  # the server starts with one
        return {
            "model": following.problem.name,
            "version": champion.number,
            "made_from": champion.made_from,
            "model_sha256": champion.model_sha256,
            "since": champion.since,
        }

    @app.get("/health")
    def health() -> JSONResponse:
        """Say whether it answers, and whether it still follows the registry."""
        trouble = following.trouble or (following.champion.other_features if following.champion else "")
        return JSONResponse({"status": "stale" if trouble else "ok", "trouble": trouble})

    @app.get("/metrics")
    def measured() -> PlainTextResponse:
        """Say what Prometheus reads."""
        told = version()
        answering.clear()
        answering.labels(told["version"], told["model_sha256"]).set(1)
        fine.set(not following.trouble)
        return PlainTextResponse(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)

    app.include_router(rows.router(following))
    app.mount("/", _champion_of(following))
    app.add_middleware(_Timed, metrics=metrics)
    return app


def _champion_of(following: Following) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert following.champion is not None  # noqa: S101  # as above
        await following.champion.app(scope, receive, send)  # who begins to answer a request ends it

    return app


class _Timed:
    """Counts answers to rows and measures how long they take."""

    def __init__(self, app: ASGIApp, metrics: CollectorRegistry) -> None:
        self.app = app
        self.answers = Counter("answers", "Answers by status.", ["status"], registry=metrics)
        self.seconds = Histogram("answer_seconds", "Seconds until an answer.", registry=metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in ANSWERS:
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answers.labels(message["status"]).inc()
                self.seconds.observe(time.perf_counter() - start)
            await send(message)

        await self.app(scope, receive, counted)
