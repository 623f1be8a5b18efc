"""What the model may know of a row."""

import pandas as pd

HORIZON: pd.Timedelta | None = None  # no feature looks at other rows


def features(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the ticket itself says."""
    return pd.DataFrame(
        {
            "hour": table["opened"].dt.hour,
            "channel": table["channel"].astype(object),  # text with missing values, as users have it
            "words": table["words"],
            "amount": table["amount"],
            "attachments": table["attachments"].astype(float),
        }
    )


def slices(rows: pd.DataFrame) -> pd.DataFrame:
    """Channels."""
    return pd.DataFrame({"channel": rows["channel"]})
