"""Sentences of the world spoken by espeak-ng, in several voices, speeds and styles, with noise.

    speech.utterances("swh_Latn", 100)                    the sentences of `world.parallel`, spoken
    speech.parallel_utterances(("spa_Latn", "cat_Latn"), 100)   the same sentences in two languages
    speech.read_wave(path)                                 float32 in [-1, 1] and the sampling rate

Files are WAV (16 bits, mono), kept in the cache under the hash of all that shapes them, and written
whole or not at all. The voice, speed, style and noise of a row depend on seed, split and row alone.
"""

import io
import os
import re
import subprocess
import wave
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.languages import language as described
from glotlift.runs.atomic import PARTIAL
from glotlift.runs.cache import cache_folder
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json
from glotlift.world.grammar import ROMANISED, grammar
from glotlift.world.scenes import draws, pick, scene
from glotlift.world.sentences import dataset, numbers

Samples = NDArray[np.float32]
NOISES = ("white", "pink", "babble")
STYLES = ("plain", "m2", "f2", "f3", "whisper", "croak")
_PROGRAM = "espeak-ng"
# Where the voice's name is not the code of BCP 47.
_VOICES = {"zho": "cmn"}
# Babble is some of the first sentences of the split, spoken at once.
_BABBLERS, _CROWD = 4, 16


class Utterance(NamedTuple):
    """Everything that shapes a sound file; its hash is the file's name."""

    text: str
    voice: str
    speed: int
    style: str
    noise: str
    noise_db: float | None
    crowd: tuple[str, ...]
    number: int


def utterances(
    language: str,
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
    voices: Sequence[str] | None = None,
    speeds: Sequence[int] = (140, 165, 190),
    styles: Sequence[str] = STYLES,
    noises: Sequence[str] = NOISES,
    noise_db: float | None = None,
) -> Dataset:
    """Return the sentences of `world.parallel` in one language, spoken.

    `voices` are espeak-ng's (default: the language's own), `speeds` words a minute, `styles` its
    variants ("plain" for none). `noise_db` is the ratio of speech to noise in dB (None: no noise),
    `noises` the kinds to mix. Columns id, language, text, audio (path of a WAV file), sampling_rate
    (Hz), seconds, voice, speed, style, noise, noise_db, source, license; ids are those of
    `world.parallel`. Raises GL-WORLD-001, -002, -026 (no espeak-ng), -027 (no voice), -028 (it
    failed) and -029 (an unknown noise or style).
    """
    own = tuple(voices or (voice_of(language),))
    spoken, found = grammar(language), numbers(rows, split, start)
    said = []
    for row in found:
        chance = draws("speech", seed, split, row)
        noise = "none" if noise_db is None else pick(tuple(noises), chance[3])
        crowd = chance[4:] if noise == "babble" else ()
        said.append(
            Utterance(
                text=spoken.say(scene(seed, split, row)),
                voice=pick(own, chance[0]),
                speed=pick(tuple(speeds), chance[1]),
                style=pick(tuple(styles), chance[2]),
                noise=noise,
                noise_db=noise_db,
                crowd=tuple(spoken.say(scene(seed, split, n % _CROWD)) for n in crowd[:_BABBLERS]),
                number=chance[15],
            )
        )
    paths = [sound(one) for one in said]
    sizes = [_length(path) for path in paths]
    fields: dict[str, list[Any]] = {
        "text": [one.text for one in said],
        "audio": [str(path) for path in paths],
        "sampling_rate": [rate for _, rate in sizes],
        "seconds": [frames / rate for frames, rate in sizes],
        "voice": [one.voice for one in said],
        "speed": [one.speed for one in said],
        "style": [one.style for one in said],
        "noise": [one.noise for one in said],
        "noise_db": [one.noise_db for one in said],
    }
    return dataset([f"world/{seed}/{split}/{row}" for row in found], [language] * rows, fields)


def parallel_utterances(
    languages: Iterable[str], rows: int, *, seed: int = 0, split: str = "train", start: int = 0
) -> list[dict[str, str]]:
    """Return the sentences spoken in each two of `languages`: pairs of the same id.

    Each has id, source_language, target_language, source_text, target_text, source_audio and
    target_audio (paths). Raises what `utterances` raises.
    """
    spoken = [
        utterances(code, rows, seed=seed, split=split, start=start).to_list() for code in languages
    ]
    return [
        {
            "id": left["id"],
            "source_language": left["language"],
            "target_language": right["language"],
            "source_text": left["text"],
            "target_text": right["text"],
            "source_audio": left["audio"],
            "target_audio": right["audio"],
        }
        for first, second in combinations(spoken, 2)
        for left, right in zip(first, second, strict=True)
    ]


def read_wave(path: Path | str) -> tuple[Samples, int]:
    """Return the samples [n] of a 16-bit mono WAV file, within [-1, 1], and its rate in Hz."""
    return _decoded(Path(path).read_bytes())


def mix(speech: Samples, noise: Samples, noise_db: float) -> Samples:
    """Add noise [n] to speech [n] so that their mean powers are `noise_db` dB apart.

    Speech keeps its size; the sum may leave [-1, 1].
    """
    ratio = float(np.mean(speech**2) / np.mean(noise**2))
    return speech + noise * np.float32(np.sqrt(ratio / 10 ** (noise_db / 10)))


def voice_of(language: str) -> str:
    """Return espeak-ng's voice for a language. Raises GL-WORLD-026 and GL-WORLD-027.

    Romanised languages have none: it would read them as another language's letters.
    """
    known = described(language)
    name: str = _VOICES.get(known.iso639_3, known.bcp47.split("-")[0])
    if name not in _voices() or language in ROMANISED:
        raise GlotliftError(
            "GL-WORLD-027",
            f"espeak-ng does not speak {language}",
            fix=f"use a language that it speaks: {', '.join(_voices())}",
        )
    return name


def sound(said: Utterance) -> Path:
    """Return the WAV file of an utterance, made where the cache does not hold it."""
    path = cache_folder("speech") / f"{hash_json([_version(), *said])[:32]}.wav"
    if path.exists():
        return path
    samples, rate = _speak(said.text, said.voice, said.speed, said.style)
    if said.noise_db is not None:
        samples = mix(samples, _noise(said, len(samples)), said.noise_db)
        samples = samples / max(1.0, float(np.abs(samples).max()))
    temporary = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    with wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    temporary.replace(path)
    return path


def _noise(said: Utterance, length: int) -> Samples:
    """Return noise [length] of the kind asked for. Raises GL-WORLD-029."""
    chance = np.random.Generator(np.random.PCG64(said.number))
    if said.noise == "white":
        return chance.standard_normal(length).astype(np.float32)
    if said.noise == "pink":
        # Power falls with frequency: each octave is as loud as the next.
        bands = np.fft.rfft(chance.standard_normal(length))
        bands /= np.sqrt(np.maximum(1, np.arange(len(bands))))
        return np.fft.irfft(bands, length).astype(np.float32)
    if said.noise == "babble":
        whole = np.zeros(length, np.float32)
        for place, text in enumerate(said.crowd):
            style = STYLES[place % len(STYLES)]
            samples, _ = _speak(text, said.voice, said.speed, style)
            whole += np.resize(np.roll(samples, int(chance.integers(len(samples)))), length)
        return whole
    raise _unknown("noise", said.noise, NOISES)


def _unknown(kind: str, name: str, known: Sequence[str]) -> GlotliftError:
    return GlotliftError(
        "GL-WORLD-029", f"there is no {kind} {name!r}", fix=f"use one of {', '.join(known)}"
    )


@lru_cache(maxsize=256)
def _speak(text: str, voice: str, speed: int, style: str) -> tuple[Samples, int]:
    named = voice if style == "plain" else _styled(voice, style)
    return _decoded(_espeak("-v", named, "-s", str(speed), "--stdin", "--stdout", text=text))


@cache
def _styled(voice: str, style: str) -> str:
    """Return the name of a voice in a style, which espeak-ng ignores where it cannot have it."""
    named = f"{voice}+{style}"
    plain, styled = (
        _espeak("-v", name, "--stdin", "--stdout", text="1 2") for name in (voice, named)
    )
    if plain == styled:
        raise _unknown("style", named, STYLES)
    return named


def _espeak(*options: str, text: str = "") -> bytes:
    """Return what espeak-ng writes. Raises GL-WORLD-026 (not installed), GL-WORLD-028 (failed)."""
    try:
        done = subprocess.run(
            [_PROGRAM, *options], input=text.encode(), capture_output=True, check=False
        )
    except FileNotFoundError as missing:
        raise GlotliftError(
            "GL-WORLD-026",
            "espeak-ng is not installed, and nothing else here can speak",
            fix="install it (Debian, Ubuntu: apt install espeak-ng; macOS: brew install espeak-ng)",
        ) from missing
    if done.returncode or not done.stdout:
        raise GlotliftError(
            "GL-WORLD-028",
            f"espeak-ng failed: {done.stderr.decode(errors='replace').strip() or 'no sound'}",
            place=" ".join(options),
            fix="use a voice that `espeak-ng --voices` lists",
        )
    return done.stdout


@cache
def _version() -> str:
    return _espeak("--version").decode().partition("Data at")[0].strip()


@cache
def _voices() -> tuple[str, ...]:
    """Return the names by which espeak-ng knows its voices, sorted."""
    names: set[str] = set()
    for line in _espeak("--voices").decode().splitlines()[1:]:
        names |= {line.split()[1], *re.findall(r"\((\S+) \d+\)", line)}
    return tuple(sorted(names))


def _decoded(raw: bytes) -> tuple[Samples, int]:
    """Return samples and rate of a WAV, in whose header a stream may give no true length."""
    with wave.open(io.BytesIO(raw)) as file:
        frames = file.readframes(file.getnframes())
        rate = file.getframerate()
    return np.frombuffer(frames, "<i2").astype(np.float32) / np.float32(32768), rate


def _length(path: Path) -> tuple[int, int]:
    with wave.open(str(path)) as file:
        return file.getnframes(), file.getframerate()
