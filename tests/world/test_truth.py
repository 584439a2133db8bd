"""Labels agree with the text; alignments are in range, symmetric and composed of the same slots."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import ROMANISED, grammar
from glotlift.world.scenes import Scene, scene
from glotlift.world.truth import links, tokens_of, truth

scenes = st.builds(scene, st.integers(0, 2**40), st.sampled_from(SPLITS), st.integers(0, 10**6))
languages = st.sampled_from(world.LANGUAGES + ROMANISED)


def _listed_words(code, concept):
    """Every word of every form that the language file gives a concept."""
    spoken = grammar(code)
    words = spoken.synonyms.get(concept, (concept,))
    forms = [form for word in words for form in spoken.forms[word].values()]
    written = {spoken.lowered(word) for form in forms for word in spoken.token.findall(form)}
    return written | {spoken.lowered(form.replace(" ", "")) for form in forms}


@settings(deadline=None, max_examples=60)
@given(scenes, languages)
@example(scene(79812279, "test", 3), "tur_Latn")  # İstasyonda begins it
def test_entity_spans_are_forms_of_their_concept(drawn, code):
    label = truth(grammar(code), drawn)
    for entity in label.entities:
        span = label.text[entity.start : entity.end]
        assert span == span.strip() != ""
        words = set(map(grammar(code).lowered, grammar(code).token.findall(span)))
        assert words <= _listed_words(code, entity.concept)
    mentioned = {entity.concept for entity in label.entities}
    objects = {"people", "names", "animals", "things", "places"}
    assert mentioned >= {
        c for c in drawn.said.values() if inventory().concepts[c].category in objects
    }


@settings(deadline=None, max_examples=40)
@given(scenes, languages)
def test_tokens_are_the_text_without_spaces(drawn, code):
    label = truth(grammar(code), drawn)
    assert "".join(label.tokens) == label.text.replace(" ", "")
    assert len(label.pos) == len(label.tokens)
    for token in tokens_of(grammar(code), drawn):
        assert label.text[token.start : token.end] == token.text
        assert (token.pos == "PUNCT") == (not any(map(str.isalnum, token.text)))
    assert label.text == grammar(code).say(drawn)


@settings(deadline=None, max_examples=60)
@given(scenes, languages, languages)
def test_alignments_are_symmetric_and_in_range(drawn, source, target):
    left, right = grammar(source), grammar(target)
    found = links(left, right, drawn)
    assert found == sorted((i, j) for j, i in links(right, left, drawn))
    tokens, others = tokens_of(left, drawn), tokens_of(right, drawn)
    assert all(0 <= i < len(tokens) and 0 <= j < len(others) for i, j in found)
    assert all(tokens[i].slot == others[j].slot for i, j in found)
    aligned = {tokens[i].slot for i, _ in found}
    assert set(drawn.said) <= aligned


@settings(deadline=None, max_examples=40)
@given(scenes, languages, languages, languages)
def test_alignments_compose_through_a_third_language(drawn, source, middle, target):
    first = links(grammar(source), grammar(middle), drawn)
    second = links(grammar(middle), grammar(target), drawn)
    composed = {(i, k) for i, j in first for j2, k in second if j == j2}
    assert composed <= set(links(grammar(source), grammar(target), drawn))


def test_a_romanised_word_that_looks_like_a_function_word_is_still_aligned():
    drawn = scene(2444215, "train", 274)  # Лейла ест: "yest", as есть would be written
    spoken = grammar("rus_Latn")
    eats = next(token for token in tokens_of(spoken, drawn) if token.slot == "action")
    assert (eats.text, eats.pos, eats.content) == ("yest", "VERB", True)
    assert "yest" in spoken.function_words


def test_alignment_reads_the_id_of_a_parallel_row():
    rows = world.parallel(("eng_Latn", "deu_Latn"), 30, seed=4, split="validation")
    for row in rows.select(range(0, 60, 2)):
        number = int(row["id"].rsplit("/", 1)[1])
        expected = links(grammar("eng_Latn"), grammar("deu_Latn"), scene(4, "validation", number))
        assert world.alignment(row["id"], "eng_Latn", "deu_Latn") == expected


def test_a_known_sentence_has_the_labels_that_a_reader_gives_it():
    said = {"agent": "woman", "action": "eat", "patient": "apple", "cause": "hungry"}
    drawn = Scene("cause", said)
    label = truth(grammar("deu_Latn"), drawn)
    assert label.text == "Die Frau isst den Apfel, weil sie hungrig ist."
    assert (label.topic, label.sentiment) == ("food", "neutral")
    assert label.facts == [["woman", "eat", "apple"]]
    spans = [label.text[entity.start : entity.end] for entity in label.entities]
    assert spans == ["Frau", "Apfel"]
    # Die Frau isst den Apfel , weil sie hungrig ist . / Kadın elmayı yiyor , çünkü aç .
    assert links(grammar("deu_Latn"), grammar("tur_Latn"), drawn) == [
        (1, 0),
        (2, 2),
        (4, 1),
        (6, 4),
        (8, 5),
    ]


def test_sentiment_follows_feelings_and_liking():
    rows = world.labelled("eng_Latn", 1500, seed=2)
    for row in rows:
        words = set(row["tokens"])
        if row["pattern"] == "like":
            assert row["sentiment"] == "positive"
        elif row["pattern"].endswith(("_not", "likes_one")):
            assert row["sentiment"] == "neutral"
        elif row["pattern"] == "dislike" or words & {"sad", "ill", "angry", "afraid", "ugly"}:
            assert row["sentiment"] == "negative"
        elif row["pattern"] in {"event", "past", "future", "request", "on_top"}:
            assert row["sentiment"] == "neutral"
    assert set(rows["sentiment"]) == {"positive", "negative", "neutral"}


# Object nouns by topic, kept here apart from the world's own files.
_ENGLISH = {
    "food": "bread soup rice apple apples cheese cake cakes egg eggs pear pears fish water "
    "milk tea",
    "music": "guitar guitars violin violins flute flutes drum drums piano pianos song songs",
    "animals": "mouse bird duck hen chicken rabbit bunny cat dog monkey goat sheep pig cow horse "
    "bear lion elephant",
}
_TURKISH = {
    "food": "ekmeği ekmek çorbayı çorba pilavı pilav elmayı elma peyniri peynir keki kek yumurtayı "
    "yumurta suyu su sütü süt çayı çay armudu armut balığı balık",
    "music": "gitarı gitar kemanı keman flütü flüt davulu davul piyanoyu piyano şarkıyı şarkı",
    "animals": "fareyi fare kuşu kuş ördeği ördek tavuğu tavuk tavşanı tavşan kediyi kedi köpeği "
    "köpek maymunu maymun keçiyi keçi koyunu koyun domuzu domuz ineği inek "
    "atı at ayıyı ayı aslanı aslan "
    "fili fil",
}


def test_an_independent_reading_of_the_words_finds_the_topic():
    """The object comes after the verb in English and before it in Turkish."""
    checked = 0
    for code, lexicon in (("eng_Latn", _ENGLISH), ("tur_Latn", _TURKISH)):
        for row in world.labelled(code, 2500, seed=6):
            if not row["pattern"].startswith("event"):
                continue
            tokens = row["tokens"] if code == "tur_Latn" else row["tokens"][2:]
            found = {t for t, words in lexicon.items() if set(words.split()) & set(tokens)}
            if row["topic"] in lexicon:
                checked += 1
                assert row["topic"] in found
            elif code == "tur_Latn":
                assert not found
    assert checked > 250
