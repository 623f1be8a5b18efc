"""Make a clone of the template somebody's own: names, README, problem, and where its versions begin to count."""

import shutil
from io import TextIOWrapper
from pathlib import Path
from string import Template

import pandas as pd

from champion.cli.adopt import names, problem
from champion.cli.adopt.delivery import Delivery, look
from champion.core import files
from champion.core.errors import PipelineError

PROBLEM, SOURCE = Path("pipelines/problem"), Path("data/0-source")
SHIPPED = Path("engine/tests/problems")
DELIMITERS = (",", ";", "\t", "|")


def kinds() -> list[str]:
    """Return the problems that the template has ready; none where the engine is an installed package."""
    return sorted(params.parent.name for params in SHIPPED.glob("*/params.yaml"))


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
        raise PipelineError(f"{csv} cannot be read as CSV: {str(error).strip().rstrip('.')}.") from None
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
    for folder in (PROBLEM, SOURCE):
        shutil.copytree(
            SHIPPED / kind / folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy2(SHIPPED / kind / "params.yaml", "params.yaml")
    file = PROBLEM / "names.py"
    _write(file, names.replaced(str(file), file.read_text(encoding="utf-8"), r'^NAME = ".*"', f'NAME = "{name}"'))


def take_delivery(csv: Path, name: str, target: str | None) -> Delivery:
    """Begin with a CSV file: copy it, and write down what it seems to hold.

    Raises:
        PipelineError: if it cannot be read as one.
    """
    delivery, delimiter, encoding = read(csv, target)
    content = csv.read_bytes()
    _cleared()
    files.write_bytes(SOURCE / csv.name, content)
    for file, text in problem.files(delivery, name, csv.name, delimiter, encoding).items():
        _write(Path(file) if file == "params.yaml" else PROBLEM / file, text)
    return delivery


def _cleared() -> None:
    """Take the problem of before away."""
    for folder in (PROBLEM, SOURCE):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    (PROBLEM / "__init__.py").touch()


def rename(name: str, commit: str, engine: str) -> None:
    """Give the project its name and README, and let its versions count from the commit on; `engine` is the tree of its code.

    Raises:
        PipelineError: if a file is not the template's any more.
    """
    for named in filter(Path.exists, map(Path, names.LINES)):
        _write(named, names.named(str(named), named.read_text(encoding="utf-8"), name))
    pyproject = Path("pyproject.toml")
    _write(pyproject, names.marked(pyproject.read_text(encoding="utf-8"), commit, engine))
    for moved, page in names.PAGES.items():
        if (before := Path(moved)).exists():
            _write(Path(page), names.as_page(before.read_text(encoding="utf-8")))
            before.unlink()
    names.relink(str(page) for page in Path("docs").glob("*.md"))
    text = (problem.TEMPLATES / "readme.txt").read_text(encoding="utf-8")
    _write(Path("README.md"), Template(text).substitute(name=name))


def _write(path: Path, text: str) -> None:
    files.write_bytes(path, text.encode())
