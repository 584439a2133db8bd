"""Speech: parallel ids, real sound, styles that differ, noise at the ratio asked, refusals."""

import shutil

import numpy as np
import pytest

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world import speech

spoken = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def samples(row):
    return speech.read_wave(row["audio"])[0]


@spoken
@pytest.mark.parametrize("code", world.LANGUAGES)
def test_every_language_of_the_world_is_spoken(code):
    row = speech.utterances(code, 1)[0]
    heard, rate = speech.read_wave(row["audio"])
    assert heard.dtype == np.float32
    assert 0.05 < abs(heard).max() <= 1
    assert rate == row["sampling_rate"] == 22050
    assert row["seconds"] == len(heard) / rate > 0.5
    assert (row["id"], row["text"]) == ("world/0/train/0", world.parallel((code,), 1)[0]["text"])


@spoken
def test_pairs_say_the_same_sentence_in_two_languages():
    pairs = speech.parallel_utterances(("eng_Latn", "spa_Latn", "deu_Latn"), 2, seed=5)
    assert [pair["id"] for pair in pairs] == ["world/5/train/0", "world/5/train/1"] * 3
    assert len({(pair["source_language"], pair["target_language"]) for pair in pairs}) == 3
    assert all(pair["source_audio"] != pair["target_audio"] for pair in pairs)


@spoken
def test_rows_are_addressable_and_taken_from_the_cache(monkeypatch):
    whole = speech.utterances("eng_Latn", 4, seed=2).to_list()
    monkeypatch.setattr(speech, "_speak", None)
    assert speech.utterances("eng_Latn", 2, seed=2, start=2).to_list() == whole[2:]


@spoken
def test_speed_voice_and_style_change_the_sound():
    def say(**chosen):
        settings = {"speeds": (150,), "styles": ("plain",), **chosen}
        return speech.utterances("eng_Latn", 1, **settings)[0]

    plain = say()
    assert say(speeds=(300,))["seconds"] < 0.75 * plain["seconds"]
    rows = [*[say(styles=(style,)) for style in speech.STYLES], say(voices=("en-us",))]
    assert len({row["audio"] for row in rows}) == len(rows)
    assert len({samples(row).tobytes() for row in rows}) == len(rows)


@spoken
@pytest.mark.parametrize("noise", speech.NOISES)
@pytest.mark.parametrize("ratio", [-5.0, 0.0, 20.0])
def test_the_ratio_of_the_file_is_the_ratio_asked(noise, ratio):
    clean = samples(speech.utterances("eng_Latn", 1)[0])
    noisy = samples(speech.utterances("eng_Latn", 1, noises=(noise,), noise_db=ratio)[0])
    # The file may be scaled to stay within [-1, 1]; least squares tells by how much.
    added = speech._noise(heard(noise), len(clean))
    parts, *_ = np.linalg.lstsq(np.stack([clean, added], 1), noisy, rcond=None)
    measured = 10 * np.log10(np.mean((parts[0] * clean) ** 2) / np.mean((parts[1] * added) ** 2))
    assert measured == pytest.approx(ratio, abs=0.05)


def heard(noise):
    """Return the utterance whose noise the first row of seed 0 is mixed with."""
    found = []
    original = speech.sound
    speech.sound = lambda said: found.append(said) or original(said)
    try:
        speech.utterances("eng_Latn", 1, noises=(noise,), noise_db=1.0)
    finally:
        speech.sound = original
    return found[0]


@pytest.mark.parametrize("ratio", [-10.0, 0.0, 15.0])
def test_noise_is_mixed_at_the_ratio_asked(ratio):
    chance = np.random.default_rng(0)
    clean = np.sin(np.arange(20_000) / 9).astype(np.float32)
    noise = chance.standard_normal(20_000).astype(np.float32)
    added = speech.mix(clean, noise, ratio) - clean
    assert 10 * np.log10(np.mean(clean**2) / np.mean(added**2)) == pytest.approx(ratio, abs=0.01)


@spoken
def test_pink_noise_is_deeper_than_white():
    power = {}
    for noise in ("white", "pink"):
        bands = abs(np.fft.rfft(speech._noise(heard(noise), 20_000))) ** 2
        power[noise] = bands[:1000].sum() / bands.sum()
    assert power["white"] < 0.2 < 0.5 < power["pink"]


@spoken
def test_refusals_of_voices_and_noises():
    with pytest.raises(GlotliftError, match=r"GL-WORLD-027.*\bsw\b"):
        speech.utterances("hin_Latn", 1)
    with pytest.raises(GlotliftError, match="GL-WORLD-028"):
        speech.utterances("eng_Latn", 1, voices=("martian",))
    with pytest.raises(GlotliftError, match="GL-WORLD-029"):
        speech.utterances("eng_Latn", 1, noises=("brown",), noise_db=0)
    # espeak-ng itself would speak on as if no style had been asked for.
    with pytest.raises(GlotliftError, match=r"GL-WORLD-029.*shy"):
        speech.utterances("eng_Latn", 1, styles=("shy",))


def test_a_missing_program_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(speech, "_PROGRAM", "no-such-espeak-ng")
    speech._voices.cache_clear()
    with pytest.raises(GlotliftError, match=r"GL-WORLD-026.*apt install espeak-ng"):
        speech.utterances("eng_Latn", 1)
