"""A server that speaks with wandb as far as its client checks: runs, files, artifacts up to their manifest, one sweep."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from servers import serving


@dataclass
class Seen:
    """What the server was sent."""

    uri: str
    runs: dict[str, str] = field(default_factory=dict)  # id: name
    swept: dict[str, str] = field(default_factory=dict)  # id: sweep
    sweep: str = ""  # its config, YAML
    trials: list[dict[str, Any]] = field(default_factory=list)  # to be given to an agent: params
    files: set[str] = field(default_factory=set)
    aliases: list[set[str]] = field(default_factory=list)  # of each artifact, as they came
    committed: int = 0  # artifacts that were sent whole

    @property
    def environment(self) -> dict[str, str]:
        return {"WANDB_PROJECT": "stores", "WANDB_BASE_URL": self.uri, "WANDB_API_KEY": "a" * 40}


@contextmanager
def wandb_server() -> Iterator[Seen]:
    app = Flask("wandb")
    with serving(app) as uri:
        seen = Seen(uri)

        @app.post("/graphql")
        def graphql() -> dict[str, Any]:
            asked = request.get_json(force=True)
            operation = re.findall(r"(?:query|mutation)\s+(\w+)", asked["query"])[0]  # only some name it beside
            return {"data": _answer(seen, operation, asked.get("variables") or {})}

        @app.post("/files/<path:_place>")
        def stream(_place: str) -> dict[str, Any]:
            return {"exitcode": None, "limits": {}}

        @app.put("/up/<path:name>")
        def up(name: str) -> Response:
            seen.files.add(name)
            return Response(status=200)

        yield seen


def _answer(seen: Seen, operation: str, told: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911  # one for each
    """Answer an operation of wandb's GraphQL; an empty answer says that there is nothing."""
    place = {"id": "f", "uploadUrl": f"{seen.uri}/up/manifest", "uploadHeaders": []}
    match operation:
        case "UpsertBucket":
            seen.runs.setdefault(told["name"], told.get("displayName") or "")
            if told.get("sweep"):
                seen.swept[told["name"]] = told["sweep"]
            project = {"id": "p", "name": "stores", "entity": {"id": "e", "name": "ada"}}
            bucket = {"id": "r", "name": told["name"], "displayName": told.get("displayName"), "project": project,
                      "config": "{}", "summaryMetrics": "{}", "historyLineCount": 0, "eventsLineCount": 0,
                      "logLineCount": 0}  # fmt: skip
            return {"upsertBucket": {"bucket": bucket, "inserted": True}}
        case "CreateRunFiles":
            places = [{"name": name, "uploadUrl": f"{seen.uri}/up/{name}"} for name in told["files"]]
            return {"createRunFiles": {"runID": "r", "uploadHeaders": [], "files": places}}
        case "CreateArtifact":
            seen.aliases.append({alias["alias"] for alias in told["input"]["aliases"] or []})
            sequence = {"id": "s", "latestArtifact": None}
            return {"createArtifact": {"artifact": {"id": "a", "state": "PENDING", "artifactSequence": sequence}}}
        case "CreateArtifactManifest" | "UpdateArtifactManifest":
            return {f"{operation[0].lower()}{operation[1:]}": {"artifactManifest": {"id": "m", "file": place}}}
        case "CreateArtifactFiles":
            nodes = [{"node": {"storagePath": file["name"], "uploadUrl": f"{seen.uri}/up/{file['name']}", "uploadHeaders": [],
                               "uploadMultipartUrls": None, "artifact": {"id": "a"}}}
                     for file in told["input"]["artifactFiles"]]  # fmt: skip
            return {"createArtifactFiles": {"files": {"edges": nodes}}}
        case "CommitArtifact":
            seen.committed += 1
            return {"commitArtifact": {"artifact": {"id": "a", "digest": ""}}}
    return _of_agent(seen, operation, told)


def _of_agent(seen: Seen, operation: str, told: dict[str, Any]) -> dict[str, Any]:
    match operation:
        case "Viewer":
            return {"viewer": {"id": "u", "username": "ada", "entity": "ada", "flags": "{}", "teams": {"edges": []}}}
        case "SweepWithRuns":
            return {"project": {"sweep": {"id": "w", "name": "search", "config": seen.sweep, "runs": {"edges": []}}}}
        case "CreateAgent":
            return {"createAgent": {"agent": {"id": "g"}}}
        case "Heartbeat":
            commands = [_trial(seen)] if told["runState"] == "{}" else []  # while one runs, it says so
            return {"agentHeartbeat": {"agent": {"id": "g"}, "commands": json.dumps(commands)}}
    return {}


def _trial(seen: Seen) -> dict[str, Any]:
    if not seen.trials:
        return {"type": "exit"}
    number, params = len(seen.trials), seen.trials.pop(0)
    args = {name: {"value": value} for name, value in params.items()}
    return {"type": "run", "run_id": f"trial{number}", "program": None, "args": args}
