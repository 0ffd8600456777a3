"""Which files a run reads, in which order, and what it calls them."""

import os

import pytest

from pipelines.errors import InputError
from pipelines.read.inputs import find


@pytest.fixture
def folder(tmp_path):
    """A folder with files of several kinds, and a link that leads back to it."""
    for name in ("b.jsonl", "a.txt", "sub/c.html.gz", "sub/D.TXT", ".hidden", "sub.jsonl"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "in" / "sub" / "loop").symlink_to(tmp_path / "in", target_is_directory=True)
    os.mkfifo(tmp_path / "in" / "pipe")  # opening it would wait for ever
    return tmp_path / "in"


def names(sources, folder):
    """The sources' paths below the folder."""
    return [os.path.relpath(source.path, folder) for source in sources]


def test_a_folder_is_walked_in_order(folder):
    """Sorted by path, without hidden files, without what is no file, a loop entered once."""
    sources = find([str(folder)])
    assert names(sources, folder) == ["a.txt", "b.jsonl", "sub/D.TXT", "sub/c.html.gz", "sub.jsonl"]
    assert [source.number for source in sources] == [0, 1, 2, 3, 4]
    assert {source.size for source in sources} == {1}


def test_names_tell_texts_and_pages(folder):
    """Endings count in any case and under a compression's; everything else tells itself."""
    dialects = [source.dialect for source in find([str(folder)])]
    assert dialects == ["text", "auto", "text", "html", "auto"]
    assert {source.dialect for source in find([str(folder)], dialect="story")} == {"story"}


def test_inputs_keep_their_order_and_a_file_is_read_once(folder):
    """What two inputs name counts where it is named first."""
    inputs = [str(folder / "b.jsonl"), str(folder / "*.txt"), str(folder)]
    assert names(find(inputs), folder)[:3] == ["b.jsonl", "a.txt", "sub/D.TXT"]


def test_globs_go_to_any_depth(folder):
    """Two stars cross folders; matched folders are walked."""
    assert names(find([str(folder / "**" / "*.TXT")]), folder) == ["sub/D.TXT"]
    assert names(find([str(folder / "s*")]), folder)[:2] == ["sub/D.TXT", "sub/c.html.gz"]


def test_uris_are_absolute_less_the_base(folder, monkeypatch):
    """The same file has the same URI, wherever it is named from."""
    monkeypatch.chdir(folder)
    (source,) = find(["sub/../a.txt"])
    assert source.uri == f"file://{folder}/a.txt"
    (based,) = find(["a.txt"], base=str(folder))
    assert based.uri == "a.txt"
    (elsewhere,) = find(["a.txt"], base=str(folder / "sub"))
    assert elsewhere.uri == source.uri


def test_uris_are_ascii(tmp_path):
    """Names in any script, or in none, are escaped."""
    for name in ("é @1.jsonl", b"\xff.jsonl"):
        path = os.path.join(os.fsencode(tmp_path), os.fsencode(name))
        with open(path, "wb"):
            pass
    uris = [source.uri.rpartition("/")[2] for source in find([str(tmp_path)])]
    assert sorted(uris) == ["%C3%A9%20%401.jsonl", "%FF.jsonl"]


@pytest.mark.parametrize("given", ["nothing.jsonl", "no*.jsonl", "broken", "pipe"])
def test_an_input_that_is_not_there_is_an_error(folder, given):
    """A name that can't be meant is told, not passed over."""
    (folder / "broken").symlink_to(folder / "broken")
    with pytest.raises(InputError, match=given.replace("*", r"\*")):
        find([str(folder / given)])


def test_a_folder_with_nothing_is_no_error(tmp_path):
    """A drop folder may be empty today."""
    assert find([str(tmp_path)]) == []


def test_a_link_to_nothing_in_a_folder_is_named(tmp_path):
    """Reading it will say why it can't be read."""
    (tmp_path / "broken").symlink_to(tmp_path / "broken")
    assert names(find([str(tmp_path)]), tmp_path) == ["broken"]
