"""What `pipeline why` found, in words: a sentence, a text for the terminal, a page. Pure."""

import html
from collections.abc import Iterator
from typing import Any

from pipelines.judge import layout
from pipelines.judge.words import changes, figure, plural, signed


def sentence(answer: dict[str, Any]) -> str:
    """Say in one sentence how much worse or better it got, and from what."""
    old, new = answer["loss"]
    whole = answer["whole"]
    change = f" ({abs(new / old - 1):.1%})" if old else ""
    moved = f"{'rose' if new > old else 'fell'} by {figure(abs(new - old))}{change}"
    if new == old:
        moved = "did not change"
    elif abs(whole["effect"]) <= whole["margin"]:
        moved += f", which is within chance (± {figure(whole['margin'])})"
    shares = ", ".join(_share(share, answer) for share in answer["shares"])
    same = [part for part in ("code", "data", "config", "environment") if part not in answer["changed"]]
    rest = f"; {_list(same)} did not change" if same else ""
    return f"{answer['metric']} {moved} from {answer['old']['name']} to {answer['new']['name']}: {shares}{rest}."


def text(answer: dict[str, Any]) -> str:
    """Return the whole answer for a terminal."""
    lines = [answer["sentence"], ""]
    for heading, found in _sections(answer):
        lines += [heading, *(f"  {line}" for line in found), ""]
    return "\n".join(lines).rstrip()


def page(answer: dict[str, Any], picture: bytes) -> str:
    """Return one self-contained HTML page; `picture` is a PNG."""
    sections = "".join(
        f"<h2>{html.escape(heading)}</h2><ul>{''.join(f'<li>{html.escape(line)}</li>' for line in found)}</ul>"
        for heading, found in _sections(answer)
    )
    shown = layout.image("Waterfall: what each change did", picture)
    title = f"Why {answer['new']['name']} differs from {answer['old']['name']}"
    return PAGE.format(
        title=html.escape(title), sentence=html.escape(answer["sentence"]), picture=shown, sections=sections
    )


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.4rem }} h2 {{ font-size: 1.05rem; margin-top: 1.6rem }}
.answer {{ font-size: 1.15rem; border-left: 4px solid #888; padding-left: 1rem }}
img {{ max-width: 100%; background: #fff; border-radius: 6px }}
li {{ margin: .15rem 0; overflow-wrap: anywhere }}
</style></head><body>
<h1>{title}</h1><p class="answer">{sentence}</p>
{picture}
{sections}</body></html>
"""


def _sections(answer: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    changed = answer["changed"]
    for part, lines in (("code", _code), ("data", _data), ("config", changes), ("environment", _environment)):
        if part in changed:
            found = list(lines(changed[part]))
            if part == "data" and answer["same_delivery"]:
                found.insert(0, "the delivery is the same: it was made into another table")
            yield f"{part} {_versions(part, answer)}".rstrip(), found
    yield f"effect on {answer['metric']}", list(_effects(answer))
    worse = sorted(
        (part for part in answer["slices"] if part["judged"] and part["gain"] < 0), key=lambda part: part["gain"]
    )
    if worse:
        yield (
            "slices that got worse",
            [
                f"{part['name']}: {figure(part['champion'])} → {figure(part['candidate'])} ({-part['gain']:+.1%}, "
                f"{plural(part['rows'], 'row')})"
                for part in worse
            ],
        )
    yield "how it was measured", list(_method(answer))


def _code(found: dict[str, Any]) -> Iterator[str]:
    for side, commit in (line.split(" ", 1) for line in found["commits"]):
        yield f"{'without commit' if side == '<' else 'commit'} {commit}"
    yield from found["files"]
    for name, dirty in zip(("old", "new"), found["uncommitted"], strict=True):
        if dirty:
            yield f"not committed in the {name} one: {', '.join(dirty)}"


def _data(found: dict[str, Any]) -> Iterator[str]:
    for name in ("added", "removed", "corrected"):
        window = found.get(f"{name}_window")
        yield f"{plural(found[name], 'row')} {name}{f', {window[0]} to {window[1]}' if window else ''}"
    for name in ("added", "removed"):
        if found[f"columns_{name}"]:
            yield f"columns {name}: {', '.join(found[f'columns_{name}'])}"
    for name, column in found["columns"].items():
        said = []
        if column["type"][0] != column["type"][1]:
            said.append(f"type {column['type'][0]} → {column['type'][1]}")
        if column["missing"][0] != column["missing"][1]:
            said.append(f"missing {column['missing'][0]:.2%} → {column['missing'][1]:.2%}")
        if column["corrected"]:
            said.append(f"{plural(column['corrected'], 'value')} corrected")
        if column["shift"] >= 0.1:  # below, nothing moved
            said.append(f"distribution shifted, PSI {column['shift']:.2f}")
        if said:
            yield f"{name}: {', '.join(said)}"


def _environment(found: dict[str, Any]) -> Iterator[str]:
    if found["python"][0] != found["python"][1]:
        yield f"Python {found['python'][0]} → {found['python'][1]}"
    yield from changes(found["packages"])


def _effects(answer: dict[str, Any]) -> Iterator[str]:
    for share in answer["shares"]:
        yield _share(share, answer)
    for pair in answer["interactions"]:
        yield f"{signed(pair['effect'])} ± {figure(pair['margin'])} only from {_list(pair['parts'])} together; shared out above"
    if answer["inseparable"]:
        yield f"some parts cannot be told apart: {answer['inseparable']}"


def _method(answer: dict[str, Any]) -> Iterator[str]:
    exam = answer["exam"]
    window = f", {exam['window'][0]} to {exam['window'][1]}" if exam["window"] else ""
    yield f"on {plural(exam['rows'], 'row')} of data {exam['data']}, the table of {exam['of']}, that neither was trained on{window}"
    yield from answer["notes"]
    for side in ("old", "new"):
        same = "to the byte" if answer[side]["rebuilt_exactly"] else "with OTHER bytes than recorded"
        yield f"{answer[side]['name']} was rebuilt {same}"
    yield "shares are Shapley values of retrained mixtures; ± by resampling blocks of rows, at the gate's confidence on each side"


def _share(share: dict[str, Any], answer: dict[str, Any]) -> str:
    parts = _list([f"{part} {_versions(part, answer)}".rstrip() for part in share["parts"][0].split(" and ")])
    where = f" (most at {share['where']})" if share["where"] else ""
    return f"{signed(share['effect'])} ± {figure(share['margin'])} from {parts}{where}"


def _versions(part: str, answer: dict[str, Any]) -> str:
    old, new = (answer[side]["made_from"].get(part, {}).get("version") for side in ("old", "new"))
    return f"{old} → {new}" if old and old != new else old or ""


def _list(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
