from glotlift.languages.tagging import LexicalTagger, endings

SENTENCES = [
    (["The", "dog", "runs", "."], ["DET", "NOUN", "VERB", "PUNCT"]),
    (["A", "runner", "runs", "home", "."], ["DET", "NOUN", "VERB", "ADV", "PUNCT"]),
    (["Ana", "runs", "."], ["PROPN", "VERB", "PUNCT"]),
    (["The", "runs", "of", "Ana"], ["DET", "NOUN", "ADP", "PROPN"]),
    (
        ["The", "walker", "met", "Pedro", "and", "Hugo"],
        ["DET", "NOUN", "VERB", "PROPN", "CCONJ", "PROPN"],
    ),
]
TAGGER = LexicalTagger.learn(SENTENCES)


def test_a_known_word_has_its_commonest_tag():
    assert TAGGER.tags(["the", "Runs", "."]) == ["DET", "VERB", "PUNCT"]


def test_an_unknown_word_goes_by_its_ending_and_its_capital():
    assert TAGGER.tags(["the", "talker"])[1] == "NOUN"
    assert TAGGER.tags(["the", "Marco"])[1] == "PROPN"
    assert TAGGER.tags(["the", "zzz"])[1] in {"NOUN", "VERB", "DET"}  # the commonest of all


def test_words_within_a_token_have_its_tag():
    tagger = LexicalTagger.learn([(["chuyên gia", "nói"], ["NOUN", "VERB"])])
    assert tagger.tags(["nói", "gia", "chuyên"]) == ["VERB", "NOUN", "NOUN"]


def test_endings_are_longest_first_and_tell_capitals():
    assert endings("Home") == ["Ahome", "Aome", "Ame", "Ae", "A"]
    assert endings("walking")[0] == "alking"


def test_a_tagger_of_nothing_knows_nothing():
    assert LexicalTagger.learn([]).tags(["a"]) == ["X"]
