"""Let a model predict in a process of its own: in the environment it was made in, or while this process does other things."""

import gc
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from pipelines.errors import PipelineError

HERE = Path(sys.executable).parent


class Predictor:
    """A process that gets its tools ready and then predicts once."""

    def __init__(self, programs: Path = HERE) -> None:
        """Start it with the Python in the folder `programs`."""
        command = [str(programs / "python"), "-m", "pipelines.rebuild.subprocess_predict"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True)

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
    gc.disable()  # it mostly imports, as a stage does: see entry.main
    from pipelines.documents.model import ModelCard  # noqa: PLC0415  # seconds, only paid here
    from pipelines.record import models, tables  # noqa: PLC0415

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
