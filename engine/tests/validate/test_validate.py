"""What the contract lets through, what it stops, and how it says so."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pytest
from conftest import weekly_but
from jsons import read_json
from stages import ingest, validate

from champion.core.errors import PipelineError
from champion.core.params import Ingest

PAGES = ["clock.html", "delivery.html", "drift.html", "gaps.html", "months.html", "table.html", "weeks.html"]


def changed(column: str, since: str, until: str, change: Callable[[pd.Series], object]):
    """Return a function that changes one column of the rows of a period."""

    def spoil(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[since:until, column] = change(rows.loc[since:until, column])
        return rows

    return spoil


def without(since: str, until: str):
    return lambda rows: rows.drop(rows.loc[since:until].index)


def later(hours: int, since: str = "2016"):
    def shift(time: pd.Series) -> pd.Series:
        return (pd.to_datetime(time) + pd.Timedelta(hours=hours)).dt.strftime("%Y-%m-%d %H:%M:%S")

    return changed("date_time", since, "2018", shift)


def utc(rows: pd.DataFrame) -> pd.DataFrame:
    """What the exporting system does when somebody sets it to UTC: five hours in summer, six in winter."""
    local = rows.index.tz_localize("America/Chicago", ambiguous=True, nonexistent="shift_forward")
    return rows.assign(date_time=local.tz_convert("UTC").strftime("%Y-%m-%d %H:%M:%S"))


def times(factor: float) -> Callable[[pd.Series], pd.Series]:
    return lambda count: (count.astype(int) * factor).astype(int).astype(str)


def celsius(kelvin: pd.Series) -> pd.Series:
    return (kelvin.astype(float) - 273.15).round(2).astype(str)


def comma(number: pd.Series) -> pd.Series:
    return number.str.replace(".", ",")


@dataclass(frozen=True)
class Broken:
    """A delivery that must stop, the check that stops it, and what a person must read."""

    name: str
    spoil: Callable[[pd.DataFrame], pd.DataFrame]
    check: str
    said: str  # what names the first bad row, and its value
    reason: str = ""  # of the quarantine, with an example
    rows: int = 0  # with that reason
    apart: int = 0  # rows without a target
    fast: bool = False  # one of each kind is; the others are its relatives


NEWEST = ("2018-09", "2018-09")
BROKEN = [
    # units
    Broken("Celsius since this month", changed("temp", *NEWEST, celsius),
           "delivery.recently_quarantined", "recently_quarantined 0.58",
           "temperature_k (temp): 15.47 is impossible (210 to 325)", 935, fast=True),
    Broken("Celsius on the last day", changed("temp", "2018-09-30", "2018-09-30", celsius),
           "delivery.days_behind", "days_behind 1", "temperature_k (temp): 10.33 is impossible (210 to 325)", 26),
    Broken("Celsius on one old day", changed("temp", "2017-03-05", "2017-03-05", celsius),
           "gaps.undeclared_hours", "start 2017-03-05 00:00:00, undeclared_hours 24",
           "temperature_k (temp): 2.75 is impossible (210 to 325)", 24),
    Broken("decimal commas since this month", changed("temp", *NEWEST, comma),
           "delivery.quarantined", "quarantined 0.038", "temperature_k (temp): '288,62' is not a number", 935, fast=True),
    Broken("ten times the vehicles", changed("traffic_volume", *NEWEST, times(10)),
           "drift.target_drift", "column vehicles, target_drift 2.118",
           "vehicles (traffic_volume): 53310 is impossible (1 to 10000)", 724, fast=True),
    Broken("half the vehicles", changed("traffic_volume", *NEWEST, times(0.5)),
           "drift.target_drift", "column vehicles, target_drift 2.7721", fast=True),
    Broken("a tenth of the vehicles", changed("traffic_volume", *NEWEST, times(0.1)),
           "weeks.range", "week 2018-09-24 00:00:00, range 638"),
    # values
    Broken("text in 200 temperatures", changed("temp", "2017-12-15", "2017-12-20", lambda _: "warm"),
           "gaps.undeclared_hours", "start 2017-12-15 00:00:00, undeclared_hours 144",
           "temperature_k (temp): 'warm' is not a number", 183),
    Broken("no count since the 20th", changed("traffic_volume", "2018-09-20", "2018-09-30", lambda _: ""),
           "delivery.days_behind", "days_behind 11", apart=327),
    Broken("negative rain this month", changed("rain_1h", *NEWEST, lambda _: "-1"),
           "delivery.recently_quarantined", "recently_quarantined 0.58",
           "rain_mm (rain_1h): -1 is impossible (0 to 305)", 936, fast=True),
    Broken("one unseen weather", changed("weather_main", "2018-09-23 03:00", "2018-09-23 03:00", lambda _: "Sandstorm"),
           "table.weather", "time 2018-09-23 03:00:00, weather Sandstorm"),
    Broken("one unseen holiday", changed("holiday", "2018-06-19 00:00", "2018-06-19 00:00", lambda _: "Juneteenth"),
           "table.holiday", "time 2018-06-19 00:00:00, holiday Juneteenth", fast=True),
    # a dead counter
    Broken("one count for ever", changed("traffic_volume", "2016", "2018", lambda _: "3000"),
           "weeks.range", "week 2016-06-06 00:00:00, range 0"),
    Broken("one count since this month", changed("traffic_volume", *NEWEST, lambda _: "3000"),
           "weeks.range", "week 2018-09-03 00:00:00, range 0", fast=True),
    Broken("one count in the last week", changed("traffic_volume", "2018-09-24", "2018-09-30", lambda _: "3000"),
           "weeks.range", "week 2018-09-24 00:00:00, range 0"),
    # clocks
    Broken("UTC from the start", utc, "weeks.quietest_hour", "week 2016-06-06 00:00:00, quietest_hour 8"),
    Broken("UTC since this month", later(5, "2018-09"), "weeks.quietest_hour", "week 2018-09-10 00:00:00, quietest_hour 8",
           fast=True),
    Broken("UTC in the last week", later(5, "2018-09-24"), "weeks.quietest_hour", "week 2018-09-24 00:00:00, quietest_hour 7"),
    Broken("a first row of the year 1900", changed("date_time", "2016-06-01 00:00", "2016-06-01 00:00", lambda _: "1900-01-01"),
           "gaps.undeclared_hours", "start 1900-01-01 01:00:00"),
    # silence
    Broken("a month missing", without("2018-07", "2018-07"), "months.missing_hours", "month 2018-07, missing_hours 744",
           fast=True),
    Broken("the newest month missing", without(*NEWEST), "delivery.days_behind", "days_behind 30"),
    Broken("an outage of 30 hours", without("2017-05-10 06:00", "2017-05-11 11:00"),
           "gaps.undeclared_hours", "start 2017-05-10 06:00:00, undeclared_hours 30", fast=True),
]  # fmt: skip


def masked(text: str) -> str:
    """Leave out figures: any of the bad values may be the example."""
    return re.sub(r"-?\d+(?:[.,]\d+)*", "#", text)


def shown(said: str, examples: list[dict[str, str]]) -> bool:
    """Tell whether one of the report's examples says the same, as data."""
    wanted = dict(part.split(" ", 1) for part in said.split(", "))
    return any(all(example[name].startswith(value) for name, value in wanted.items()) for example in examples)


@pytest.mark.parametrize(
    "broken",
    [pytest.param(broken, id=broken.name, marks=() if broken.fast else pytest.mark.slow) for broken in BROKEN],
)
def test_a_broken_delivery_stops_with_what_and_when(broken, rows, deliver, tmp_path, params):
    """The message, the report and the Data Docs pages all say it; nothing but a PipelineError is raised.

    Nobody needs counts.json to learn that the temperature is in Celsius.
    """
    ingest(deliver(broken.spoil(rows)), tmp_path / "1", params.ingest)

    with pytest.raises(PipelineError) as error:
        validate(tmp_path / "1", tmp_path / "2", params.contract)

    message, report = str(error.value), read_json(tmp_path / "2/report.json")
    failed = {f"{check['view']}.{check['column']}": check for check in report["checks"] if not check["success"]}
    assert f"[critical] {broken.check}" in message
    assert broken.said in message
    assert "Repair the source, or change pipelines/problem/contract.py on purpose" in message
    assert "Traceback" not in message
    assert report["success"] is False
    assert failed[broken.check]["severity"] == "critical"
    assert shown(broken.said, failed[broken.check]["examples"])
    assert (f"kept apart: {broken.apart} rows without vehicles" in message) == bool(broken.apart)
    assert masked(f"quarantined: {broken.rows:,} rows like {broken.reason}\n") in masked(message) or not broken.reason
    told = bool({"delivery.quarantined", "delivery.recently_quarantined"} & {*failed})
    assert ("\n  quarantined: " in message) == told  # a late delivery has nothing to do with three rows of long ago
    reasons = {masked(reason): count for reason, count in report["counts"]["reasons"].items()}
    assert reasons.get(masked(broken.reason), 0) == broken.rows
    assert sorted(page.name for page in (tmp_path / "2/docs").iterdir()) == PAGES


def test_a_delivery_that_ends_before_as_of_is_late(sample, tmp_path, params):
    """Training on yesterday's data again would look like success."""
    ingest(sample, tmp_path / "1", Ingest(as_of="2018-10-05"))

    with pytest.raises(PipelineError, match=r"delivery\.days_behind(.|\n)*max_value 0\.0(.|\n)*days_behind 5"):
        validate(tmp_path / "1", tmp_path / "2", params.contract)


def test_the_sample_passes_with_all_its_declared_outages(validated):
    """Ten months of silence are declared by their first hour; weather that moves as in the years before is no drift."""
    report = read_json(validated / "report.json")

    failed = {
        f"{check['view']}.{check['column']}": check["severity"] for check in report["checks"] if not check["success"]
    }
    assert report["success"] is True
    assert failed == {}
    assert sorted(page.name for page in (validated / "docs").iterdir()) == PAGES


def test_the_same_table_gives_the_same_report_and_pages(validated, ingested, tmp_path, params):
    """No clock time and no random number is left, so that DVC sees equal outputs."""
    validate(ingested, tmp_path, params.contract)

    for name in ["report.json", *(f"docs/{page}" for page in PAGES)]:
        assert (tmp_path / name).read_bytes() == (validated / name).read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.assign(wind="3"), "[warning] delivery.ignored_columns"),
        (lambda rows: pd.concat([rows, rows.loc["2018-09-10"]]), "[warning] delivery.merged_exact_repeats"),
    ],
    ids=["an unknown column", "a day delivered twice"],
)
def test_what_is_repaired_is_a_warning(rows, deliver, tmp_path, params, capsys, change, said):
    """Ingest took care of it; a person should still know."""
    ingest(deliver(change(rows)), tmp_path / "1", params.ingest)

    validate(tmp_path / "1", tmp_path / "2", params.contract)

    assert said in capsys.readouterr().out
    assert read_json(tmp_path / "2/report.json")["success"] is True


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(without("2017-05-10 06:00", "2017-05-11 04:00"), id="23 hours of silence"),
        pytest.param(
            changed("temp", "2018-08-14 12:00", "2018-08-14 14:00", lambda _: "warm"),
            id="three bad values",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            lambda rows: pd.concat([rows, rows.loc[["2017-11-05 01:00"]].assign(traffic_volume="700")]),
            id="the hour that summer time repeats",
        ),
    ],
)
def test_a_small_loss_is_life(rows, deliver, tmp_path, params, change):
    """A contract that cries at everything is switched off."""
    ingest(deliver(change(rows)), tmp_path / "1", params.ingest)

    validate(tmp_path / "1", tmp_path / "2", params.contract)

    assert read_json(tmp_path / "2/report.json")["success"] is True


def test_bad_rows_of_the_newest_period_count_whatever_else_is_quarantined(rows, deliver, tmp_path, params):
    """One date in another format must not hide twenty negative rains."""
    bad = rows.loc["2018-09-10":].index.unique()[:20]
    rows.loc[bad, "rain_1h"] = "-1"
    rows.loc["2018-09-01 00:00", "date_time"] = "01.09.2018 00:00"
    ingest(deliver(rows), tmp_path / "1", params.ingest)

    with pytest.raises(
        PipelineError, match=r"delivery\.recently_quarantined(.|\n)*rain_mm \(rain_1h\): -1 is impossible"
    ):
        validate(tmp_path / "1", tmp_path / "2", params.contract)


@pytest.mark.parametrize("as_of", ["2012-10-02", pytest.param("2013-06-30", marks=pytest.mark.slow)])
def test_less_than_a_year_of_data_is_too_little(sample, tmp_path, params, as_of):
    """There is nothing to compare the season with; the contract asks for a year anyway."""
    ingest(sample, tmp_path / "1", Ingest(as_of=as_of))

    with pytest.raises(PipelineError, match="expect_table_row_count_to_be_between"):
        validate(tmp_path / "1", tmp_path / "2", params.contract)


def test_an_unseen_weather_is_seen_in_an_hour_with_several_reports(rows, deliver, tmp_path, params):
    """2018-09-30 15:00 has two reports; one of them becomes Sandstorm."""
    hour = rows.index == "2018-09-30 15:00"
    rows.loc[hour, "weather_main"] = ["Sandstorm", "Drizzle"]
    ingest(deliver(rows), tmp_path / "1", params.ingest)

    with pytest.raises(PipelineError, match=r"table\.weather(.|\n)*time 2018-09-30 15:00:00, weather Sandstorm"):
        validate(tmp_path / "1", tmp_path / "2", params.contract)


@pytest.mark.parametrize(
    "time",
    [
        pytest.param("2018-08-14 12:30:00", id="half past"),
        pytest.param(
            "2018-08-14 12:00:30",
            id="half a minute past",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_row_between_the_hours_breaks_the_contract(rows, deliver, tmp_path, params, time):
    """One row is one hour; a row at half past has no week before."""
    rows.loc["2018-08-14 12:00", "date_time"] = time
    ingest(deliver(rows), tmp_path / "1", params.ingest)

    with pytest.raises(PipelineError, match=rf"clock\.seconds_past(.|\n)*time {time}"):
        validate(tmp_path / "1", tmp_path / "2", params.contract)


FAST = "2017-12-31"
MONTHS = pd.date_range("2017-01-31", "2018-09-30", freq="ME").strftime("%Y-%m-%d")


@pytest.mark.parametrize("as_of", weekly_but([FAST], MONTHS))
def test_no_month_of_the_real_data_raises_a_false_alarm(sample, tmp_path, params, as_of):
    """Time moves on month by month, as it did; the contract was never broken."""
    ingest(sample, tmp_path / "1", Ingest(as_of=as_of))

    validate(tmp_path / "1", tmp_path / "2", params.contract)

    assert read_json(tmp_path / "2/report.json")["success"] is True


@pytest.mark.parametrize(
    ("function", "broken", "said"),
    [
        ("views", None, r"views\(\) in .*contract.py returned nothing"),
        ("views", {"months": 3}, r"views\(\) in .*contract.py, months, returned something of type int; a table"),
        ("expectations", None, r"expectations\(\) in .*contract.py returned nothing"),
        ("expectations", {"table": None}, "a list of expectations for table is expected"),
        ("expectations", {"table": ["vehicles > 0"]}, "of type str; a list of expectations for table is expected"),
    ],
)
def test_a_contract_that_is_none_is_told(ingested, tmp_path, params, monkeypatch, function, broken, said):
    """Function, file, what it returned and what is expected."""
    monkeypatch.setattr(f"pipelines.problem.contract.{function}", lambda _: broken)

    with pytest.raises(PipelineError, match=said):
        validate(ingested, tmp_path / "out", params.contract)
