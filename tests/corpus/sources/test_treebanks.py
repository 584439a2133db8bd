import gzip

import conllu
import pytest

from glotlift.corpus.formats import read_file

SENTENCE = """{comments}
1\tWords\t_\tNOUN\t_\t_\t0\troot\t_\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
2\tdo\t_\tAUX\t_\t_\t1\taux\t_\t_
3\tn't\t_\tPART\t_\t_\t1\tadvmod\t_\t_
3.1\tghost\t_\t_\t_\t_\t_\t_\t_\t_
4\t.\t_\tPUNCT\t_\t_\t1\tpunct\t_\t_

"""


def sentence(*comments):
    return SENTENCE.format(comments="\n".join(f"# {comment}" for comment in comments or ("x",)))


def test_sentences(rows_of):
    data = sentence("sent_id = a", "text = As it stood.") + sentence("sent_id = b")
    rows, faults = rows_of("a.conllu", data)
    assert [(row.values["id"], row.values["text"]) for row in rows] == [
        ("a", "As it stood."),
        ("b", "Words don't."),
    ]
    assert faults == []


def test_documents(rows_of):
    data = (
        sentence("newdoc id = one", "newpar", "text = A.")
        + sentence("text = B.")
        + sentence("newpar id = p2", "text = C.")
        + sentence("newdoc id = two", "text = D.")
    )
    rows, _ = rows_of("a.conllu", data)
    assert [(row.line, row.values["id"], row.values["text"]) for row in rows] == [
        (1, "one", "A. B.\nC."),
        (28, "two", "D."),
    ]
    assert len(rows_of("a.conllu", data, documents="line")[0]) == 4
    [row], _ = rows_of("a.conllu", data, documents="file")
    assert row.values["text"] == "A. B.\nC. D."


@pytest.mark.parametrize("broken", ["1\tWords", "x\tWords" + "\t_" * 8, "Words"])
def test_a_malformed_sentence_is_a_fault(rows_of, broken):
    rows, faults = rows_of("a.conllu", sentence() + f"# text = Words\n{broken}\n\n" + sentence())
    assert len(rows) == 2
    assert [fault for _, fault in faults] == ["malformed CoNLL-U"]


@pytest.mark.parametrize("name", ["tam.dev", "tur.dev", "vie.dev"])
def test_real_treebanks_as_another_library_reads_them(real, name):
    path = real / "ud" / f"{name}.conllu.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        theirs = [tokens.metadata["text"] for tokens in conllu.parse_incr(file)]
    rows = list(read_file(path, documents="line"))
    assert [row.values["text"] for row in rows] == theirs
    assert not any(row.fault for row in rows)
