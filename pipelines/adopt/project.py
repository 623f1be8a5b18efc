"""Make a clone of the template somebody's own: names, README, problem, and where its versions begin to count."""

import re
import shutil
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from string import Template

import pandas as pd

from pipelines import files
from pipelines.adopt import problem
from pipelines.adopt.delivery import Delivery, look
from pipelines.errors import PipelineError
from pipelines.interface import NEEDED

PROBLEM, SOURCE = Path("pipelines/problem"), Path("data/0-source")
SHIPPED = Path("tests/problems")
DELIMITERS = (",", ";", "\t", "|")
README, TEMPLATE_README = Path("README.md"), Path("docs/template.md")


def kinds() -> list[str]:
    """Return the problems that the template has ready."""
    return sorted(folder.name for folder in SHIPPED.iterdir() if (folder / "params.yaml").exists())


def read(csv: Path, target: str | None) -> tuple[Delivery, str, str]:
    """Look into a CSV file; return what it seems to be, its delimiter and its encoding.

    Raises:
        PipelineError: if it cannot be read as one.
    """
    try:
        encoding = _encoding(csv)
        with _opened(csv, encoding) as file:
            header = file.readline()
        delimiter = max(DELIMITERS, key=header.count)
        raw = pd.read_csv(csv, sep=delimiter, encoding=encoding, dtype=str, keep_default_na=False)
        return look(raw, target), delimiter, encoding
    except (OSError, ValueError) as error:  # pandas' own errors are values', too
        raise PipelineError(f"{csv} cannot be read as CSV: {str(error).strip()}.") from None
    except PipelineError as error:
        raise PipelineError(f"{csv}: {error}") from None


def _opened(csv: Path, encoding: str) -> TextIOWrapper:
    return TextIOWrapper(files.opened(csv), encoding=encoding)


def _encoding(csv: Path) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            with _opened(csv, encoding) as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return "utf-8" if encoding == "utf-8-sig" and not _marked(csv) else encoding
    return "latin-1"


def _marked(csv: Path) -> bool:
    """Tell whether it begins with a byte order mark, as Excel writes it."""
    with files.opened(csv) as file:
        return file.read(3) == b"\xef\xbb\xbf"


def take_shipped(kind: str, name: str) -> None:
    """Begin with one of the template's problems and its sample."""
    _cleared()
    for module in NEEDED:
        shutil.copy2(SHIPPED / kind / f"{module}.py", PROBLEM)
    shutil.copy2(SHIPPED / kind / "params.yaml", "params.yaml")
    shutil.copytree(SHIPPED / kind / "data", SOURCE, dirs_exist_ok=True)
    names = PROBLEM / "names.py"
    _write(names, _replaced(names, {r'^NAME = ".*"': f'NAME = "{name}"'}))


def take_delivery(csv: Path, name: str, target: str | None) -> Delivery:
    """Begin with a CSV file: copy it, and write down what it seems to hold."""
    delivery, delimiter, encoding = read(csv, target)
    content = csv.read_bytes()
    _cleared()
    files.write_bytes(SOURCE / csv.name, content)
    for file, text in problem.files(delivery, name, csv.name, delimiter, encoding).items():
        _write(Path(file) if file == "params.yaml" else PROBLEM / file, text)
    for module in ("loss.py", "rules.py"):
        shutil.copy2(SHIPPED / "traffic" / module, PROBLEM)
    return delivery


def _cleared() -> None:
    """Take the problem of before away."""
    for folder in (PROBLEM, SOURCE):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    (PROBLEM / "__init__.py").touch()


def rename(name: str, commit: str) -> None:
    """Give the project its name and README, and let its versions count from the commit on."""
    pyproject = Path("pyproject.toml")
    before = re.findall(r'^name = "(.*)"', pyproject.read_text(encoding="utf-8"), re.MULTILINE)[:1]
    begun = (
        f'[tool.champion-pipeline]\ntemplate = "{commit}"  # the commit this began at: versions count from there\n\n'
    )
    _write(
        pyproject,
        _replaced(
            pyproject,
            {
                r'^name = ".*"': f'name = "{name}"',
                r'^description = ".*"': f'description = "{name}, made from the champion pipeline."',
                r"^\[tool\.setuptools\.packages": f"{begun}[tool.setuptools.packages",
            },
        ),
    )
    for old in before:  # `dev` has extras of the project itself, by its name
        _write(pyproject, pyproject.read_text(encoding="utf-8").replace(f'"{old}[', f'"{name}['))
    _write(Path("MLproject"), _replaced(Path("MLproject"), {r"^name: .*": f"name: {name}"}))
    _write(TEMPLATE_README, as_page(README.read_text(encoding="utf-8")))
    text = (problem.TEMPLATES / "readme.txt").read_text(encoding="utf-8")
    _write(README, Template(text).substitute(name=name))


def as_page(readme: str) -> str:
    """Return the template's README as a page in docs/, its links with it.

    >>> as_page("[a](docs/gate.md), [b](LICENSE)")
    '[a](gate.md), [b](../LICENSE)'
    """

    def moved(link: re.Match[str]) -> str:
        return f"]({link[1]})" if link[0].startswith("](docs/") else f"](../{link[1]})"

    return re.sub(r"\]\((?!https?:|#)(?:docs/)?([^)]*)\)", moved, readme)


def _replaced(path: Path, changes: Mapping[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for pattern, new in changes.items():
        text, count = re.subn(pattern, new.replace("\\", r"\\"), text, count=1, flags=re.MULTILINE)
        if not count:
            raise PipelineError(f"{path} has no line like {pattern}: it is not the template's any more.")
    return text


def _write(path: Path, text: str) -> None:
    files.write_bytes(path, text.encode())
