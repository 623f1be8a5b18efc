"""Run Great Expectations, and keep of it what is the same on every run."""

import os
import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.errors import PipelineError

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx  # it reads its telemetry setting when imported
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

EXAMPLES = 5


@dataclass(frozen=True)
class Check:
    """One expectation and what was found."""

    view: str
    column: str
    expectation: str
    severity: str
    success: bool
    observed: str
    expected: str
    examples: list[dict[str, Any]]

    def sentence(self) -> str:
        """Say what is wrong so that a data engineer can act on it."""
        where = f"{self.view}.{self.column}" if self.column else self.view
        shown = "".join(
            "\n      " + ", ".join(f"{name} {value}" for name, value in example.items()) for example in self.examples
        )
        return f"[{self.severity}] {where}: {self.expectation}\n      expected {self.expected}; observed {self.observed}{shown}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)


def run(views: dict[str, pd.DataFrame], suites: dict[str, list[Expectation]]) -> tuple[list[Check], dict[str, str]]:
    """Check each view against its expectations; return the checks and one Data Docs page per view."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    frames = context.data_sources.add_pandas("views")
    checks, pages, view = [], {}, DefaultJinjaPageView()  # one view: each compiles its templates anew
    for name, expectations in suites.items():
        if name not in views:
            raise PipelineError(
                f"the contract expects something of a view {name!r}; there are {', '.join(views)}. "
                "Mend `expectations` or `views` in pipelines/problem/contract.py."
            )
        batch = frames.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        result = batch.get_batch({"dataframe": views[name]}).validate(
            gx.ExpectationSuite(name=name, expectations=expectations),
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": [str(views[name].columns[0])],
            },
        )
        for each in result["results"]:  # the Data Docs renderer cannot print NumPy numbers
            if isinstance(each.result.get("observed_value"), np.generic):
                each.result["observed_value"] = each.result["observed_value"].item()
        found = [_check(name, each) for each in result["results"]]
        if len(found) != len(expectations):
            raise PipelineError(f"{len(found)} of {len(expectations)} expectations of {name} were evaluated.")
        checks += found
        pages[name] = _page(result, view)
    return checks, pages


def _check(view: str, result: Any) -> Check:
    config = result.expectation_config
    kwargs = {key: value for key, value in config.kwargs.items() if key not in ("batch_id", "column")}
    return Check(
        view=view,
        column=str(config.kwargs.get("column", "")),
        expectation=config.type,
        severity=str(getattr(config.severity, "value", config.severity)),
        success=bool(result.success),
        observed=_observed(result),
        expected=", ".join(f"{key} {_shown(value)}" for key, value in kwargs.items()) or "it to hold",
        examples=[] if result.success else _examples(result.result),
    )


def _shown(value: Any) -> str:
    """Return a limit as written, a row condition as `column operator value`."""
    if isinstance(value, dict) and "operator" in value:
        return f"{value['column']['name']} {value['operator']} {value['parameter']}"
    return str(value)


def _observed(result: Any) -> str:
    raised = [
        info.get("exception_message") for info in _exceptions(result.exception_info) if info.get("raised_exception")
    ]
    if raised:
        return f"nothing, it could not be evaluated: {raised[0]}"
    found = result.result
    if "observed_value" in found:
        return str(found["observed_value"])
    if found.get("element_count") == 1 and found.get("unexpected_list"):
        return str(found["unexpected_list"][0])
    return f"{found.get('unexpected_count', 0):,} of {found.get('element_count', 0):,} rows otherwise"


def _exceptions(info: dict[str, Any]) -> list[dict[str, Any]]:
    """GX gives one exception, or one per metric."""
    return [info] if "raised_exception" in info else [each for each in info.values() if isinstance(each, dict)]


def _examples(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the first bad rows: what names them first, then the value."""
    rows = found.get("unexpected_index_list") or []
    return [{name: str(value) for name, value in reversed(row.items())} for row in rows[:EXAMPLES]]


def _page(result: ExpectationSuiteValidationResult, view: DefaultJinjaPageView) -> str:
    """Render the Data Docs page without clock times and random ids, so that equal data gives equal bytes."""
    html: str = view.render(ValidationResultsPageRenderer().render(result))
    seen: dict[str, str] = {}
    html = re.sub(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
        lambda match: seen.setdefault(match[0], f"id-{len(seen)}"),
        html,
    )
    return re.sub(r"\d{8}T\d{6}(\.\d+)?Z", "", html)
