"""What `pipeline replay` found, in words, as a picture and as a page. Pure."""

from collections.abc import Mapping
from html import escape

import numpy as np
from matplotlib.figure import Figure

from champion.core.documents.replay import Decided, Lived, Replay
from champion.core.words import figure, plural
from champion.report import html


def text(answer: Replay) -> str:
    """Return the answer as Markdown, for a terminal as well."""
    first, last = answer.live_window
    lines = [
        f"{answer.metric} in use over {plural(answer.rows, 'row')}, {first} to {last}; a step every {answer.every} days.",
        "",
        html.markdown(_policies(answer)),
    ]
    if answer.stopped:
        lines += ["", stops(answer.stopped)]
    return "\n".join(lines)


def stops(stopped: Mapping[str, str]) -> str:
    """Say at how many steps the pipeline stopped, and why, a line for each reason; empty if at none."""
    days: dict[str, list[str]] = {}
    for day, said in stopped.items():
        days.setdefault(" ".join(line.strip() for line in said.splitlines()[:2]), []).append(day)
    lines = [f"- {each[0]}{f' and {len(each) - 1} more' if each[1:] else ''}: {said}" for said, each in days.items()]
    head = f"The pipeline stopped at {plural(len(stopped), 'step')}, so there was no candidate:"
    return "\n".join([head, *lines]) if lines else ""


def _policies(answer: Replay) -> html.Table:
    today = answer.policies[0].live
    head = ["policy", answer.metric, "against params.yaml", "promotions", "alarms"]
    return head, [
        [policy.name, figure(policy.live), _against(policy, today), str(policy.promotions), str(policy.alarms)]
        for policy in answer.policies
    ]


def _against(policy: Lived, today: float) -> str:
    return f"{policy.live / today - 1:+.1%}" if today > 0 else ""


def picture(answer: Replay) -> Figure:
    """Draw the loss in use by month, a line for each policy, and when that of params.yaml promoted."""
    drawn = Figure(figsize=(10, 5), layout="constrained")
    axes = drawn.subplots()
    months = list(answer.policies[0].by_month)
    places = np.arange(len(months))
    for number, policy in enumerate(answer.policies):  # that of params.yaml on top
        costs = [policy.by_month.get(month, np.nan) for month in months]
        axes.plot(places, costs, label=policy.name, linewidth=1.1 if number else 2.4, zorder=9 - number)
    promoted = {each.as_of[:7] for each in answer.policies[0].decided if each.outcome == "promote"}
    for month in promoted & {*months}:
        axes.axvline(months.index(month), color="#bbbbbb", linewidth=0.8, zorder=0)
    shown = places[:: 1 + len(months) // 10]
    axes.set_xticks(shown, [months[place] for place in shown])
    axes.set(ylim=(0, None), ylabel=f"{answer.metric} in use")
    axes.set_title("Loss in use by month; grey: promotions by params.yaml")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    return drawn


def page(answer: Replay, drawn: bytes) -> str:
    """Return one self-contained HTML page; `drawn` is the picture as PNG."""
    stopped = [[day, said] for day, said in answer.stopped.items()]
    decided = [_row(each) for each in answer.policies[0].decided]
    sections = [
        html.table(_policies(answer)),
        "<h2>What params.yaml decided</h2>",
        html.table((["as of", "faced", "outcome", "gain", "at least", "reasons"], decided)),
        "<h2>Where the pipeline stopped</h2>" if stopped else "",
        html.table((["as of", "because"], stopped)),
    ]
    return html.page(
        "Policies of promotion over the same past",
        "why.html",
        sentence=escape(text(answer).splitlines()[0]),
        picture=html.image("Loss in use by month and policy", drawn),
        sections="".join(sections),
    )


def _row(decided: Decided) -> list[str]:
    gains = [f"{100 * gain:+.1f}%" if gain is not None else "" for gain in (decided.gain, decided.gain_low)]
    return [decided.as_of, decided.faced, decided.outcome, *gains, "; ".join(decided.reasons)]
