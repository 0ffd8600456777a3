"""What an event can be to the stories before it, by number and by name."""

RELATIONS = (
    "story",
    "exact",
    "revision",
    "truncated",
    "expanded",
    "near",
    "dead_letter",
    "redelivered",
)
STORY, EXACT, REVISION, TRUNCATED, EXPANDED, NEAR, DEAD_LETTER, REDELIVERED = range(8)
