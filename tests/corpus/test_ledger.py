import json

from glotlift.corpus import Ledger


def test_counts_and_rows(tmp_path):
    ledger = Ledger(read=5)
    ledger.drop("a.txt", 3, "empty text")
    ledger.drop("a.txt", 4, "invalid UTF-8", id="ọ")
    ledger.drop("b.txt", 1, "invalid UTF-8")
    assert list(ledger.counts().items()) == [("invalid UTF-8", 2), ("empty text", 1)]
    assert (ledger.read, ledger.kept, ledger.dropped) == (5, 2, 3)
    ledger.write(tmp_path / "ledger.jsonl")
    lines = (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == ledger.rows
    assert ledger.rows[1] == {"file": "a.txt", "line": 4, "reason": "invalid UTF-8", "id": "ọ"}
