"""Play a page: type its console blocks in a fresh copy of this project, and hold what comes against the page.

python docs/play.py PAGE            tell it; stop where something else comes than the page says
python docs/play.py PAGE --update   write what comes into the page

In a block, `$ ` is typed, `> ` carries on, the rest is the answer. Every command has to succeed. A line `...` stands
for any lines. Figures, digests, addresses and machines may differ, words may not.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLE = PROJECT / "engine/tests/problems/traffic"  # flow, problem and data that the pages tell of
THEIRS = ("pipelines/", "tests/", "data/0-source/", "params.yaml", "dvc.yaml", "dvc.lock")
BLOCK = re.compile(r"(^```console\n.*?^```\n)", re.MULTILINE | re.DOTALL)
FIGURES = re.compile(r"\b[0-9a-f]{7,}\b|(?<!\w)\d[\d,.:]*(?:e[-+]\d+)?")
MACHINE = re.compile(r"(?<= on )(?:Linux|Darwin) [\w ]+(?=,)")
FOREIGN = ("CI", "DVC_", "GITHUB_", "GIT_", "KEEP_DELIVERY", "MLFLOW_")  # settings of whoever plays


def steps(block: str) -> list[tuple[str, list[str]]]:
    """Return each command of a block with the lines that answer it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines()[1:-1]:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith("> ") and not found[-1][1]:
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", [])
        else:
            found[-1][1].append(line)
    return found


def shortened(came: list[str], said: list[str]) -> list[str]:
    """Leave out what the page leaves out: its `...` has as many lines before and after it as ever."""
    if "..." not in said:
        return came
    before, after = said.index("..."), len(said) - said.index("...") - 1
    return came if len(came) < before + after else [*came[:before], "...", *came[len(came) - after :]]


def masked(lines: list[str]) -> list[str]:
    """Return the words: figures, digests, the widths they take, and the kind of machine differ from one to the next."""
    return [" ".join(FIGURES.sub("#", MACHINE.sub("#", line)).split()) for line in lines]


def copy(folder: Path) -> None:
    """Start a project from this one: its files as they are on disk, without its history and its last run.

    It has the example that the pages tell of instead of what you have put in its place by now.
    """
    if not EXAMPLE.exists():
        sys.exit(f"{EXAMPLE} does not exist: pages are played where the engine is a folder of the project.")
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    listed = subprocess.run(listing, cwd=PROJECT, capture_output=True, encoding="utf-8", check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).exists() and not name.startswith(THEIRS):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    start = "git init --quiet --initial-branch main && git add . && git commit --quiet --message 'Start'"
    if run(start, folder)[0]:
        sys.exit(f"git cannot start a project in {folder}")


def run(command: str, folder: Path, *, aloud: bool = False) -> tuple[int, list[str]]:
    """Run a command in the copy, with the copy's code; return its exit code and what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    ours = {
        **{f"GIT_{role}_NAME": "Ada" for role in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{role}_EMAIL": "ada@example.org" for role in ("AUTHOR", "COMMITTER")},
        **dict.fromkeys(("DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY", "DVC_NO_ANALYTICS"), "true"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{folder}{os.pathsep}{folder / 'engine/src'}",  # else what is installed would run
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", command], cwd=folder, env=kept | ours, encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    lines = []
    for line in process.stdout or ():
        lines.append(line.rstrip().replace(str(folder), "~/project"))
        if aloud:
            print(lines[-1], flush=True)
    return process.wait(), lines


def play(page: Path, folder: Path, *, update: bool) -> str:
    """Play a page in a copy and return it with what came; stop where that is not what the page says."""
    parts = BLOCK.split(page.read_text(encoding="utf-8"))
    for place, part in enumerate(parts):
        if not place % 2:
            print(part, end="")
            continue
        played = "```console\n"
        for command, said in steps(part):
            typed = "$ " + command.replace("\n", "\n> ")
            print(typed, flush=True)
            code, came = run(command, folder, aloud=True)
            found = shortened(came, said)
            if code or not (update or masked(found) == masked(said)):
                sys.exit("\n  ".join([f"{page}: this ended with {code}, and should have printed", *said]))
            played += "\n".join([typed, *found]) + "\n"
        parts[place] = f"{played}```\n"
    return "".join(parts)


def main(page: Path, *, update: bool) -> None:
    """Play a page in a copy that is gone afterwards."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="play-") as name:
        folder = Path(name).resolve()
        copy(folder)
        text = play(page, folder, update=update)
    if update:
        page.write_text(text, encoding="utf-8")
    came = "is up to date now" if update else "came true"
    print(f"\nEvery line of {page} {came}, in {time.monotonic() - start:.0f} seconds.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), update="--update" in sys.argv[2:])
