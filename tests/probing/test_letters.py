import numpy as np

from glotlift.probing.letters import LetterCounts


def test_words_alike_in_spelling_are_alike():
    encoder = LetterCounts()
    (vectors,) = encoder.encode_layers(["nation", "nación", "pueblo", "NATION"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors[0], vectors[3])
    assert vectors[0] @ vectors[1] > 0.3 > vectors[0] @ vectors[2]


def test_a_word_is_read_without_its_neighbours():
    encoder = LetterCounts(64)
    words = encoder.encode_words(["the dog", "dog eats"], [[(4, 7)], [(0, 3)]])
    assert words.shape == (1, 2, 64)
    assert np.array_equal(words[0, 0], words[0, 1])
