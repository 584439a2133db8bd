"""From an address to a model and its tokenizer, with nothing executed that came with them."""

import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from glotlift.runs.errors import GlotliftError

HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*(@[\w./-]+)?")
PATTERNS = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
FACTORISED = "Factorised"
OWN_TYPES = {  # how our own model types begin, and the module that makes them known to transformers
    FACTORISED.lower(): "glotlift.models.factorised",
    "palm": "glotlift.models.palm",
    "moe-t5": "glotlift.models.moe",
}
OWN_CLASSES = {
    "PalmForCausalLM": "AutoModelForCausalLM",
    "MoeT5ForConditionalGeneration": "AutoModelForSeq2SeqLM",
}
MISSING = {"ids": [-1]}
LARGEST_ID = 10_000_000  # many times the largest vocabulary; lists of all ids must fit in memory


@dataclass(frozen=True)
class ModelFiles:
    """A model's folder on this machine, and the Hub revision that it came from, if any."""

    address: str
    folder: Path
    revision: str | None = None

    @property
    def configuration(self) -> dict[str, Any]:
        """Return config.json.

        Raises GL-MODEL-006 when it is no JSON object.
        """
        path = self.folder / "config.json"
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            raise GlotliftError(
                "GL-MODEL-006", "config.json is no JSON object", place=str(path), fix="mend it"
            )
        return values


def find_model(address: str) -> ModelFiles:
    """Find a model's files: a folder, or a Hub id with an optional ``@revision``.

    Only safetensors and text files are taken from the Hub. Raises GL-MODEL-001 when there is no
    such model, -002 when it has no config.json, -003 when its weights are no safetensors, -004 when
    it needs code of its own, -005 when the Hub does not give it, -006 for a broken config.json,
    -007 without tokenizer.json and -011 for a model type that transformers does not know.
    """
    path = Path(address).expanduser()
    if path.is_dir():
        return checked(ModelFiles(address, path))
    if not HUB_ID.fullmatch(address) or path.suffix in {".safetensors", ".bin", ".pt", ".gguf"}:
        raise GlotliftError(
            "GL-MODEL-001",
            f"no such model folder, and not a Hub id: {address!r}",
            place="model",
            fix="give a folder with config.json, OWNER/NAME, or starter:decoder",
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    name, _, revision = address.partition("@")
    try:
        folder = Path(
            snapshot_download(name, revision=revision or None, allow_patterns=list(PATTERNS))
        )
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        raise GlotliftError(
            "GL-MODEL-005",
            f"cannot get {address!r} from the Hub: {str(error).splitlines()[0]}",
            place="model",
            fix="check the name and the network, or give a folder",
        ) from None
    return checked(ModelFiles(address, folder, folder.name))


def checked(files: ModelFiles) -> ModelFiles:
    """Return `files` if they can be loaded safely."""
    place = str(files.folder)
    if not (files.folder / "config.json").is_file():
        raise GlotliftError(
            "GL-MODEL-002",
            "no config.json in the model folder",
            place=place,
            fix="give a model folder",
        )
    refuse_unknown_type(files)
    if not any(files.folder.glob("*.safetensors")):
        raise GlotliftError(
            "GL-MODEL-003",
            "no safetensors weights in the model folder",
            place=place,
            fix="load it once with transformers and save_pretrained(safe_serialization=True)",
        )
    if not (files.folder / "tokenizer.json").is_file():
        raise GlotliftError(
            "GL-MODEL-007",
            "no tokenizer.json in the model folder",
            place=place,
            fix="load its tokenizer with AutoTokenizer and save_pretrained it there",
        )
    return files


def refuse_unknown_type(files: ModelFiles) -> None:
    """Raise GL-MODEL-004 or -011 for a kind of model that transformers itself does not have."""
    from transformers import CONFIG_MAPPING

    configuration = files.configuration
    kind = configuration.get("model_type")
    for beginning, module in OWN_TYPES.items():
        if str(kind).startswith(beginning):
            import_module(module)
    if isinstance(kind, str) and kind in CONFIG_MAPPING:
        return
    if "auto_map" in configuration:
        raise GlotliftError(
            "GL-MODEL-004",
            "the model needs code that comes with it, which is not run",
            place=str(files.folder),
            fix="use a model class of transformers",
        )
    raise GlotliftError(
        "GL-MODEL-011",
        f"transformers knows no model type {kind!r}",
        place=f"{files.folder}/config.json: model_type",
        fix="check config.json, or update transformers",
    )


def load_tokenizer(folder: Path) -> Any:
    """Load a fast tokenizer.

    Raises GL-MODEL-008 when it cannot be loaded and GL-MODEL-017 when it contradicts itself.
    """
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True)
    except Exception as error:  # transformers and tokenizers raise many kinds, even plain Exception
        raise GlotliftError(
            "GL-MODEL-008",
            f"the tokenizer cannot be loaded: {str(error).splitlines()[0]:.160}",
            place=str(folder),
            fix="check tokenizer.json",
        ) from None
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    refuse_contradictions(tokenizer.backend_tokenizer, folder)
    return tokenizer


def refuse_contradictions(backend: Any, folder: Path) -> None:
    """Raise GL-MODEL-017 for a vocabulary that can be loaded and cannot be meant."""
    ids = backend.get_vocab(with_added_tokens=True)
    used = set(ids.values())
    problems = {
        "there are no pieces": not backend.get_vocab_size(with_added_tokens=False),
        "two pieces share an id": len(used) < len(ids),
        "an id is over ten million": max(used, default=0) > LARGEST_ID,
        "a merge makes a piece from itself": "" in ids and merges_nothing(backend),
        "a token that it puts around text is no piece": frames_unknown(backend, used),
    }
    for problem, found in problems.items():
        if found:
            raise GlotliftError(
                "GL-MODEL-017",
                f"the vocabulary contradicts itself: {problem}",
                place=f"{folder}/tokenizer.json",
                fix="copy it again from where it was trained",
            )


def merges_nothing(backend: Any) -> bool:
    """Tell whether a merge joins a piece with an empty one."""
    merges = json.loads(backend.to_str())["model"].get("merges", [])
    return any("" in merge for merge in merges)


def frames_unknown(backend: Any, ids: set[int]) -> bool:
    """Tell whether a template names a token without its ids, or ids that no piece has.

    The first of these would end the process when a text is encoded.
    """
    told = json.loads(backend.post_processor.__getstate__()) if backend.post_processor else {}
    return any(
        not ids.issuperset(one["special_tokens"].get(part["SpecialToken"]["id"], MISSING)["ids"])
        for one in (told, *told.get("processors", []))
        for part in (*one.get("single", []), *one.get("pair", []))
        if one["type"] == "TemplateProcessing" and "SpecialToken" in part
    )


def architecture_of(configuration: dict[str, Any]) -> str:
    """Return the first architecture that a configuration names, or nothing."""
    named = configuration.get("architectures") or [""]
    return str(named[0] if isinstance(named, list) else named)


def auto_class(configuration: dict[str, Any], place: str) -> Any:
    """Return the Auto class that fits a configuration's architecture.

    Raises GL-MODEL-009 for one that is no language model.
    """
    import transformers
    from transformers.models.auto import modeling_auto

    kinds = {
        "AutoModelForCausalLM": modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        "AutoModelForSeq2SeqLM": modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        "AutoModelForMaskedLM": modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    }
    architecture = architecture_of(configuration)[:80]
    for name, mapping in kinds.items():
        if architecture.removeprefix(FACTORISED) in mapping.values():
            return getattr(transformers, name)
    if architecture in OWN_CLASSES:
        return getattr(transformers, OWN_CLASSES[architecture])
    raise GlotliftError(
        "GL-MODEL-009",
        f"{architecture or 'an unnamed architecture'} is no language model that glotlift trains",
        place=f"{place}/config.json: architectures",
        fix="use a model with a language-modelling head",
    )


def load_model(files: ModelFiles) -> Any:
    """Load a model in float32, its own class, from safetensors alone.

    Raises GL-MODEL-009, for weights that do not fit the configuration GL-MODEL-010, and where some
    are missing GL-MODEL-018.
    """
    import torch

    kind = auto_class(files.configuration, str(files.folder))
    try:
        model, found = kind.from_pretrained(
            files.folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True
        )
    except Exception as error:  # safetensors, torch and transformers each raise their own kinds
        raise GlotliftError(
            "GL-MODEL-010",
            f"the weights cannot be loaded: {str(error).strip().splitlines()[0]:.160}",
            place=str(files.folder),
            fix="check that config.json and the safetensors files belong together",
        ) from None
    refuse_missing(model, found["missing_keys"], files.folder)
    return model


def refuse_missing(model: Any, missing: Collection[str], folder: Path) -> None:
    """Raise GL-MODEL-018 where a model has parameters that its files do not hold.

    transformers would give them random values and go on.
    """
    lacking = sorted(name for name, _ in model.named_parameters() if name in missing)
    if lacking:
        raise GlotliftError(
            "GL-MODEL-018",
            f"the weights lack {len(lacking)} of the model's parameters, such as {lacking[0]}",
            place=str(folder),
            fix="copy all the safetensors files again, and check config.json",
        )


def parameter_count(files: ModelFiles) -> int:
    """Count a model's parameters from the safetensors headers, reading no weights.

    Raises GL-MODEL-010 for a torn file.
    """
    from safetensors import SafetensorError, safe_open

    total = 0
    for path in sorted(files.folder.glob("*.safetensors")):
        try:
            with safe_open(path, framework="pt") as weights:
                for name in weights.keys():  # noqa: SIM118 - safe_open is no mapping
                    total += math.prod(weights.get_slice(name).get_shape())
        except SafetensorError as error:
            raise GlotliftError(
                "GL-MODEL-010",
                f"the weights cannot be loaded: {error}",
                place=str(path),
                fix="copy or save the file again",
            ) from None
    return total
