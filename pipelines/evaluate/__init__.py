"""Measures of quality on labels, one module a text stage; `newsbeam evaluate` and the gate use them.

Each has `measure(labels) -> {figure: value}`; its docstring says what a label holds.
"""
