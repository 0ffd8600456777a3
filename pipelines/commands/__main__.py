"""`python -m pipelines.commands` is `newsbeam`."""

from pipelines.commands import main

main()
