"""Page furniture goes line by line, prose stays."""

import pytest

from pipelines.normalize.furniture import same_words, without_furniture
from pipelines.normalize.headings import without_headings
from pipelines.normalize.marks import without_marks
from pipelines.normalize.whitespace import fold

FIRST = "The harbour town opened its new library on Friday, two years after the old one burnt down."
SECOND = (
    "Readers queued around the block, and the mayor, who had promised to come, came late and "
    "stayed until the doors were closed."
)
LAST = (
    "“We will be here tomorrow as well,” said the librarian, and locked the door behind the last "
    "of the guests while the band was still playing."
)


@pytest.mark.parametrize(
    "line",
    [
        "Share this post",
        "SHARE ON FACEBOOK",
        "Tweet",
        "Copy link",
        "Comments",
        "Comments (12)",
        "3 comments",
        "Be the first to know",
        "Join our community and get notified about upcoming stories",
        "Subscribing...",
        "You've been subscribed!",
        "You’ve been subscribed!",
        "Something went wrong",
        "Sign up for our newsletter",
        "Advertisement",
        "Read more:",
        "4 min read",
        "O A",
    ],
)
def test_lines_of_furniture_go(line: str) -> None:
    """A line that equals a rule goes, whatever its case and the punctuation around it."""
    assert without_furniture([f"{FIRST}\n{line}\n{SECOND}"]) == [f"{FIRST}\n{SECOND}"]


@pytest.mark.parametrize(
    "line",
    [
        "She asked her readers to share this post.",  # mentions it
        "Comments are what he fears most.",
        "Twitter",  # a heading, in no company
        "Advertisement revenue fell.",
        "US",
        "A B testing",
        "“Tweet”?",
    ],
)
def test_prose_stays(line: str) -> None:
    """A line that only holds a rule's words, or may be a heading, is the story's."""
    text = f"{FIRST}\n{line}\n{SECOND}"
    assert without_furniture([text]) == [text]


def test_networks_in_company_are_a_share_bar() -> None:
    """Names that alone may be headings go where they stand together."""
    assert without_furniture([f"{FIRST}\nFacebook\nTwitter\nEmail"]) == [FIRST]


PROMPT = "Share this post\nComments\nBe the first to know\nSubscribing...\nSomething went wrong"
TEASER = "Ferry runs again\nFerry runs again\nAfter a week in the dock the ferry was back on the"
STORY = f"{FIRST}\n{SECOND}\n{LAST}"


@pytest.mark.parametrize(
    ("page", "story"),
    [
        (f"{STORY}\n{PROMPT}\n{TEASER}\nO A\n{TEASER}\nO A", STORY),  # a page of several stories
        (f"{STORY}\n{PROMPT}\nFerry runs again\nAfter a week in\nO A", STORY),  # told by initials
        (f"{FIRST}\n{PROMPT}\n{SECOND}\n{LAST}", STORY),  # a prompt in the middle of a story
        (f"{STORY}\n{TEASER}", f"{STORY}\n{TEASER}"),  # without a prompt it may be a refrain
        (f"Comments\n{TEASER}\n{STORY}", f"{TEASER}\n{STORY}"),  # a prompt at the page's head
    ],
)
def test_story_ends_where_teasers_begin(page: str, story: str) -> None:
    """After a prompt, doubled headings and initials belong to other stories."""
    assert without_furniture([page]) == [story]


def test_story_after_a_doubled_heading_is_no_teaser() -> None:
    """What is longer than teasers are is a story, wherever it stands."""
    story = "\n".join(f"{SECOND} {i}" for i in range(5))
    page = f"{FIRST * 3}\nComments\nA heading\nA heading\n{story}"
    assert without_furniture([page])[0].endswith(story)


def test_many_prompts_take_linear_time() -> None:
    """A page of nothing but prompts is no trap."""
    page = FIRST * 3 + "\nComments\nSomebody" * 3_000
    assert without_furniture([page])[0].count("Somebody") == 3_000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ferry runs again", "FERRY RUNS AGAIN!", True),
        ("“Ferry” runs", "Ferry runs", True),
        ("Ferry runs", "Ferry ran", False),
        ("!", "?", False),  # no words
    ],
)
def test_same_words(one: str, other: str, same: bool) -> None:
    """Case and punctuation make no other line."""
    assert same_words(one, other) is same


@pytest.mark.parametrize(
    ("title", "text", "plain_title", "plain_text"),
    [
        ("Ferry runs", "FERRY RUNS!\nIt sailed.", "Ferry runs", "It sailed."),
        ("Ferry runs", "Ferry runs\nFerry runs\nIt sailed.", "Ferry runs", "It sailed."),
        ("Ferry runs", "Ferry runs. Ferry runs. It sailed.", "Ferry runs", "It sailed."),
        ("Ferry runs", "Ferry runs again, they say.", "Ferry runs", "Ferry runs again, they say."),
        ("Ferry runs", "Ferry runs", "Ferry runs", "Ferry runs"),  # nothing else would be left
        ("Old ferry runs Old ferry runs", "It sailed.", "Old ferry runs", "It sailed."),
        ("Ferry runs\nFerry runs", "It sailed.", "Ferry runs", "It sailed."),
        ("Ferry runs\nagain", "It sailed.", "Ferry runs again", "It sailed."),
        ("Pago Pago", "It sailed.", "Pago Pago", "It sailed."),  # names that are doubled
        ("New York New York", "It sang.", "New York New York", "It sang."),
        ("", "Ferry runs\nFerry runs\nIt sailed.", "Ferry runs", "It sailed."),
        ("", "Ferry runs\nIt sailed.", "", "Ferry runs\nIt sailed."),
        ("Ferry runs", "", "Ferry runs", ""),
    ],
)
def test_titles_stand_once(title: str, text: str, plain_title: str, plain_text: str) -> None:
    """A doubled title becomes single, and does not stand in its text as a heading."""
    assert without_headings([title], [text]) == ([plain_title], [plain_text])


@pytest.mark.parametrize(
    ("text", "whole", "cut"),
    [
        ("It sailed… [+123 chars]", "It sailed", True),
        ("It sailed... [+1 chars]", "It sailed", True),
        ("[+123 chars]", "", True),
        ("It costs [+x chars]", "It costs [+x chars]", False),
        ("It sailed…", "It sailed…", False),  # a writer's ellipsis
    ],
)
def test_marks_of_a_cut(text: str, whole: str, cut: bool) -> None:
    """The services' mark goes and is remembered."""
    assert without_marks([text], [False]) == ([whole], [cut])


def test_a_cut_that_was_declared_stays() -> None:
    """A text that the source said is cut off stays so, marked or not."""
    assert without_marks(["It sailed"], [True]) == (["It sailed"], [True])


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("a  b\tc", "a b c"),
        ("a\tb", "a b"),
        ("a \n\n\n b\n c ", "a\nb\nc"),
        ("\n a", "a"),
        ("  ", ""),
        ("", ""),
        ("é  ü 👍  x", "é ü 👍 x"),
        ("as it is\nand should be", "as it is\nand should be"),
    ],
)
def test_white_space_is_folded(text: str, folded: str) -> None:
    """One space between words, one newline between paragraphs, none at the ends."""
    assert fold([text]) == [folded]
    assert fold(["x", text, "y"]) == ["x", folded, "y"]
