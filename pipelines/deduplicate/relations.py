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

# Of the rules by which events become these; raised whenever a verdict may be another. Rows keep
# their verdicts: a lake may hold several versions' rows, and each commit says by which it was made.
RULES_VERSION = 2
