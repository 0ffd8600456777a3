"""HTML fragments become text; prose that looks like HTML stays as it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.normalize.fragment import fragment_to_text


def paragraphs(fragment: str) -> list[str]:
    [text] = fragment_to_text([fragment])
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    "prose",
    [
        "a < b and c > d",
        "if x<y",
        "x<b and c>d",  # `b` is an element, but one-letter tags have values in their attributes
        "I <3 this & that",
        "AT&T, Q&A, ?a=1&copy=2",
        "Reply to <jane@example.org>",
        "ends with <b",
        "Plain text of one line.",
    ],
)
def test_prose_survives(prose: str) -> None:
    """Angle brackets and ampersands that are no markup stay."""
    assert fragment_to_text([prose]) == [prose]


def test_plain_texts_are_passed_on() -> None:
    """A text without `<` and `&` is not even copied."""
    text = "Nothing to do here."
    assert fragment_to_text([text])[0] is text


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("<p>One</p><p>Two <b>bold</b></p>", ["One", "Two bold"]),
        ("One<br>Two<BR/>Three", ["One", "Two", "Three"]),
        ("<p>a line\nbroken in the source</p>", ["a line broken in the source"]),
        ("lines\nkept with <a href='/x'>a link</a>", ["lines", "kept with a link"]),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", ["1 2", "3"]),
        ("<ul><li>first<li>second</ul>", ["first", "second"]),
        ("be<b>fo</b>re", ["before"]),  # inline elements part no words
        ("a<script>if (x<y) {}</script>b<style>p{}</style>c", ["abc"]),
        ("kept<script>the rest is code", ["kept"]),
        ("kept <noscript>without its end", ["kept without its end"]),
        ("a<!-- <p>not shown</p> -->b", ["ab"]),
        ("<![CDATA[<p>inner</p>]]>", ["inner"]),
        ("<!DOCTYPE html><html><head><title>T</title></head><body>B</body></html>", ["B"]),
        ('<a title="x > y" href="z">link</a> rest', ["link rest"]),
        ('<img alt="a < b">after', ["after"]),
        ('<p class="x>lost quote</p> after', ["lost quote", "after"]),
        ("<p>5 < 6 and <3</p>", ["5 < 6 and <3"]),
        ("<p>text<o:p>own</o:p> <x-y>elements</x-y></p>", ["textown elements"]),
        ("<p>Fish &amp; chips &#8217; &#x2019; caf&eacute;</p>", ["Fish & chips ’ ’ café"]),
        ("It&amp;#8217;s doubly escaped", ["It’s doubly escaped"]),
        ("&lt;p&gt;Escaped&lt;/p&gt; whole", ["Escaped", "whole"]),
        ("<p>The &lt;p&gt; tag</p>", ["The <p> tag"]),
        ("<ul><li>News</li><li>Cut o</l… [+80 chars]", ["News", "Cut o… [+80 chars]"]),
        ('<p>Cut</p> inside <a href="http', ["Cut", "inside"]),
        ("Tom &am… [+9 chars]", ["Tom … [+9 chars]"]),
    ],
)
def test_fragments_become_paragraphs(fragment: str, expected: list[str]) -> None:
    """Blocks part paragraphs, inline elements leave no trace, hidden content goes."""
    assert paragraphs(fragment) == expected


STORY = "<p>" + "The council met on Monday and voted for the bridge. " * 5 + "</p>"


@pytest.mark.parametrize(
    "widget",
    [
        '<div class="share-bar"><a>Facebook</a><a>Tweet</a></div>',
        '<ul class="social_links"><li>Follow us</li></ul>',
        '<section id="comments"><h3>Comments</h3><div>Nice</div></section>',
        '<div class="box newsletter"><div>Sign up</div><div>now</div></div>',
        '<aside class="relatedPosts"><p>Another story</p></aside>',
        "<div class=promo>Buy now</div>",
        "<nav><a>Home</a></nav>",
        "<form><input><button>Send</button></form>",
        "<DIV CLASS='Ad'>Buy</DIV>",
    ],
)
def test_widgets_go(widget: str) -> None:
    """Elements that are no part of a story are told by their name or class."""
    assert paragraphs(STORY + widget + STORY) == paragraphs(STORY + STORY)


@pytest.mark.parametrize(
    "fragment",
    [
        f'<div class="has-comments share">{STORY}</div>',  # holds most of the text
        f'<div class="entry-content read-more">{STORY}</div>{STORY * 9}',  # named as main text
        f'<div class="share">{STORY}{STORY}',  # never closed
        f'<p class="teaser">{STORY[3:]}{STORY * 5}',  # a standfirst
        f'<div class="reshared">{STORY}</div>{STORY * 5}',  # only part of a word
    ],
)
def test_main_text_is_never_a_widget(fragment: str) -> None:
    """A class does not cost a story its text."""
    text = " ".join(paragraphs(fragment))
    assert text.count("The council met") == fragment.count("The council met")


N = 10_000


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * N,
        '<div class="share">' * N,
        "<div><p>" * N + "x",
        '<a "' * N,
        "<p '" * N,
        "<" * N * 4,
        "<script>" * N,
        "<noscript>" * N,
        "<!--" * N,
        "&amp;" * N * 2,
        '<img src="data:' + "A" * 10 * N + '">x',
        "<div " + 'class="' * N + ">x",
        '<a ">' + "<a '>" * N,
        "<b " + "\t a=b" * N,
        '<a b="' + "<a b='\"" * N,
        "<" + "a:" * N,
        "<p " + "a = " * N,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_fragments_take_linear_time(hostile: str) -> None:
    """No nesting, missing end or giant attribute makes the time grow faster than the text."""
    started = time.perf_counter()
    fragment_to_text([hostile])
    assert (
        time.perf_counter() - started < 2
    )  # 50 ms, where nothing else runs; quadratic ones would take half a minute


@given(st.lists(st.sampled_from(["<p>", "</p>", "<b", ">", "<", "&lt;", "x ", '"', "<!--", "-->"])))
def test_anything_becomes_text(parts: list[str]) -> None:
    """No arrangement of markup raises, and words outside tags that are closed stay."""
    [text] = fragment_to_text(["".join(["word ", *parts])])
    assert text.strip().startswith("word")
