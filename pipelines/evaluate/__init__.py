"""Measures of quality on labels, a module a text stage, for `newsbeam evaluate` and the gate.

Each has `measure(labels) -> {figure: value}`; its docstring says what a label holds.
"""
