"""Say counts, figures, shares and gains as a person would."""


def percent(share: float) -> str:
    """Show a share that is not negative, and never "0.0%" for something.

    >>> percent(0.0512), percent(0.0002), percent(0.0)
    ('5.1%', 'less than 0.1%', '0%')
    """
    shown = f"{max(share, 0):.1%}"  # rounding may leave a little less than nothing
    return shown if shown != "0.0%" else "less than 0.1%" if share > 0 else "0%"


def confidence(value: float) -> str:
    """Show a confidence with all digits that were asked for.

    >>> confidence(0.95), confidence(0.999)
    ('95% confidence', '99.9% confidence')
    """
    return f"{100 * value:.10g}% confidence"


def saved(gain: float, of: str) -> str:
    """Say what a model saves of a loss, or adds to it.

    >>> saved(0.023, "the champion's mae"), saved(-0.051, "the champion's mae"), saved(0.0, "it")
    ("saves 2.3% of the champion's mae", "adds 5.1% to the champion's mae", 'saves nothing of it')
    """
    if gain > 0:
        return f"saves {percent(gain)} of {of}"
    return f"adds {percent(-gain)} to {of}" if gain < 0 else f"saves nothing of {of}"


def bounded(gain: float, low: float, of: str) -> str:
    """Say what a model saves, and what it saves at least or may add: `low` is the lower end of the gain.

    >>> bounded(0.101, 0.04, "it"), bounded(0.023, -0.04, "it")
    ('saves 10.1% of it, at least 4.0%', 'saves 2.3% of it, but may add 4.0%')
    >>> bounded(0.014, 0.0001, "it")
    'saves 1.4% of it, at least a little'
    >>> bounded(-0.051, -0.08, "it"), bounded(0.0, 0.0, "it")
    ('adds 5.1% to it, perhaps 8.0%', 'saves nothing of it')
    """
    if low > 0:
        return f"{saved(gain, of)}, at least {percent(low) if low >= 0.0005 else 'a little'}"
    if not low < min(gain, 0):
        return f"{saved(gain, of)}, but may save nothing" if gain > 0 else saved(gain, of)
    return f"{saved(gain, of)}, {'perhaps' if gain < 0 else 'but may add'} {percent(-low)}"


def plural(count: int, noun: str) -> str:
    """Return a count and its noun.

    >>> plural(1, "row"), plural(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def figure(value: float) -> str:
    """Show four digits, and no exponents for what people count.

    >>> figure(1234.567), figure(0.123456)
    ('1,234.6', '0.1235')
    """
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4g}"


def signed(value: float) -> str:
    """Show a difference: the figure with its sign."""
    return f"{'-' if value < 0 else '+'}{figure(abs(value))}"


def sentence(said: str) -> str:
    """Return words as a sentence."""
    return f"{said[:1].upper()}{said[1:]}."
