"""Newsbeam's pipeline: one folder a stage, named as the stage is.

`STAGES` is the journey of an event, in flow order: the label of the step in the graph, and where
its function lives. Nothing here imports Beam.
"""

STAGES = {
    "Read": "pipelines.read",
    "Decode": "pipelines.decode.decode",
    "Normalize": "pipelines.normalize.normalize",
    "Tag": "pipelines.tag.tag",
    "Sketch": "pipelines.deduplicate.sketch",
    "Commit": "pipelines.lake.commit",
}
