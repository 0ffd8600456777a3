"""The model card: written with the model, so that its figures are the model's own."""

from collections.abc import Mapping, Sequence
from datetime import date

from pipelines.tag.corpora import Corpus
from pipelines.tag.evaluate import Measures, means
from pipelines.tag.model import BUCKETS, HEADS, LIMIT, Model

_COLUMNS = {
    "accuracy": "accuracy",
    "balanced": "balanced",
    "f1_politics": "F1 politics",
    "f1_sports": "F1 sports",
    "auc_politics": "AUC politics",
    "auc_sports": "AUC sports",
    "error_politics": "error politics",
    "error_sports": "error sports",
    "coverage": "coverage",
    "confident": "right if confident",
}


def figures_table(measured: Mapping[str, Measures], baseline: Mapping[str, Measures]) -> list[str]:
    """The figures as lines of a Markdown table: a source each, their mean, the word lists' mean."""
    rows = {name: {c: getattr(one, c) for c in _COLUMNS} for name, one in measured.items()}
    rows |= {"mean": means(measured), "word lists, mean": means(baseline)}
    lines = ["| left out | " + " | ".join(_COLUMNS.values()) + " |"]
    lines.append("| --- " * (len(_COLUMNS) + 1) + "|")
    for name, row in rows.items():
        cells = ["–" if row[c] != row[c] else f"{row[c]:.3f}" for c in _COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def model_card(
    model: Model,
    taught: Sequence[Corpus],
    measured: Mapping[str, Measures],
    baseline: Mapping[str, Measures],
    day: date,
) -> str:
    """The card as Markdown."""
    corpora = "\n".join(f"| {c.name} | {_counts(c)} |" for c in taught)
    heads = "\n".join(
        f"| {head} | {model.slope[h]:.3f} | {model.offset[h]:+.3f} | {model.band[h]:.2f} |"
        for h, head in enumerate(HEADS)
    )
    return CARD.format(
        version=model.version,
        day=day.isoformat(),
        corpora=corpora,
        heads=heads,
        limit=LIMIT,
        buckets=f"{BUCKETS:,}",
        figures="\n".join(figures_table(measured, baseline)),
    )


def _counts(corpus: Corpus) -> str:
    politics, sports = corpus.labels
    other = ((politics == -1) & (sports == -1)).sum()
    counts = ((politics == 1).sum(), (sports == 1).sum(), other, (politics == 0).sum())
    return " | ".join(f"{count:,}" for count in counts)


CARD = """# The tagger's model

Version {version} (a digest of everything that decides a tag), taught on {day}. `newsbeam train`
writes this card together with `weights.npz`.

## What it does

Two linear heads say how much an English news story is about politics and about sports. A head's
margin is the sum of the weights of the story's words and pairs of neighbouring words (the title,
the summary unless the text begins with it, the text's first {limit} words), over the root of their
number, plus a bias. Words are hashed into {buckets} buckets of eight bits a head.

- **politics**: government, parliaments, elections, parties, courts on matters of state, diplomacy.
- **sports**: matches, athletes and teams at their sport, leagues, transfers, competitions. A film
  about a player or a shoe named after one is meant to be neither.

A margin above 0 is on the topic, the greater one where both are. A topic of `both` needs one margin
above 0, the other above -1, and words of `evidence.toml`: one for each topic in the title; or, in
the title and the first 30 words after it together, two for each, at least one of all in the title;
where both margins are above 0 or within the band, one for each and three in all will do there.
`topic_confident` is false where a margin is nearer to 0 than the band, or where both are above 0
and the words for `both` are missing.
Probability = logistic(slope · margin + offset).

| head | slope | offset | band |
| --- | --- | --- | --- |
{heads}

A story whose language is known and not English has no topic. Where it is too short to tell, it has
one if at least two of its words, and at least half of them, are known from English news.

## What it was taught

| source | politics | sports | other | unknown |
| --- | --- | --- | --- | --- |
{corpora}

At most 20,000 documents of a kind and source. The labels of `newsapi` are weak; HuffPost's world,
U.S., media, comedy and crime sections count as unknown for politics; AllSides is politics but for
its sports section. Each document is shown whole and in crops, and each view again with half of its
features gone; squared hinge, L-BFGS. The words of each of six lists, written by hand, share one
weight more, which is folded in. Seeded: the same data gives the same weights.

## How good it is

Each of five sources left out in turn, a model taught by the other four, thresholds at 0, the
calibration fitted on the other sources. Accuracy and balanced accuracy: sports against politics,
for stories that are one of them. F1 and AUC: among all stories, those about neither included.
Error: expected calibration error over ten bins. Coverage: the share of stories outside the band;
the last column is how often their topic is right. AllSides is nearly all politics and has a say in
the balanced accuracy and the last two columns only; AG News' "World" stands in for politics where
that is told from sports, has no say in the other columns about politics, and never teaches it.
Probabilities are calibrated as if a fifth of each source's stories were about the topic. The word
lists alone: a word counts 1 for its topic and a half against another, one of the world's a half for
politics.

{figures}

The kept model is taught by the sources of the table above this one; the other two only
measure and calibrate.

## Limits

- English only, news of 2004 to 2022, mostly from the United States, Britain and India. Names that
  rose later are unknown; what stands around them has to do.
- World news between diplomacy and disaster is where politics is told worst, and where the sources
  themselves disagree.
- Probabilities are calibrated over the sources together; one source's share of politics may be far
  from theirs.
- `both` is rare: 55 different headlines in 150,000 news items of 2022, 45 of them right when read
  by hand, most about one tennis player's visa and one Olympics. Its words and limits were settled
  on these items, so that other years may fare worse.
- The names in the word lists are those of 2000 to 2022.
- A headline alone is told less well than a headline with two sentences of text.
"""
