"""The exceptions that a person is meant to read."""


class PipelineError(Exception):
    """What was found, what was expected, what to do next. Printed without a traceback."""


class Refusal(PipelineError):
    """The answer to a person's request is no."""
