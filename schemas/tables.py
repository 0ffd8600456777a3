"""The columns of the lake's four kinds of row, and of the batches on their way there.

All rows live in one Delta table (`LAKE`), partitioned by `kind`, `arrived_date` and `topic`; a file
holds only its own kind's columns. Times are UTC microseconds.
"""

import pyarrow as pa

TIME = pa.timestamp("us", "UTC")
PARTITIONS = ["kind", "arrived_date", "topic"]
KINDS = ("story", "duplicate", "dead_letter", "commit")

# Where an event came from and when: every event's row has these.
_ARRIVAL = [
    pa.field("event_id", pa.string()),  # which arrivals are one event
    pa.field("attributes", pa.string()),  # message attributes, a JSON object, or null
    pa.field("arrived_at", TIME),  # when it was read; never goes back
]

# Where a row stands in the lake.
_PLACE = [
    pa.field("commit", pa.int64()),  # the log version that brought it
    pa.field("ordinal", pa.int64()),  # its place in the lake's order, without gaps
]

_CONTENT = [
    pa.field("publisher_id", pa.string()),  # `<site, publisher or source>#<the body's id>`, or null
    pa.field("url", pa.string()),  # as a reader would fetch it
    pa.field("url_key", pa.string()),  # equal for spellings of one page
    pa.field("title", pa.string()),
    pa.field("text", pa.string()),
    pa.field("summary", pa.string()),
    pa.field("truncated", pa.bool_()),  # the source cut the text off
    pa.field("authors", pa.list_(pa.string())),
    pa.field("section", pa.string()),
    pa.field("publisher", pa.string()),
    pa.field("site", pa.string()),  # registered domain of the URL
    pa.field("language", pa.string()),  # ISO 639-1, as detected; null where too short to tell
    pa.field("language_declared", pa.string()),
    pa.field("published_at", TIME),  # null when unknown, never invented
    pa.field("published_raw", pa.string()),
    pa.field("topic", pa.string()),  # null where the tagger cannot read the language
    pa.field("politics_score", pa.float32()),  # calibrated probability
    pa.field("sports_score", pa.float32()),
    pa.field("topic_confident", pa.bool_()),  # false inside the abstain band
    pa.field("topic_codes", pa.list_(pa.string())),  # IPTC Media Topics
    pa.field("extra", pa.string()),  # unknown members, a JSON object, or null
    pa.field("bands", pa.binary()),  # 64 little-endian uint32: what the index is rebuilt from
]

_STORY_NAME = [
    pa.field("story_id", pa.string()),  # event_id of the story's first event
    pa.field("previous_story_id", pa.string()),  # the story its URL or id named before, or null
]

_REPEAT = [
    pa.field("relation", pa.string()),  # exact, revision, truncated, expanded or near
    pa.field("similarity", pa.float32()),  # Jaccard of word bigrams with the story
    pa.field("containment", pa.float32()),  # of the smaller in the larger
]

_REJECTION = [
    pa.field("stage", pa.string()),
    pa.field("reason", pa.string()),  # a class of schemas.reasons
    pa.field("detail", pa.string()),
    pa.field("payload", pa.binary()),  # the original bytes
]

SOURCE = pa.struct(
    [
        pa.field("path", pa.string()),  # absolute URI, less --base
        pa.field("start", pa.int64()),  # decompressed bytes, from
        pa.field("end", pa.int64()),  # to
        pa.field("records", pa.int64()),
        pa.field("digest", pa.string()),  # xxh3_128 of those bytes, hexadecimal
    ]
)

_KIND = [pa.field("kind", pa.string()), pa.field("arrived_date", pa.date32())]

STORY = pa.schema(_KIND + _PLACE + _ARRIVAL + _STORY_NAME + _CONTENT)
DUPLICATE = pa.schema(_KIND + _PLACE + _ARRIVAL + _STORY_NAME + _CONTENT + _REPEAT)
DEAD_LETTER = pa.schema(_KIND + _PLACE + _ARRIVAL + _REJECTION)
COMMIT = pa.schema(
    [
        *_KIND,
        pa.field("commit", pa.int64()),
        pa.field("action", pa.string()),  # run, stream, compact, vacuum, replay or forget
        pa.field("received", pa.int64()),
        pa.field("stories", pa.int64()),
        pa.field("duplicates", pa.int64()),
        pa.field("dead_letters", pa.int64()),
        pa.field("redelivered", pa.int64()),
        pa.field("sources", pa.list_(SOURCE)),  # what of which file is in this commit
        pa.field("first_arrival", TIME),
        pa.field("last_arrival", TIME),
        pa.field("committed_at", TIME),
        pa.field("versions", pa.string()),  # tagger, rules and sketch, a JSON object
    ]
)

SCHEMAS = dict(zip(KINDS, (STORY, DUPLICATE, DEAD_LETTER, COMMIT), strict=True))
LAKE = pa.unify_schemas(list(SCHEMAS.values()))

# What the deciding needs beside the content; recomputable from it, hence never in the lake.
# Keys are 64-bit hashes, 0 where the thing they name is missing.
KEYS = pa.schema(
    [
        pa.field("event_key", pa.uint64()),
        pa.field("content_key", pa.uint64()),  # the text's words in order
        pa.field("title_key", pa.uint64()),
        pa.field("summary_key", pa.uint64()),  # missing where the summary is all of the text
        pa.field("url_hash", pa.uint64()),
        pa.field("publisher_hash", pa.uint64()),
        pa.field("words", pa.list_(pa.uint32())),  # hashes of the text's words, in order
        pa.field("head_words", pa.list_(pa.uint32())),  # of the title's and then the summary's
    ]
)

# A batch that has passed Sketch, as it is staged for the commit: one row an event, in order of
# arrival. A row is a dead letter where `reason` is set (content null), else alive.
SKETCHED = pa.schema([*_ARRIVAL, *_CONTENT, *_REJECTION, *KEYS])
