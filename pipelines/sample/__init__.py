"""Made-up news, any amount of it, with the known truth beside it.

    words/*.toml → grammar → stories → outlets, page → repeats, broken → newsroom → files

Everything is our own writing, put together from word lists; people, places and outlets do not
exist. Nothing here imports Beam.
"""
