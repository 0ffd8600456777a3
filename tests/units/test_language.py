"""Languages: English by its stop words, the rest as py3langid says."""

import numpy as np
import pytest
from py3langid.langid import LanguageIdentifier

from pipelines.normalize.language import (
    _HEAD_START,
    _OF_MOST_NEWS,
    _PARTS_OF,
    _classify,
    _encoded,
    _stop_words,
    languages,
)
from pipelines.words import words

SENTENCES = {
    "ar": "قال الوزير في مؤتمر صحفي إن الحكومة قدمت مشروع القانون قبل نهاية العام",
    "bg": "Министърът каза на пресконференция, че правителството е внесло законопроекта в срок.",
    "da": "Det er ikke første gang, at regeringen har lagt et forslag frem for Folketinget.",
    "de": "Er will nicht über die Sache reden, sagte der Minister, und man muss das so hinnehmen.",
    "el": "Ο υπουργός δήλωσε ότι η κυβέρνηση κατέθεσε το νομοσχέδιο πριν από το τέλος του έτους.",
    "en": "The minister said that the bill had been put forward before the end of the year.",
    "es": "El gobierno no ha presentado el proyecto antes de fin de año, dijo el ministro.",
    "fr": "On ne sait pas encore si le gouvernement va présenter le projet cette année.",
    "hi": "मंत्री ने संवाददाता सम्मेलन में कहा कि सरकार ने साल के अंत से पहले विधेयक पेश किया।",
    "it": "Il governo ha presentato il disegno di legge prima della fine dell'anno.",
    "ja": "政府は年末までに法案を提出したと大臣は記者会見で述べた。",
    "ko": "장관은 기자회견에서 정부가 연말 전에 법안을 제출했다고 말했다.",
    "nl": "De minister was niet blij met het besluit, maar hij wil of kan er niet over praten.",
    "pl": "To nie jest pierwszy raz, gdy rząd przedstawił projekt ustawy, by mógł zostać przyjęty.",
    "pt": "O governo apresentou o projeto antes do fim do ano, mas a oposição não quis votar.",
    "ru": "Министр заявил, что правительство внесло законопроект до конца этого года.",
    "sv": "Det var inte första gången som regeringen lade fram ett förslag under mötet.",
    "tr": "Hükümet yıl sonundan önce yasa tasarısını sundu, dedi bakan basın toplantısında.",
    "uk": "Міністр сказав на пресконференції, що уряд подав законопроєкт до кінця року.",
    "zh": "部长在新闻发布会上说，政府在年底前提交了法案。",
}


def detect(titles: list[str], texts: list[str] | None = None) -> list[str | None]:
    texts = texts or [""] * len(titles)
    return languages(words(titles), words(texts), titles, texts)


def test_each_sentence_gets_its_language():
    """Twenty languages in one batch are told apart, by code of ISO 639-1."""
    assert detect(list(SENTENCES.values())) == list(SENTENCES)


def test_answers_are_py3langids():
    """What goes through the automaton gets the class that `classify` names, but a head start."""
    identifier = LanguageIdentifier.from_model_file("data/model.npz.xz")
    ahead = [_HEAD_START * (name in _OF_MOST_NEWS) for name in identifier.nb_classes]
    identifier.nb_pc = identifier.nb_pc + np.array(ahead, np.float32)
    samples = [
        *SENTENCES.values(),
        *(sentence.upper() for sentence in SENTENCES.values()),
        *(sentence[:25] for sentence in SENTENCES.values()),
        "e\u0301te\u0301 apre\u0300s e\u0301te\u0301",  # accents apart
        "\ud800 half a character",
    ]
    named = [identifier.classify(sample)[0] for sample in samples]
    expected = [_PARTS_OF.get(name, name if len(name) == 2 else None) for name in named]
    assert _classify([_encoded(sample) for sample in samples]) == expected


def test_no_feature_no_language():
    """py3langid calls it Afrikaans when it knows nothing: here it has no language."""
    assert _classify([b"", b"\x00"]) == [None, None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12:30",  # no letter
        "Budget 2022",  # too short
        "Live: Kings v Bulls",  # names
        "!? ... 2022 2023 2024 2025 2026 2027 2028 2029 2030 2031 2032 2033 2034",
    ],
)
def test_too_little_text_has_no_language(text):
    """A guess from a few letters would be wrong one time in five: None instead."""
    assert detect([text]) == [None]


@pytest.mark.parametrize(
    "title",
    [
        "Why the talks failed",  # short, but made of English words
        "The mayor’s “bridge” – and who paid for it",  # curly quotes and dashes are English too
        "Zoë and André will have been there before",  # as are a few borrowed letters
    ],
)
def test_short_english_is_told_by_its_words(title):
    """Two stop words in ten are enough, whatever the automaton makes of the names."""
    assert detect([title]) == ["en"]


def test_english_words_in_another_script_are_not_english():
    """A quotation does not make a Russian story English."""
    text = SENTENCES["ru"] + " «The end of the year and what they said»"
    assert detect([text]) == ["ru"]


def test_english_names_in_a_long_text_are_not_english():
    """What counts is their share: two English names, and words that Dutch and English have."""
    dutch = (
        "De minister is niet blij met het besluit, maar wie daar werkt, mag er niets over zeggen."
    )
    text = " ".join(
        [*[dutch] * 9, "Zij schreef het in The New Yorker, en toen in de New York Times."]
    )
    assert detect([text]) == ["nl"]


def test_close_relatives_are_told_by_how_much_news_they_have():
    """Indonesian and Malay share most words: without any other sign it is Indonesian."""
    indonesian = "Kapal itu membawa barang dagangan dari pelabuhan di sebelah timur pulau."
    malay = (
        "Beliau berkata kerajaan akan menyediakan peruntukan kewangan bagi membantu mangsa banjir"
    )
    assert detect([indonesian, malay]) == ["id", "ms"]


def test_the_title_counts_with_the_text():
    """Title and text are one sample: a bare title is helped by its text."""
    assert detect(["2022"], [SENTENCES["fr"]]) == ["fr"]


def test_a_story_answers_alike_in_any_batch():
    """Alone, among others, first or last: the language is the story's alone."""
    texts = [*SENTENCES.values(), "", "x" * 5_000, "के" * 400]
    together = detect(texts)
    assert [detect([text])[0] for text in texts] == together
    assert detect(texts[::-1]) == together[::-1]
    assert detect([]) == []


def test_stop_words_have_places_of_their_own():
    """No two stop words share a place in the table, where one would hide the other."""
    slots, hashes, _ = _stop_words()
    assert len(set(hashes.tolist())) == len(hashes)
    assert np.array_equal(slots[hashes >> np.uint64(48)], np.arange(len(hashes)))
