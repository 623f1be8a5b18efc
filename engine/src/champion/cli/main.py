"""The command line. Each command is a module that imports what it needs when it is called."""

import ast
import gc
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from champion.core import files, interface
from champion.core.errors import ENVIRONMENT, FINE, NO, USAGE, PipelineError, Refusal

ENGINE = Path(__file__).parents[1]
# A command is a module of cli/commands, or the module `command` of an extension, which is called like its folder.
_FILES = [
    *(
        (path.stem.replace("_", "-"), path)
        for path in (ENGINE / "cli/commands").glob("*.py")
        if path.stem != "__init__"
    ),
    *((path.parent.name, path) for path in (ENGINE / "ext").glob("*/command.py")),
]
COMMANDS = dict(sorted(_FILES))


class Commands(click.Group):
    """The modules of the commands: none is imported before it is called, so that help is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one."""
        if cmd_name not in COMMANDS:
            return None
        place = COMMANDS[cmd_name].relative_to(ENGINE.parent).with_suffix("")
        module = import_module(".".join(place.parts))
        command: click.Command = module.command
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them with the first sentence of what each says of itself."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(path)) for name, path in COMMANDS.items()])


def _summary(path: Path) -> str:
    """Read what a command says of itself, without importing it."""
    functions = (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))
    described = next((ast.get_docstring(node) for node in functions if node.name == "command"), None)
    return (described or "").partition("\n\n")[0].replace("\n", " ")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Ask about, and steer, the champion of this project. `dvc repro` runs the pipeline.

    Exit codes: 0 fine, 1 the answer is no, 2 needs attention, 64 or more a mistake in the call or the environment.
    """


def main() -> None:
    """Run a command in the project's folder and turn mistakes into one message and an exit code."""
    gc.disable()  # a command mostly imports, as a stage does: see champion.core.stage.guarded
    try:
        os.chdir(files.project())
        sys.path.insert(0, str(Path.cwd()))  # the project's own pipelines/, from whichever of its folders it is called
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # dvc, mlflow, python
        if sys.argv[1:2] != ["upgrade"]:  # which settles them
            files.check_merged()
        sys.exit(cli.main(standalone_mode=False) or FINE)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(NO)
    except PipelineError as error:
        click.echo(f"pipeline: {error}", err=True)
        sys.exit(NO if isinstance(error, Refusal) else ENVIRONMENT)
    except Exception as error:
        message = interface.blamed(error) or (f"{files.refused(error)}." if isinstance(error, OSError) else "")
        if not message or os.environ.get("PIPELINE_TRACEBACK"):
            raise
        click.echo(f"pipeline: {message}", err=True)
        sys.exit(ENVIRONMENT)
    finally:
        gc.freeze()
