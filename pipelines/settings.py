"""What can be set: parsed once, then typed. Units stand in the names."""

from pydantic import BaseModel, ConfigDict


class Verdicts(BaseModel):
    """What changes verdicts: fixed in the table's properties when a lake is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    horizon_days: int = 31  # event ids are known, and exact keys at most; Pub/Sub's longest
    horizon_stories: int = 5_000_000  # rows told again by their content; 850 bytes of memory each
    min_similarity: float = 0.45  # Jaccard of word bigrams
    min_containment: float = 0.70  # of the smaller text's bigrams in the larger
    min_revision: float = 0.20  # words in common that make the same URL a revision
    exact_words: int = 25  # from here on equal texts are one story whatever their titles
    near_words: int = 60  # below, only equal or cut-off texts merge
    sketch_version: int = 1
