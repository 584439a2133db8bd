import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glotlift.objectives.draws import Draws, generators, state_words

WORDS = st.integers(0, 2**32 - 1)


@given(st.lists(WORDS, max_size=6), WORDS)
def test_generators_are_those_of_numpy(seeds, salt):
    for seed, generator in zip(seeds, generators(seeds, salt), strict=True):
        expected = np.random.default_rng([seed, salt])
        assert (generator.random(5) == expected.random(5)).all()
        assert (generator.integers(300, size=5) == expected.integers(300, size=5)).all()
        assert (generator.permutation(9) == expected.permutation(9)).all()
        assert generator.bit_generator.state == expected.bit_generator.state


@given(WORDS, WORDS)
def test_states_are_those_of_numpys_seed_sequence(seed, salt):
    found = state_words(np.asarray([seed], dtype=np.uint32), np.uint32(salt))[0]
    assert (found == np.random.SeedSequence([seed, salt]).generate_state(4, np.uint64)).all()


def test_each_block_has_its_own_numbers_up_to_its_end():
    draws, alone = Draws([7, 8], 1, [3, 5], 6), Draws([8], 1, [5], 8)
    for _ in "ab":
        both, one = draws.random(), alone.random()
        assert both.shape == (2, 6)
        assert (both[0, 3:] == 1).all()
        assert (both[1, :5] == one[0, :5]).all()
        assert len(np.unique(both[both < 1])) == 8
    assert (draws.integers(9)[1, :5] == alone.integers(9)[0, :5]).all()
    assert (draws.integers(9)[0, 3:] == 0).all()


@given(st.lists(WORDS, min_size=1, max_size=4), st.integers(0, 9), st.integers(2, 2**32 - 1))
def test_whole_numbers_are_those_of_numpy_also_where_one_is_drawn_anew(seeds, length, below):
    draws = Draws(seeds, 3, [length] * len(seeds), 9)
    numbers = [np.random.default_rng([seed, 3]) for seed in seeds]
    first = [rng.random(length) for rng in numbers]
    assert (draws.random()[:, :length] == np.stack(first)).all()
    expected = np.stack([rng.integers(below, size=length) for rng in numbers])
    found = draws.integers(below)
    assert (found[:, :length] == expected).all()
    assert (found[:, length:] == 0).all()
