"""Benchmarks print tables, so Beam's chatter is kept out before anything imports it."""

from pipelines.commands.quiet import quiet_beam

quiet_beam()
