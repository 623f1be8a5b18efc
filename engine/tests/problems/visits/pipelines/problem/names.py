"""What things are called."""

NAME = "returning-visits"
DESCRIPTION = "Whether a patient comes back within a month, from the note of the visit. One in twelve does."

KEY = ["visit"]
TIME: str | None = None
GROUP: str | None = "person"  # one person's visits resemble each other: all are held out, or none
TARGET = "returned"
