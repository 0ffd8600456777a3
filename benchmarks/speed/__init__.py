"""How fast Newsbeam is, beside what people would use instead: `make bench`.

A part is a module of this package with `NAME` and `figures() -> {figure: value}`. What is held to a
floor are ratios to something timed in the same run; absolute figures are this machine's.
"""

PARTS = ("batch", "workers", "writer", "growth", "peers", "queries")
