"""The one exception that a person is meant to read."""


class PipelineError(Exception):
    """What was found, what was expected, what to do next. Printed without a traceback."""
