"""Yours: what things are called."""

NAME = "traffic-demand"  # the MLflow experiment and the registered model
DESCRIPTION = "Vehicles per hour on Interstate 94, one week ahead."

KEY = ["time"]  # the columns that make a row the same row
TIME: str | None = "time"  # the column that orders rows; None if they have no order
GROUP: str | None = None  # the column whose rows belong together, such as a person; None if each row is alone
TARGET = "vehicles"  # the column to predict
