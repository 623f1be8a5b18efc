"""What things are called."""

NAME = "store-sales"
DESCRIPTION = "Sales of each store and day, a week ahead. A panel: stores open and close."

KEY = ["store", "day"]
TIME: str | None = "day"
GROUP: str | None = None
TARGET = "sales"
