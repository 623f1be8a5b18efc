"""The picture of what each change did."""

from matplotlib.figure import Figure

from champion.core import words
from champion.core.documents.answers import Why
from champion.evaluate.figures import BETTER, COLOURS, WORSE


def waterfall(answer: Why) -> Figure:
    """Draw how the old loss became the new one, a step per part."""
    figure = Figure(figsize=(9, 1.4 + 0.6 * (len(answer.shares) + 2)), layout="constrained")
    axes = figure.subplots()
    (old, new), level = answer.loss, answer.loss[0]
    reach = [0.0, old, new]  # on the way, a loss may rise above both or fall below nothing
    steps = [" and ".join(share.parts) for share in answer.shares]
    axes.set_yticks(range(len(steps) + 2), [answer.old.name, *steps, answer.new.name])
    for place, value, side in ((0, old, "champion"), (len(steps) + 1, new, "candidate")):
        axes.barh(place, value, color=COLOURS[side])
        axes.text(value, place, f" {words.figure(value)}", va="center")
    for place, share in enumerate(answer.shares, start=1):
        step, margin = share.effect, share.margin
        axes.barh(
            place, step, left=level, xerr=margin, color=WORSE if step > 0 else BETTER, ecolor="#444444", capsize=3
        )
        axes.text(
            max(level, level + step) + margin, place, f" {words.signed(step)} ± {words.figure(margin)}", va="center"
        )
        level += step
        reach += [level - margin, level + margin]
    axes.invert_yaxis()
    axes.set(xlabel=f"{answer.metric}, smaller is better", title="What each change did")
    axes.set_xlim(1.05 * min(reach), 1.25 * max(reach))
    axes.spines[["top", "right"]].set_visible(False)
    return figure
