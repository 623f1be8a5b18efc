"""JSON as it lies on disk, for tests of what is written."""

import json
from pathlib import Path


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
