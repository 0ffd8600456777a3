"""What Newsbeam reads and writes: events, topics, reasons and tables.

Imports pydantic and pyarrow, never Beam: a consumer of the lake can use it alone.
"""
