from glotlift.synthesis.rationales import final_answer, telling_words, with_rationale


def test_the_answer_is_the_last_line_of_what_was_written_after_the_reason():
    for reason in ("8 + 2 = 10", "8 + 2 = 10\n10 - 3 = 7", "", " rose "):
        assert final_answer(with_rationale(reason, " 7 ")) == "7"
    assert with_rationale("", "7") == "7"
    assert final_answer("\n rose\n\nanimals \n") == "animals"
    assert final_answer(" \n") == ""


def test_the_word_that_tells_the_label_is_found():
    texts = ["The dog runs.", "The rose runs.", "A dog is here.", "A rose is here!"]
    assert telling_words(texts, ["animal", "plant"] * 2, "eng_Latn") == ["dog", "rose"] * 2


def test_a_word_seen_once_tells_less_than_one_seen_often():
    # "odd" stands only with a label, once; "dog" stands only with it, three times.
    texts = ["odd dog", "dog here", "dog there", "rose here", "rose there"]
    labels = ["animal"] * 3 + ["plant"] * 2
    assert telling_words(texts, labels, "eng_Latn")[0] == "dog"


def test_words_are_the_languages_own_and_keep_their_case():
    assert telling_words(["Hund lebt", "Rose lebt"], ["a", "b"], "deu_Latn") == ["Hund", "Rose"]
    (one, other) = telling_words(["猫很大", "狗很大"], ["cat", "dog"], "zho_Hans")
    assert (one, other) == ("猫", "狗")
    assert telling_words(["...", "a b"], ["x", "y"], "eng_Latn") == ["", "a"]
