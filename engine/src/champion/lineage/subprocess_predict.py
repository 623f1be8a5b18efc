"""Let a model predict in a process of its own: in the environment it was made in, or while this process does other things."""

import gc
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import champion
from champion.core.errors import PipelineError

HERE = Path(sys.executable).parent


class Predictor:
    """A process that gets its tools ready and then predicts once."""

    def __init__(self, programs: Path = HERE) -> None:
        """Start it with the Python in the folder `programs`."""
        command, pipe = [str(programs / "python"), "-m", "champion.lineage.subprocess_predict"], subprocess.PIPE
        environment = os.environ | {"PYTHONPATH": str(Path(champion.__path__[0]).parent)}  # whatever is installed there
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True, env=environment
        )

    def predict(self, model: Path, card: Path, rows: Path) -> np.ndarray:
        """Return the model's predictions for rows, shape (rows,), or (rows, classes) for a classifier, as models.predict does.

        Raises:
            PipelineError: if the model does not load or predict there.
        """
        with tempfile.TemporaryDirectory() as folder:
            predictions = Path(folder) / "predictions.npy"
            paths = [str(path) for path in (model, card, rows, predictions)]
            _, message = self.process.communicate(json.dumps(paths))
            if self.process.returncode:
                killed = f"{model.name} gave no answer: its process ended with {self.process.returncode}"
                raise PipelineError(message.strip().rpartition("\n")[2] or killed)
            predicted: np.ndarray = np.load(predictions)
            return predicted

    def close(self) -> None:
        """End the process, used or not."""
        self.process.kill()
        self.process.communicate()


def main() -> None:
    """Read the paths of model, card, rows and predictions as JSON from stdin; predict."""
    gc.disable()  # it mostly imports, as a stage does: see champion.core.stage.guarded
    from champion.core import models, tables  # noqa: PLC0415
    from champion.core.documents.model import ModelCard  # noqa: PLC0415  # seconds, only paid here

    model, card, rows, predictions = map(Path, json.load(sys.stdin))
    try:
        made = ModelCard.read(card)
        predicted = models.predict(models.load(model, made.trusted_types), tables.read(rows)[made.columns])
    except (PipelineError, *models.UNREADABLE) as error:
        sys.exit(f"{model.name} does not work: {str(error).splitlines()[0]}")
    np.save(predictions, predicted)
    gc.freeze()


if __name__ == "__main__":
    main()
