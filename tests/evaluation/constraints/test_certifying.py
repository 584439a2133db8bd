from glotlift.evaluation.constraints.certifying import cases, commaed, plain, right, tokens
from glotlift.evaluation.constraints.checkers import CHECKERS

GERMAN = ["Anna isst Brot.", "Tom liest, und Eva schläft.", "Der Bäcker öffnet!", "Wer kommt?"]
CHINESE = ["她卖面包，点心。", "他看书。", "谁来？", "面包师开门。"]


def test_only_sentences_beyond_doubt_are_used():
    assert (
        plain([*GERMAN, "Dr. Meier kommt.", "Um 5 Uhr.", "Er sagt: ja.", "U-Bahn."], "deu_Latn")
        == GERMAN
    )
    assert plain([*CHINESE, "他 看书。", "A看书。"], "zho_Hans") == CHINESE
    assert tokens(GERMAN[1], "deu_Latn") == ["Tom", "liest", "und", "Eva", "schläft"]
    assert tokens(CHINESE[0], "zho_Hans") == list("她卖面包点心")
    assert commaed("他看书。", "zho_Hans") == "他看书，。"


def test_our_checkers_are_certified_and_broken_ones_found_out():
    for code, sentences in (("deu_Latn", GERMAN), ("zho_Hans", CHINESE)):
        made = [one for number in range(4) for one in cases(sentences, code, number, seed=0)]
        assert {one.constraint.name for one in made} == set(list(CHECKERS)[:25])
        unidentified = ("language:response_language",)  # such short texts are believed
        for one in made:
            name = one.constraint.name
            if name not in unidentified:
                assert right(one, CHECKERS[name]), (name, one)
            broken = [lambda text, code, answer=answer, **_: answer for answer in (True, False)]
            assert {right(one, check) for check in broken} == {True, False}


def test_draws_ask_the_same_in_every_language():
    german, chinese = (cases(s, c, 1, 0) for s, c in ((GERMAN, "deu_Latn"), (CHINESE, "zho_Hans")))
    assert [one.constraint.name for one in german] == [one.constraint.name for one in chinese]
