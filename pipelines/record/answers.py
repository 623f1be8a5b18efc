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


class Oracle:
    """A process that gets its tools ready and then answers one question."""

    def __init__(self, programs: Path = HERE) -> None:
        """Start it with the Python in the folder `programs`."""
        command = [str(programs / "python"), "-m", "pipelines.record.answers"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True)

    def ask(self, model: Path, card: Path, rows: Path) -> np.ndarray:
        """Return the model's predictions for rows, shape (rows,), or (rows, classes) for a classifier."""
        with tempfile.TemporaryDirectory() as folder:
            answered = Path(folder) / "answers.npy"
            _, said = self.process.communicate(json.dumps([str(each) for each in (model, card, rows, answered)]))
            if self.process.returncode:
                killed = f"{model.name} gave no answer: its process ended with {self.process.returncode}"
                raise PipelineError(said.strip().rpartition("\n")[2] or killed)
            found: np.ndarray = np.load(answered)
            return found

    def dismiss(self) -> None:
        """End it, asked or not."""
        self.process.kill()
        self.process.communicate()


def main() -> None:
    """Read model, card, rows and the file for the answers as JSON from stdin; predict."""
    gc.disable()  # it mostly imports, as a stage does: see entry.main
    from pipelines.record import files, models, tables  # noqa: PLC0415  # seconds, only paid here

    model, card, rows, answered = map(Path, json.load(sys.stdin))
    made = files.read_json(card)
    try:
        loaded = models.load(model, made["trusted_types"])
        predicted = models.predict(loaded, tables.read(rows)[list(dict(made["features"]))])
    except (PipelineError, *models.UNREADABLE) as error:
        sys.exit(f"{model.name} does not work: {str(error).splitlines()[0]}")
    np.save(answered, predicted)
    gc.freeze()


if __name__ == "__main__":
    main()
