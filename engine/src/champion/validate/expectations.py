"""Run Great Expectations, and keep of it what is the same on every run."""

import os
import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from champion.core import returned
from champion.core.documents.data import Check
from champion.core.errors import PipelineError

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx  # it reads its telemetry setting when imported
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

EXAMPLES = 5


def run(views: dict[str, pd.DataFrame], suites: object) -> tuple[list[Check], dict[str, str]]:
    """Check each view against its expectations; return the checks and one Data Docs page per view."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    frames = context.data_sources.add_pandas("views")
    checks, pages, view = [], {}, DefaultJinjaPageView()  # one view: each compiles its templates anew
    for name, expectations in _checked(suites).items():
        if name not in views:
            raise PipelineError(
                f"the contract expects something of a view {name!r}; there are {', '.join(views)}. "
                "Correct `expectations` or `views` in pipelines/problem/contract.py."
            )
        batch = frames.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        rows = views[name].reset_index(drop=True)
        # Not "COMPLETE", nor names of rows: both are made for every bad row, which takes minutes if millions are.
        result = batch.get_batch({"dataframe": rows}).validate(
            gx.ExpectationSuite(name=name, expectations=expectations),
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": EXAMPLES},
        )
        for each in result["results"]:  # the Data Docs renderer cannot print NumPy numbers
            if isinstance(each.result.get("observed_value"), np.generic):
                each.result["observed_value"] = each.result["observed_value"].item()
        evaluated = [_check(name, rows, each) for each in result["results"]]
        if len(evaluated) != len(expectations):
            raise PipelineError(f"{len(evaluated)} of {len(expectations)} expectations of {name} were evaluated.")
        checks += evaluated
        pages[name] = _page(result, view)
    return checks, pages


def _checked(suites: object) -> dict[str, list[Expectation]]:
    """Hold what the problem expects to a list of expectations for each view."""
    where = "expectations() in pipelines/problem/contract.py"
    by_view = returned.of_kind(suites, dict, where, "a dictionary of lists")
    for name, suite in by_view.items():
        expected = f"a list of expectations for {name}"
        for each in returned.of_kind(suite, list, where, expected):
            returned.of_kind(each, Expectation, where, expected)
    return by_view


def _check(view: str, rows: pd.DataFrame, result: ExpectationValidationResult) -> Check:
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
        examples=[] if result.success else _examples(rows, result),
    )


def _shown(value: object) -> str:
    """Return a limit as written, a row condition as `column operator value`."""
    if isinstance(value, dict) and "operator" in value:
        return f"{value['column']['name']} {value['operator']} {value['parameter']}"
    return str(value)


def _observed(result: ExpectationValidationResult) -> str:
    raised = [
        info.get("exception_message") for info in _exceptions(result.exception_info) if info.get("raised_exception")
    ]
    if raised:
        return f"nothing, it could not be evaluated: {raised[0]}"
    details = result.result
    if "observed_value" in details:
        return str(details["observed_value"])
    if details.get("element_count") == 1 and details.get("partial_unexpected_list"):
        return str(details["partial_unexpected_list"][0])
    return f"{details.get('unexpected_count', 0):,} of {details.get('element_count', 0):,} rows otherwise"


def _exceptions(info: Mapping[str, object]) -> list[Mapping[str, object]]:
    """GX gives one exception, or one per metric."""
    return [info] if "raised_exception" in info else [each for each in info.values() if isinstance(each, dict)]


def _examples(rows: pd.DataFrame, result: ExpectationValidationResult) -> list[dict[str, str]]:
    """Return the first bad rows: what names them first, then the values."""
    bad = result.result.get("partial_unexpected_index_list")
    if not bad:
        return []
    kwargs = result.expectation_config.kwargs
    values = [kwargs[name] for name in ("column", "column_A", "column_B") if name in kwargs]
    names = dict.fromkeys([str(rows.columns[0]), *values, *kwargs.get("column_list", [])])
    records = rows.loc[bad, list(names)].astype(object).to_dict("records")  # each value as it is in its column
    return [{str(name): str(value) for name, value in record.items()} for record in records]


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
