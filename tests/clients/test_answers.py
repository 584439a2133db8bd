import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.clients.answers import AnswerBook

REQUESTS = [{"prompt": "наша\n\ud800", "n": 1}, {"prompt": "今天"}, {"prompt": "\u2028x"}]


def filled(path):
    book = AnswerBook(path)
    for place, request in enumerate(REQUESTS):
        book.put(request, {"text": "y\u2028" * place, "value": float("-inf")})
    return path.read_bytes()


def test_answers_are_found_again(tmp_path):
    filled(tmp_path / "a.jsonl")
    book = AnswerBook(tmp_path / "a.jsonl")
    assert len(book) == 3
    assert book.damaged == 0
    for place, request in enumerate(REQUESTS):
        assert book.get(request) == {"text": "y\u2028" * place, "value": float("-inf")}
    assert {"n": 1, "prompt": "наша\n\ud800"} in book
    with pytest.raises(KeyError):
        book.get({"prompt": "other"})
    book.put(REQUESTS[0], "new")
    assert AnswerBook(tmp_path / "a.jsonl").get(REQUESTS[0]) == "new"


@given(data=st.data())
def test_a_file_cut_at_any_byte_keeps_its_whole_lines(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("book") / "a.jsonl"
    whole = filled(path)
    end = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:end])
    book = AnswerBook(path)
    kept = whole[: end + 1].count(b"\n") if end < len(whole) else 3
    assert len(book) == kept  # a line that lacks only its end is whole
    assert [request in book for request in REQUESTS] == [place < kept for place in range(3)]
    book.put({"prompt": "after"}, 1)
    again = AnswerBook(path)
    assert len(again) == kept + 1
    assert again.get({"prompt": "after"}) == 1


@given(data=st.data())
def test_a_damaged_line_is_never_given_out(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("book") / "a.jsonl"
    whole = bytearray(filled(path))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(whole))
    book = AnswerBook(path)
    for number, request in enumerate(REQUESTS):
        if request in book:
            assert book.get(request) == {"text": "y\u2028" * number, "value": float("-inf")}
    assert len(book) >= 3 - 2


def test_threads_write_whole_lines(tmp_path):
    book = AnswerBook(tmp_path / "a.jsonl")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: book.put({"n": n}, "x" * n), range(64)))
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["request"]["n"] for line in lines) == list(range(64))
    assert all(book.get({"n": n}) == "x" * n for n in range(64))
