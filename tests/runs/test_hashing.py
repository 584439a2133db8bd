import os

from hypothesis import given
from hypothesis import strategies as st

from glotlift.runs.hashing import hash_json, hash_path

VALUES = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4), max_size=5)


@given(VALUES)
def test_the_order_of_keys_does_not_matter(value):
    assert hash_json(value) == hash_json(dict(reversed(value.items())))


@given(VALUES, VALUES)
def test_different_values_have_different_hashes(one, two):
    assert (hash_json(one) == hash_json(two)) == (one == two)


def test_a_hash_is_the_same_on_every_machine():
    assert hash_json({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_a_file_is_its_content_whatever_its_name(tmp_path):
    for name, text in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).write_text(text)
    assert hash_path(tmp_path / "a") == hash_path(tmp_path / "b") != hash_path(tmp_path / "c")


def test_a_folder_is_its_names_and_contents_wherever_it_lies(tmp_path):
    def make(root, files):
        for name, text in files.items():
            path = tmp_path / root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return hash_path(tmp_path / root)

    first = make("one", {"a": "x", "deep/b": "y"})
    assert make("two", {"deep/b": "y", "a": "x"}) == first
    others = [
        make("three", {"a": "x"}),
        make("four", {"a": "x", "deep/c": "y"}),
        make("five", {"a": "x", "deep/b": "z"}),
        make("six", {"a": "xdeep/b", "b": "y"}),
        make("seven", {"a": "y", "deep/b": "x"}),
    ]
    assert len({first, *others}) == 6


def test_when_a_file_was_written_does_not_matter(tmp_path):
    (tmp_path / "a").write_text("x")
    before = hash_path(tmp_path)
    os.utime(tmp_path / "a", (1, 1))
    assert hash_path(tmp_path) == before
