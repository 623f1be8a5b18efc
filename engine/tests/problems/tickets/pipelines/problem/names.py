"""What things are called."""

NAME = "ticket-topics"
DESCRIPTION = "The topic of a support ticket, from what is known when it is opened. Five classes, one of them rare."

KEY = ["ticket"]
TIME: str | None = "opened"  # a moment beside the key
GROUP: str | None = None
TARGET = "topic"
