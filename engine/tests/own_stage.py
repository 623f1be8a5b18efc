"""A stage of one's own between features and train, put in as docs/adapt.md says."""

from pathlib import Path

import yaml

SAMPLE = '''"""Sample: every second training row."""

from champion.core.params import Section
from champion.core.records import Divided
from champion.core.stage import run
from champion.core.table import Table


class Sample(Section):
    every: int


def sample(divided: Divided, params: Sample) -> Divided:
    return Divided(Table.of(divided.training.rows.iloc[:: params.every]), divided.holdout, divided.split)


if __name__ == "__main__":
    run(sample)
'''


def insert_sample(project: Path) -> None:
    """Do what docs/adapt.md says: a file, a block of dvc.yaml, a section of params.yaml."""
    (project / "pipelines/sample.py").write_text(SAMPLE)
    content = yaml.safe_load((project / "dvc.yaml").read_text())
    stages = {}
    for name, stage in content["stages"].items():
        if name == "train":
            stages["sample"] = {
                "cmd": "python -m pipelines.sample",
                "deps": ["data/3-features", "pipelines/sample.py", "engine/src/champion/core", "requirements.lock"],
                "params": ["sample"], "outs": ["data/3-sample"],
            }  # fmt: skip
            stage["deps"][0] = "data/3-sample"
        stages[name] = stage
    (project / "dvc.yaml").write_text(yaml.safe_dump({**content, "stages": stages}, sort_keys=False))
    with (project / "params.yaml").open("a") as params:
        params.write("\nsample:\n  every: 2\n")
