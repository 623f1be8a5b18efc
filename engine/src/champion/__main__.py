"""`python -m champion` is the command `pipeline`."""

from champion.cli.main import main

main()
