"""A checkpoint with another vocabulary: from a folder or a Hub id to a folder that loads.

What is written loads with plain transformers. Beside the weights (safetensors) and the tokenizer
stand ``edit.json`` (the edit, which `load_edit` reads but for those that carry a tokenizer of
their own), ``audit.json`` (what changed for every language) and
``vocabulary.html`` (the same as a page).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.models.loading import (
    ModelFiles,
    architecture_of,
    find_model,
    load_tokenizer,
    refuse_missing,
)
from glotlift.runs import atomic
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Initialiser
from glotlift.vocabulary.apply import apply_edit, matrices_of
from glotlift.vocabulary.changes import Change, describe_change, page_of, pieces_of
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialise import mean_of_pieces

EDIT, AUDIT, PAGE = "edit.json", "audit.json", "vocabulary.html"


def edit_checkpoint(
    source: str | Path,
    edit: VocabularyEdit,
    initialiser: Initialiser = mean_of_pieces,
    output: str | Path = "edited",
    *,
    texts: Mapping[str, Sequence[str]] | None = None,
    aids: Mapping[str, Any] | None = None,
    seed: int = 0,
    padded: int | None = None,
    change: Change | None = None,
) -> Path:
    """Write the checkpoint `source` with its vocabulary edited to the folder `output`; return it.

    `source` is a folder or a Hub id of any class of transformers, with or without a
    language-modelling head, in the type that its weights have. `texts` by language are what the
    audit and the page compare; `aids`, `seed` and `padded` are those of `apply_edit`; `change` says
    what the edit was made for. The folder appears whole or not at all.

    Raises what `find_model` and `apply_edit` raise, GL-VOCABULARY-010 (another tokenizer's edit),
    -087 (the architecture is no class of transformers), -088 (the weights cannot be loaded), -089
    (the output folder holds something else) and -090 (the edited tokenizer does not reload).
    """
    output = Path(output)
    files = find_model(str(source))
    check_output(output, files.folder)
    tokenizer = load_tokenizer(files.folder)
    edited = edit.tokenizer(tokenizer)
    model = load_checkpoint(files)
    before = shape_of(model)
    apply_edit(model, edit, initialiser, seed=seed, padded=padded, aids=aids)
    sizes = {f"{name}_before": value for name, value in before.items()} | {
        f"{name}_after": value for name, value in shape_of(model).items()
    }
    change = change or Change()
    found = describe_change(tokenizer, edited, pieces_of(edit), texts or {}, change, sizes)
    found["source"] = {
        "address": change.source or str(source),
        "revision": files.revision,
        "architecture": type(model).__name__,
    }
    with atomic.folder(output) as folder:
        model.save_pretrained(folder)
        save_tokenizer(edited, folder, texts or {})
        atomic.write_json(folder / EDIT, edit.as_json(), indent=None)
        atomic.write_json(folder / AUDIT, found)
        atomic.write_text(folder / PAGE, page_of(found))
    return output


def check_output(output: Path, source: Path) -> None:
    """Raise GL-VOCABULARY-089 where writing to `output` would remove something else."""
    if output.resolve() == source.resolve():
        raise holds_other(output)
    refuse_other(output, EDIT)


def refuse_other(output: Path, mark: str) -> None:
    """Raise GL-VOCABULARY-089 where `output` holds files, and `mark` is not among them."""
    filled = output.is_dir() and any(output.iterdir())
    if output.is_file() or (filled and not (output / mark).is_file()):
        raise holds_other(output)


def holds_other(output: Path) -> GlotliftError:
    """Return the error for an output that something else stands in."""
    return GlotliftError(
        "GL-VOCABULARY-089",
        "the output holds something else, which writing would remove",
        place=str(output),
        fix="choose a new folder, or empty that one",
    )


def load_checkpoint(files: ModelFiles) -> PreTrainedModel:
    """Load a checkpoint as the class that its configuration names, in its own type.

    Raises GL-VOCABULARY-087 (no such class in transformers), -088 (weights that do not load) and
    GL-MODEL-018 (weights that are missing).
    """
    import transformers

    name = architecture_of(files.configuration)
    kind = getattr(transformers, name, None) if name else transformers.AutoModel
    real = isinstance(kind, type) and issubclass(kind, PreTrainedModel)
    if not real and kind is not transformers.AutoModel:
        raise GlotliftError(
            "GL-VOCABULARY-087",
            f"transformers has no architecture {name!r:.80}",
            place=f"{files.folder}/config.json: architectures",
            fix="check config.json, or update transformers",
        )
    try:
        model, found = kind.from_pretrained(  # type: ignore[union-attr]
            files.folder, dtype="auto", use_safetensors=True, output_loading_info=True
        )
    except Exception as error:  # safetensors, torch and transformers each raise their own kinds
        raise GlotliftError(
            "GL-VOCABULARY-088",
            f"the checkpoint's weights cannot be loaded: {str(error).strip().splitlines()[0]:.160}",
            place=str(files.folder),
            fix="check that config.json and the safetensors files belong together",
        ) from None
    if real:
        refuse_missing(model, found["missing_keys"], files.folder)
    return model.eval()  # type: ignore[no-any-return]


def shape_of(model: PreTrainedModel) -> dict[str, int]:
    """Return the rows of the input matrix, all parameters, those over pieces, and their bytes."""
    matrices = matrices_of(model)
    return {
        "rows": len(matrices["input"]),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "piece_parameters": sum(matrix.numel() for matrix in matrices.values()),
        "bytes": sum(weight.numel() * weight.element_size() for weight in model.parameters()),
    }


def save_tokenizer(
    tokenizer: PreTrainedTokenizerFast, folder: Path, texts: Mapping[str, Sequence[str]]
) -> None:
    """Save a tokenizer, and load it again to see that it is the same.

    Some classes of transformers rebuild their parts when they are loaded. Where that changes the
    segmentation, the folder names the plain class that takes tokenizer.json as it is. Raises
    GL-VOCABULARY-090 where that does not help either.
    """
    tokenizer.save_pretrained(folder)
    probes = [text for found in texts.values() for text in found[:50]]
    probes += ["A fine day, 1234.", "Ó dé ilé.", "वह नदी", "Река течёт\n", "今日は  雨"]
    expected = tokenizer(probes).input_ids
    if loads_as(folder, expected, probes):
        return
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    atomic.write_json(path, settings | {"tokenizer_class": "PreTrainedTokenizerFast"})
    if not loads_as(folder, expected, probes):
        raise GlotliftError(
            "GL-VOCABULARY-090",
            "the edited tokenizer segments differently when it is loaded again",
            place=type(tokenizer).__name__,
            fix="convert the source to a plain PreTrainedTokenizerFast first",
        )


def loads_as(folder: Path, expected: list[list[int]], probes: Sequence[str]) -> bool:
    """Tell whether the tokenizer in `folder` encodes the probes as expected."""
    again = load_tokenizer(folder)
    return bool(again(list(probes)).input_ids == expected)
