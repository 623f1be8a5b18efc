"""What `pipeline why` found, in words: a sentence, a text for the terminal, a page. Pure."""

from collections.abc import Iterator
from html import escape

from champion.core.documents.answers import Changes, CodeChange, DataChange, EnvironmentChange, Share, Why
from champion.core.words import figure, plural, signed
from champion.report import html
from champion.report.text import changes, data_version

PARTS = ("code", "data", "config", "environment")


def sentence(answer: Why) -> str:
    """Say in one sentence how much worse or better it got, and from what."""
    old, new = answer.loss
    change = f" ({abs(new / old - 1):.1%})" if old else ""
    moved = f"{'rose' if new > old else 'fell'} by {figure(abs(new - old))}{change}"
    if new == old:
        moved = "did not change"
    elif abs(answer.whole.effect) <= answer.whole.margin:
        moved += f", which is within chance (± {figure(answer.whole.margin)})"
    shares = ", ".join(_share(share, answer) for share in answer.shares)
    same = [part for part in PARTS if part not in answer.changed.parts]
    rest = f"; {_list(same)} did not change" if same else ""
    return f"{answer.metric} {moved} from {answer.old.name} to {answer.new.name}: {shares}{rest}."


def text(answer: Why) -> str:
    """Return the whole answer for a terminal."""
    lines = [answer.sentence, ""]
    for heading, section in _sections(answer):
        lines += [heading, *(f"  {line}" for line in section), ""]
    return "\n".join(lines).rstrip()


def page(answer: Why, picture: bytes) -> str:
    """Return one self-contained HTML page; `picture` is a PNG."""
    sections = "".join(
        f"<h2>{escape(heading)}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in section)}</ul>"
        for heading, section in _sections(answer)
    )
    return html.page(
        f"Why {answer.new.name} differs from {answer.old.name}",
        "why.html",
        sentence=escape(answer.sentence),
        picture=html.image("Waterfall: what each change did", picture),
        sections=sections,
    )


def _sections(answer: Why) -> Iterator[tuple[str, list[str]]]:
    for part, lines in _changes(answer.changed):
        if part == "data" and answer.same_delivery:
            lines.insert(0, "the delivery is the same: it was made into another table")
        yield f"{part} {_versions(part, answer)}".rstrip(), lines
    yield f"effect on {answer.metric}", list(_effects(answer))
    worse = sorted((part for part in answer.slices if part.judged and part.gain < 0), key=lambda part: part.gain)
    if worse:
        yield (
            "slices that got worse",
            [
                f"{part.name}: {figure(part.champion)} → {figure(part.candidate)} ({-part.gain:+.1%}, "
                f"{plural(part.rows, 'row')})"
                for part in worse
            ],
        )
    yield "how it was measured", list(_method(answer))


def _changes(changed: Changes) -> Iterator[tuple[str, list[str]]]:
    if changed.code is not None:
        yield "code", list(_code(changed.code))
    if changed.data is not None:
        yield "data", list(_data(changed.data))
    if changed.config is not None:
        yield "config", changes(changed.config)
    if changed.environment is not None:
        yield "environment", list(_environment(changed.environment))


def _code(changed: CodeChange) -> Iterator[str]:
    for side, commit in (line.split(" ", 1) for line in changed.commits):
        yield f"{'without commit' if side == '<' else 'commit'} {commit}"
    yield from changed.files
    for name, dirty in zip(("old", "new"), changed.uncommitted, strict=True):
        if dirty:
            yield f"not committed in the {name} one: {', '.join(dirty)}"


def _data(changed: DataChange) -> Iterator[str]:
    for name, count, window in (
        ("added", changed.added, changed.added_window),
        ("removed", changed.removed, changed.removed_window),
        ("corrected", changed.corrected, changed.corrected_window),
    ):
        yield f"{plural(count, 'row')} {name}{f', {window[0]} to {window[1]}' if window else ''}"
    for name, columns in (("added", changed.columns_added), ("removed", changed.columns_removed)):
        if columns:
            yield f"columns {name}: {', '.join(columns)}"
    for name, column in changed.columns.items():
        words = []
        if column.type[0] != column.type[1]:
            words.append(f"type {column.type[0]} → {column.type[1]}")
        if column.missing[0] != column.missing[1]:
            words.append(f"missing {column.missing[0]:.2%} → {column.missing[1]:.2%}")
        if column.corrected:
            words.append(f"{plural(column.corrected, 'value')} corrected")
        if column.shift >= 0.1:  # below, nothing moved
            words.append(f"distribution shifted, PSI {column.shift:.2f}")
        if words:
            yield f"{name}: {', '.join(words)}"


def _environment(changed: EnvironmentChange) -> Iterator[str]:
    if changed.python[0] != changed.python[1]:
        yield f"Python {changed.python[0]} → {changed.python[1]}"
    yield from changes(changed.packages)


def _effects(answer: Why) -> Iterator[str]:
    for share in answer.shares:
        yield _share(share, answer)
    for pair in answer.interactions:
        yield f"{signed(pair.effect)} ± {figure(pair.margin)} only from {_list(pair.parts)} together; shared out above"
    if answer.inseparable:
        yield f"some parts cannot be told apart: {answer.inseparable}"


def _method(answer: Why) -> Iterator[str]:
    rows = answer.holdout
    window = f", {rows.window[0]} to {rows.window[1]}" if rows.window else ""
    yield f"on {plural(rows.rows, 'row')} of data {rows.data}, the table of {rows.of}, that neither was trained on{window}"
    yield from answer.notes
    for compared in (answer.old, answer.new):
        same = "to the byte" if compared.rebuilt_exactly else "with OTHER bytes than recorded"
        yield f"{compared.name} was rebuilt {same}"
    yield "shares are Shapley values of retrained mixtures; ± by resampling blocks of rows, at the gate's confidence on each side"


def _share(share: Share, answer: Why) -> str:
    parts = _list([f"{part} {_versions(part, answer)}".rstrip() for part in share.parts[0].split(" and ")])
    where = f" (most at {share.where})" if share.where else ""
    return f"{signed(share.effect)} ± {figure(share.margin)} from {parts}{where}"


def _versions(part: str, answer: Why) -> str:
    """Return the numbers of a part before and after; the environment has none."""
    old, new = (
        {"code": made_of.code.version, "data": data_version(made_of.data), "config": made_of.config.version}.get(
            part, ""
        )
        for made_of in (answer.old.made_from, answer.new.made_from)
    )
    return f"{old} → {new}" if old and old != new else old


def _list(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
