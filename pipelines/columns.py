"""The columns that say which row it is. They travel beside the features, and the model never sees them."""

from pipelines.problem.names import GROUP, KEY, TIME

ROW = list(dict.fromkeys(name for name in (*KEY, TIME, GROUP) if name is not None))
ENTITY = [name for name in KEY if name != TIME] if TIME in KEY else []  # of a panel: whose time series a row is of
UNIT = KEY if GROUP is None else [GROUP]  # what stands whole on one side of a split without time
