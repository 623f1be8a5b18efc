"""One delivery in, one canonical table out; whatever upstream sends."""

import bz2
import gzip
import lzma
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsons import read_json
from stages import ingest

from champion.core.errors import PipelineError
from champion.core.params import Ingest
from champion.ingest import delivery
from pipelines.problem.source import COLUMNS, FILE

OUTPUTS = ("table.parquet", "quarantine.parquet", "counts.json")


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def celsius(kelvin: pd.Series) -> pd.Series:
    return (kelvin.astype(float) - 273.15).round(2).astype(str)


def comma(number: pd.Series) -> pd.Series:
    return number.str.replace(".", ",")


# What comes out of a sound delivery


def test_every_source_row_is_in_the_table_merged_or_quarantined(ingested):
    """Nothing is dropped in silence; the 17 exact repeats and the 13 impossible rows are known."""
    counts = read_json(ingested / "counts.json")

    assert counts == {
        "version": 1,
        "source": 48_204,
        "table": 40_562,
        "merged": 7_629,
        "merged_exact_repeats": 17,
        "quarantined": 13,
        "unlabelled": 0,
        "with_offset": 0,
        "after_as_of": 0,
        "window": ["2012-10-02 09:00:00", "2018-09-30 23:00:00"],
        "days_behind": 0,
        "reasons": counts["reasons"],
        "ignored_columns": [],
    }
    assert sum(counts["reasons"].values()) == 13
    assert len(pd.read_parquet(ingested / "table.parquet")) == 40_562
    assert len(pd.read_parquet(ingested / "quarantine.parquet")) == 13


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text, id="nothing", marks=pytest.mark.slow),
        pytest.param(lambda text: b"\xef\xbb\xbf" + text, id="a byte order mark"),
        pytest.param(lambda text: text.replace(b"\r\n", b"\n"), id="Unix line ends", marks=pytest.mark.slow),
        pytest.param(lambda text: text.replace(b"\r\n", b"\r\n\r\n"), id="blank lines", marks=pytest.mark.slow),
        pytest.param(lambda text: text.rstrip(b"\r\n"), id="no line end at the end", marks=pytest.mark.slow),
    ],
)
def test_the_dress_of_a_delivery_does_not_change_a_byte(sample, ingested, deliver, tmp_path, params, change):
    """The same rows give the same files, however the exporting system writes lines."""
    delivery = deliver(change(gzip.decompress((sample / FILE).read_bytes())))

    ingest(delivery, tmp_path / "out", params.ingest)

    assert contents(tmp_path / "out") == contents(ingested)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda rows: rows.sample(frac=1, random_state=1), id="shuffled rows"),
        pytest.param(lambda rows: rows[::-1], id="newest first", marks=pytest.mark.slow),
        pytest.param(lambda rows: rows[sorted(rows, reverse=True)], id="reordered columns"),
        pytest.param(
            lambda rows: rows.assign(traffic_volume=rows["traffic_volume"] + ".0"),
            id="whole numbers as 1.0",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            lambda rows: rows.assign(temp=" " + rows["temp"] + " "), id="blanks around numbers", marks=pytest.mark.slow
        ),
    ],
)
def test_order_and_spelling_do_not_change_the_table(upstream, ingested, deliver, tmp_path, params, change):
    """The table depends on what the rows say alone."""
    delivery = deliver(change(upstream))

    ingest(delivery, tmp_path / "out", params.ingest)

    assert (tmp_path / "out/table.parquet").read_bytes() == (ingested / "table.parquet").read_bytes()


def test_several_reports_of_one_hour_become_one_row_with_the_worst_weather(rows, deliver, tmp_path, params):
    """2018-09-30 15:00 came twice, with Rain and with Drizzle."""
    delivery = deliver(rows.loc["2018-09"])

    ingest(delivery, tmp_path / "out", params.ingest)

    table = pd.read_parquet(tmp_path / "out/table.parquet").set_index("time")
    assert sorted(rows.loc["2018-09-30 15:00", "weather_main"]) == ["Drizzle", "Rain"]
    assert table.loc["2018-09-30 15:00", "weather"] == "Rain"


# Files that cannot be read

LINES = b"holiday,temp,rain_1h,snow_1h,clouds_all,weather_main,weather_description,date_time,traffic_volume\n"
LINE = b"None,288.28,0.0,0.0,40,Clouds,scattered clouds,2018-09-29 09:00:00,5545\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", ["is empty. Fetch"], id="an empty file"),
        pytest.param(gzip.compress(b""), ["is empty. Fetch"], id="nothing, compressed"),
        pytest.param(gzip.compress(LINES), ["has a header and no rows. Fetch"], id="a header and no rows"),
        pytest.param(
            gzip.compress(LINES + LINE * 9999)[:-20],
            ["is truncated: the compressed stream ends early"],
            id="a truncated file",
        ),
        pytest.param(LINES + LINE, ["Not a gzipped file"], id="an uncompressed file"),
        pytest.param(b"<html>404 Not Found</html>", ["Not a gzipped file"], id="an error page"),
        pytest.param(
            gzip.compress((LINES + LINE).replace(b",", b";")),
            ["one column", "holiday;temp;rain_1h", "another delimiter", "Expected date_time, traffic_volume"],
            id="semicolons",
        ),
        pytest.param(
            gzip.compress((LINES + LINE).decode().encode("utf-16")),
            ["is not utf-8: byte 0xff at position 0"],
            id="UTF-16",
        ),
        pytest.param(
            gzip.compress(LINES + LINE.replace(b"scattered", b"\xe9pars")), ["is not utf-8: byte 0xe9"], id="Latin-1"
        ),
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", ["a pointer of git-lfs"], id="a pointer"
        ),
        pytest.param(gzip.compress(LINES + LINE + b"\0" + LINE), ["line 3 holds a NUL byte"], id="a NUL byte"),
        pytest.param(gzip.compress(LINES + LINE + b'"' + LINE), ["cannot be read", "row 2"], id="an open quote"),
        pytest.param(
            gzip.compress(LINES + LINE.replace(b"\n", b",1\n")), ["more fields in its rows"], id="a field more in every row"
        ),
        pytest.param(
            gzip.compress(LINES + LINE + LINE.replace(b"\n", b",1\n")),
            ["Expected 9 fields in line 3, saw 10"],
            id="a field more in one row",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named_and_explained(tmp_path, params, content, said):
    """What is wrong, where, and what to do; never a traceback, and no half table."""
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(PipelineError) as error:
        ingest(tmp_path, tmp_path / "out", params.ingest)

    message = str(error.value)
    assert [part for part in [f"{tmp_path}/{FILE}", *said] if part not in message] == []
    advice = ("Fetch the delivery again", "pipelines/problem/source.py", "`git lfs pull` fetches it")
    assert any(each in message for each in advice)
    assert list((tmp_path / "out").iterdir()) == []


def lossy(**options: object) -> Callable[[Path], pd.DataFrame]:
    """Return a reader that does not give back every row."""
    return lambda folder: pd.read_csv(folder / FILE, dtype=str, keep_default_na=False, **options)


@pytest.mark.parametrize(
    ("lines", "reader", "said"),
    [
        (
            LINE + b'"' + LINE * 12 + b'"' + LINE * 2,
            None,
            r"15 lines .* and 3 rows .*: 12 are lost\. Line 3 has a quote",
        ),
        (LINE * 3 + LINE.replace(b"\n", b",1\n"), lossy(on_bad_lines="skip"), "4 lines .* and 3 rows .*: 1 are lost"),
        (LINE * 3 + b"# " + LINE, lossy(comment="#"), "4 lines .* and 3 rows"),
        (LINE * 3, lossy(skipfooter=1, engine="python"), "3 lines .* and 2 rows"),
    ],
    ids=["stray quotes", "lines of another length are skipped", "comments", "a footer"],
)
def test_rows_that_a_reader_loses_are_told(tmp_path, params, monkeypatch, lines, reader, said):
    """Thirty pairs of stray quotes took 360 rows away and made 30 of two, without a word."""
    (tmp_path / FILE).write_bytes(gzip.compress(LINES + lines))
    if reader:
        monkeypatch.setattr("pipelines.problem.source.read", reader)

    with pytest.raises(PipelineError, match=said):
        ingest(tmp_path, tmp_path / "out", params.ingest)


def test_fields_with_line_breaks_are_counted_by_the_problem(tmp_path, params, monkeypatch):
    """It knows how many records there are; another number than was read is told."""
    broken = LINE.replace(b"scattered clouds", b'"scattered\nclouds"')
    (tmp_path / FILE).write_bytes(gzip.compress(LINES + broken * 3))
    monkeypatch.setattr("pipelines.problem.source.records", lambda _: 3, raising=False)

    ingest(tmp_path, tmp_path / "out", params.ingest)

    assert read_json(tmp_path / "out/counts.json")["source"] == 3
    monkeypatch.setattr("pipelines.problem.source.records", lambda _: 4)
    with pytest.raises(PipelineError, match=r"read\(\) returned 3 rows, and records\(\) says that there are 4"):
        ingest(tmp_path, tmp_path / "again", params.ingest)


def test_a_header_in_the_middle_is_called_so(tmp_path, params):
    """Two files were put one behind the other: that is one reason, not nine."""
    (tmp_path / FILE).write_bytes(gzip.compress(LINES + LINE + LINES + LINE.replace(b"09:00", b"10:00")))

    ingest(tmp_path, tmp_path / "out", params.ingest)

    assert read_json(tmp_path / "out/counts.json")["reasons"] == {"the row is the header again": 1}


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.bz2", "a.csv.xz", "a.TSV"])
def test_lines_are_counted_however_they_are_packed(tmp_path, name):
    """Blank lines are no rows, and the last line needs no end."""
    pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}.get((tmp_path / name).suffix, bytes)
    (tmp_path / name).write_bytes(pack(b"a\n1\n\n2\r\n3"))

    delivery.check_rows(tmp_path / name, 3, None)
    with pytest.raises(PipelineError, match="3 lines after its header, and 2 rows were read: 1 are lost"):
        delivery.check_rows(tmp_path / name, 2, None)


def test_what_has_no_lines_to_count_is_believed(tmp_path):
    """A folder, a database, Parquet, and a text in UTF-16, whose line ends are other bytes."""
    (tmp_path / "a.parquet").write_bytes(b"1\n2\n3\n")
    (tmp_path / "b.csv").write_bytes("a\n1\n2\n".encode("utf-16"))
    (tmp_path / "folder.csv").mkdir()

    for name in ("a.parquet", "b.csv", "folder.csv", "none.csv"):
        delivery.check_rows(tmp_path / name, 0, None)


def test_a_missing_file_is_named(tmp_path, params):
    """A person who mistyped a path sees the path."""
    with pytest.raises(PipelineError, match=rf"0-source/{FILE} does not exist\. Fetch the delivery again"):
        ingest(tmp_path / "0-source", tmp_path / "out", params.ingest)


def test_the_command_prints_one_line_and_no_traceback(project):
    """What DVC shows when a stage fails."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.ingest"], cwd=project, capture_output=True, text=True, check=False
    )

    missing = f"data/0-source/{FILE}"
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"ingest: {missing} does not exist. Fetch the delivery again (`git checkout {missing}` restores the sample)."
    ]


def test_a_failed_delivery_leaves_the_last_table_alone(ingested, deliver, tmp_path, params):
    """Files are replaced whole or not at all."""
    for name in OUTPUTS:
        (tmp_path / name).write_bytes((ingested / name).read_bytes())

    with pytest.raises(PipelineError):
        ingest(deliver(LINES), tmp_path, params.ingest)

    assert contents(tmp_path) == contents(ingested)


# Columns


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            lambda rows: rows.rename(columns={"traffic_volume": "traffic_volumes"}),
            "has no column traffic_volume (renamed to traffic_volumes?); it has holiday, temp",
            id="renamed",
        ),
        pytest.param(
            lambda rows: rows.drop(columns="temp"), "has no column temp; it has holiday, rain_1h", id="dropped"
        ),
        pytest.param(lambda rows: rows[["temp"]], "another delimiter than `read` expects?", id="only one left"),
    ],
)
def test_a_missing_column_is_named_with_what_is_there(rows, deliver, tmp_path, params, change, said):
    """A rename is guessed at, and never followed."""
    delivery = deliver(change(rows.loc["2018-09"]))

    with pytest.raises(PipelineError) as error:
        ingest(delivery, tmp_path / "out", params.ingest)

    assert said in str(error.value)
    assert str(delivery / FILE) in str(error.value)


def test_an_unknown_column_is_left_out_and_mentioned(upstream, ingested, deliver, tmp_path, params, capsys):
    """Upstream may add what it likes; we say that we saw it."""
    delivery = deliver(upstream.assign(wind="3"))

    ingest(delivery, tmp_path / "out", params.ingest)

    assert "unknown columns ignored: wind" in capsys.readouterr().out
    assert read_json(tmp_path / "out/counts.json")["ignored_columns"] == ["wind"]
    assert (tmp_path / "out/table.parquet").read_bytes() == (ingested / "table.parquet").read_bytes()


# Values: one bad row goes to the quarantine


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("temp", "warm", "temperature_k (temp): 'warm' is not a number"),
        ("temp", "288,28", "temperature_k (temp): '288,28' is not a number"),
        ("temp", "inf", "temperature_k (temp): 'inf' is not a number"),
        ("temp", "nan", "temperature_k (temp): 'nan' is not a number"),
        ("temp", "15.13", "temperature_k (temp): 15.13 is impossible (210 to 325)"),
        ("temp", "", "temperature_k (temp): is empty"),
        ("rain_1h", "-1", "rain_mm (rain_1h): -1 is impossible (0 to 305)"),
        ("clouds_all", "101", "clouds_percent (clouds_all): 101 is impossible (0 to 100)"),
        ("traffic_volume", "many", "vehicles (traffic_volume): 'many' is not a whole number"),
        ("traffic_volume", "NaN", "vehicles (traffic_volume): 'NaN' is not a whole number"),
        ("traffic_volume", "12.5", "vehicles (traffic_volume): '12.5' is not a whole number"),
        ("traffic_volume", "1,204", "vehicles (traffic_volume): '1,204' is not a whole number"),
        ("traffic_volume", "-5", "vehicles (traffic_volume): -5 is impossible (1 to 10000)"),
        ("weather_main", "", "weather (weather_main): is empty"),
        ("date_time", "yesterday", "time (date_time): 'yesterday' is not a time"),
        ("date_time", "2017-02-30 12:00:00", "time (date_time): '2017-02-30 12:00:00' is not a time"),
        ("date_time", "10000-01-01 00:00:00", "time (date_time): '10000-01-01 00:00:00' is not a time"),
        ("date_time", "", "time (date_time): is empty"),
    ],
)
def test_one_bad_value_puts_its_row_into_the_quarantine(rows, deliver, tmp_path, params, column, value, reason):
    """With the reason, and as it came, so that upstream can be asked."""
    rows.loc["2017-12-20 12:00", column] = value
    delivery = deliver(rows.loc["2017-12"])

    ingest(delivery, tmp_path / "out", params.ingest)

    counts = read_json(tmp_path / "out/counts.json")
    quarantine = pd.read_parquet(tmp_path / "out/quarantine.parquet")
    table = pd.read_parquet(tmp_path / "out/table.parquet")
    assert counts["reasons"] == {reason: 1}
    assert quarantine[[column, "reason"]].to_numpy().tolist() == [[value, reason]]
    assert pd.Timestamp("2017-12-20 12:00") not in set(table["time"])


def test_the_reason_quotes_the_value_as_it_came(rows, deliver, tmp_path, params):
    """A person searches the delivery for what the reason says."""
    rows.loc["2017-12-20 12:00", "traffic_volume"] = "99999999"
    delivery = deliver(rows.loc["2017-12"])

    ingest(delivery, tmp_path / "out", params.ingest)

    reasons = read_json(tmp_path / "out/counts.json")["reasons"]
    assert reasons == {"vehicles (traffic_volume): 99999999 is impossible (1 to 10000)": 1}


def test_many_bad_values_of_one_column_are_one_reason(rows, deliver, tmp_path, params):
    """935 temperatures in Celsius are one mistake, not 300; one example shows it."""
    rows.loc["2018-09", "temp"] = celsius(rows.loc["2018-09", "temp"])
    delivery = deliver(rows.loc["2018-08":])

    ingest(delivery, tmp_path / "out", params.ingest)

    counts = read_json(tmp_path / "out/counts.json")
    assert list(counts["reasons"].values()) == [935]
    assert re.fullmatch(r"temperature_k \(temp\): \d+\.\d+ is impossible \(210 to 325\)", *counts["reasons"])
    assert counts["quarantined"] == 935


def test_the_example_of_many_bad_values_is_a_usual_one(rows, deliver, tmp_path, params):
    """Two hours without a count must not stand for a month in another unit."""
    rows["traffic_volume"] = rows["traffic_volume"] + "00"
    rows.loc["2018-09-03 00:00":"2018-09-03 01:00", "traffic_volume"] = "0"
    delivery = deliver(rows.loc["2018-08-31 18:00":"2018-09-04"])

    with pytest.raises(PipelineError, match=r"rows like vehicles \(traffic_volume\): \d+00 is impossible"):
        ingest(delivery, tmp_path / "out", params.ingest)


def test_a_row_without_its_target_is_kept_apart(rows, deliver, tmp_path, params):
    """It is of the future, delivered beside the past: no mistake, and nothing to learn from."""
    rows.loc["2017-12-20 12:00", "traffic_volume"] = ""

    ingest(deliver(rows.loc["2017-12"]), tmp_path / "out", params.ingest)

    counts, unlabelled = read_json(tmp_path / "out/counts.json"), pd.read_parquet(tmp_path / "out/unlabelled.parquet")
    assert (counts["unlabelled"], counts["quarantined"]) == (1, 0)
    assert unlabelled["time"].tolist() == [pd.Timestamp("2017-12-20 12:00")]
    assert pd.Timestamp("2017-12-20 12:00") not in pd.read_parquet(tmp_path / "out/table.parquet")["time"].to_list()


def test_a_last_line_cut_in_the_middle_is_one_row_in_the_quarantine(rows, deliver, tmp_path, params):
    """The transfer stopped after `2018-09-30 23:00:`."""
    text = rows.loc["2018-09"].to_csv(index=False).encode().rstrip()
    delivery = deliver(text.removesuffix(b"00,954"))

    ingest(delivery, tmp_path / "out", params.ingest)

    quarantine = pd.read_parquet(tmp_path / "out/quarantine.parquet")
    assert quarantine["reason"].tolist()[-1:] == ["time (date_time): '2018-09-30 23:00:' is not a time"]


def test_repeats_that_disagree_on_the_target_are_all_quarantined(rows, deliver, tmp_path, params):
    """The hour that summer time repeats: nobody can tell which count is true."""
    again = rows.loc[["2017-11-05 01:00"]].assign(traffic_volume="700")
    delivery = deliver(pd.concat([rows.loc["2017-11"], again]))

    ingest(delivery, tmp_path / "out", params.ingest)

    counts = read_json(tmp_path / "out/counts.json")
    table = pd.read_parquet(tmp_path / "out/table.parquet")
    assert len(again) == 5
    said = (
        "vehicles (traffic_volume): rows with one time (date_time) disagree. If clocks are set back, the hour comes twice: "
        "a UTC offset tells which is which"
    )
    assert counts["reasons"][said] == 10
    assert pd.Timestamp("2017-11-05 01:00") not in set(table["time"])


def test_a_day_delivered_twice_is_merged_and_counted(upstream, ingested, deliver, tmp_path, params):
    """The table is the same; the count lets the contract warn."""
    delivery = deliver(pd.concat([upstream, upstream.loc["2018-09-10"]]))

    ingest(delivery, tmp_path / "out", params.ingest)

    counts = read_json(tmp_path / "out/counts.json")
    assert (counts["source"], counts["merged_exact_repeats"]) == (48_228, 41)
    assert (tmp_path / "out/table.parquet").read_bytes() == (ingested / "table.parquet").read_bytes()


# Values: when no row is left, ingest itself stops


@pytest.mark.parametrize(
    ("column", "change", "said"),
    [
        ("temp", celsius, r"935 rows like temperature_k \(temp\): \d+\.\d+ is impossible \(210 to 325\)\."),
        ("temp", comma, r"935 rows like temperature_k \(temp\): '\d+,\d+' is not a number\."),
        ("temp", lambda _: "", r"935 rows like temperature_k \(temp\): is empty\."),
        (
            "traffic_volume",
            lambda count: count + ".5",
            r"935 rows like vehicles \(traffic_volume\): '\d+\.5' is not a whole number\.",
        ),
        (
            "date_time",
            lambda time: pd.to_datetime(time).dt.strftime("%m/%d/%Y %H:%M"),
            r"935 rows like time \(date_time\): '09/\d\d/2018 \d\d:00' is not a time\.",
        ),
    ],
    ids=["Celsius", "decimal commas", "empty", "fractions", "American dates"],
)
def test_a_column_that_is_all_wrong_stops_with_examples(rows, deliver, tmp_path, params, column, change, said):
    """Celsius, decimal commas, an empty column, fractions of cars, American dates."""
    month = rows.loc["2018-09"]
    delivery = deliver(month.assign(**{column: change(month[column])}))

    with pytest.raises(PipelineError, match=said) as error:
        ingest(delivery, tmp_path / "out", params.ingest)

    assert f"none of the {len(month):,} rows of {delivery / FILE} is usable" in str(error.value)
    assert "change COLUMNS in pipelines/problem/source.py" in str(error.value)


@pytest.mark.parametrize(
    ("offset", "first"),
    [("Z", "2018-09-01 00:00:00"), ("-05:00", "2018-09-01 05:00:00"), ("+0000", "2018-09-01 00:00:00"),
     ("-05", "2018-09-01 05:00:00"), ("Z ", "2018-09-01 00:00:00")],
)  # fmt: skip
def test_times_with_an_offset_become_utc_and_are_counted(rows, deliver, tmp_path, params, offset, first):
    """The contract of local times refuses them: five hours of difference would pass for another traffic."""
    month = rows.loc["2018-09"]
    delivery = deliver(month.assign(date_time=month["date_time"] + offset))

    ingest(delivery, tmp_path / "out", params.ingest)

    counts = read_json(tmp_path / "out/counts.json")
    assert counts["window"][0] == first
    assert counts["with_offset"] == counts["source"]


def test_a_single_time_with_an_offset_is_set_aside(rows, deliver, tmp_path, params):
    """Nobody knows whether the others are of the same place."""
    rows.loc["2018-08-14 12:00", "date_time"] = "2018-08-14 12:00:00-05:00"
    delivery = deliver(rows.loc["2018-08"])

    ingest(delivery, tmp_path / "out", params.ingest)

    reasons = read_json(tmp_path / "out/counts.json")["reasons"]
    assert reasons["time (date_time): '2018-08-14 12:00:00-05:00' differs from most in its UTC offset"] == 1


# Moving time on


def test_an_earlier_as_of_cuts_the_delivery(sample, ingested, tmp_path):
    """What came later is counted; what came before is what it was."""
    ingest(sample, tmp_path, Ingest(as_of="2017-06-30"))

    table, whole = pd.read_parquet(tmp_path / "table.parquet"), pd.read_parquet(ingested / "table.parquet")
    counts = read_json(tmp_path / "counts.json")
    assert str(table["time"].max()) == "2017-06-30 23:00:00"
    assert counts["source"] + counts["after_as_of"] == 48_204
    assert counts["days_behind"] == 0
    pd.testing.assert_frame_equal(table, whole[: len(table)])


def test_rows_of_the_future_are_left_out_and_counted(upstream, ingested, deliver, tmp_path, params, capsys):
    """A day of forecasts, or a clock that runs ahead."""
    future = upstream.tail(24).assign(date_time=[f"2018-10-01 {hour:02}:00:00" for hour in range(24)])
    delivery = deliver(pd.concat([upstream, future]))

    ingest(delivery, tmp_path / "out", params.ingest)

    assert "24 rows after as_of left out" in capsys.readouterr().out
    assert read_json(tmp_path / "out/counts.json")["after_as_of"] == 24
    assert (tmp_path / "out/table.parquet").read_bytes() == (ingested / "table.parquet").read_bytes()


def test_a_delivery_that_ends_before_as_of_is_counted_in_days(sample, tmp_path):
    """The contract decides whether that is too late."""
    ingest(sample, tmp_path, Ingest(as_of="2018-10-05"))

    assert read_json(tmp_path / "counts.json")["days_behind"] == 5


def test_a_delivery_with_times_needs_an_as_of(sample, tmp_path):
    """Otherwise the data would be whatever there is."""
    with pytest.raises(PipelineError, match=r"ingest\.as_of is None; needed: rows have a time"):
        ingest(sample, tmp_path, Ingest())


# Any small delivery

HOURS = [f"2018-09-{day:02} {hour:02}:00:00" for day in (29, 30) for hour in range(4)]
SOUND = dict(zip(LINES.decode().strip().split(","), LINE.decode().strip().split(","), strict=True))


def mostly(*good: str, bad: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from([*good * 4, *bad])


reports = st.fixed_dictionaries(
    {
        "date_time": mostly(*HOURS, bad=("", "soon", "2018-10-07 00:00:00", "2018-09-31 00:00:00")),
        "traffic_volume": mostly("5", "9999", bad=("", "0", "-3", "10001", "1.5", "x", "inf")),
        "temp": mostly("210", "280.37", "280.1", "324.9", bad=("", "0", "15,1", "NaN", "1e9")),
        "rain_1h": mostly("0.0", "0.3", bad=("9831.3", "-0.1")),
        "snow_1h": st.just("0"),
        "clouds_all": mostly("0", "33", "100", bad=("100.1",)),
        "weather_main": st.sampled_from(["Clear", "Rain", "Snow", "Ash"]),
        "weather_description": st.sampled_from(["light", "heavy", "sky is clear"]),
        "holiday": st.sampled_from(["None", "Labor Day"]),
    }
)
deliveries = st.lists(reports, max_size=25).map(lambda rows: pd.DataFrame([SOUND, *rows]))


def ingest_rows(rows: pd.DataFrame) -> tuple[dict[str, bytes], dict, pd.DataFrame, pd.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        (Path(folder) / FILE).write_bytes(gzip.compress(rows.to_csv(index=False).encode(), compresslevel=1))
        ingest(Path(folder), out, Ingest(as_of="2018-09-30"))
        return (
            contents(out), read_json(out / "counts.json"),
            pd.read_parquet(out / "table.parquet"), pd.read_parquet(out / "quarantine.parquet"),
        )  # fmt: skip


@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(rows=deliveries, order=st.randoms(use_true_random=False))
def test_any_delivery_becomes_a_canonical_table(rows, order):
    """All rows are accounted for; keys are unique and sorted; nothing impossible is left; order does not matter."""
    outputs, counts, table, quarantine = ingest_rows(rows)
    again, *_ = ingest_rows(rows.sample(frac=1, random_state=order.randint(0, 2**31)))

    assert counts["source"] == counts["table"] + counts["merged"] + counts["quarantined"]
    assert counts["source"] + counts["after_as_of"] == len(rows)
    assert (counts["table"], counts["quarantined"]) == (len(table), len(quarantine))
    assert table["time"].is_unique
    assert table["time"].is_monotonic_increasing
    assert list(table) == [column.name for column in COLUMNS]
    assert not table.isna().any(axis=None)
    for column in COLUMNS:
        assert column.possible is None or table[column.name].between(*column.possible).all()
    assert (quarantine["reason"] != "").all()
    assert again == outputs


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda _: None, "returned nothing .is `return` missing.*; a table is expected"),
        (lambda rows: rows.drop(columns="holiday"), "returned no column holiday; it has to keep all of COLUMNS"),
        (lambda rows: rows, "returned several rows for time 2018-09-0"),
    ],
    ids=["nothing", "a column less", "every row"],
)
def test_a_merge_that_does_not_merge_is_told(rows, deliver, tmp_path, params, monkeypatch, broken, said):
    """A key twice would count twice, in training and in the verdict."""
    monkeypatch.setattr("pipelines.problem.source.merge", broken)

    with pytest.raises(PipelineError, match=said):
        ingest(deliver(rows.loc["2018-09"]), tmp_path / "out", params.ingest)
