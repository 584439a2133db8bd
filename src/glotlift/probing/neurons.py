"""Which neurons a language needs: importance, sets by language, and what their absence does.

Parallel language-specific neuron detection (Zhao et al. 2024, arXiv:2402.18815, section 3; used by
SeaLLMs 3, arXiv:2407.19672). A neuron is one output of the query, key, value or up projection (of
the last, with its row of the gate and its column of the down projection). Its importance for a text
is by how much its absence moves what it feeds, an L2 norm over all positions of the text:

- feed-forward: the layer's output, ``|a_i| x |W_down[:, i]|`` with a the gated activation;
- values: the attention's output, through all heads that share the value head;
- queries and keys: the attention's probabilities, recomputed without the neuron's share of the
  scores, rotary positions included.

All are exact, and all neurons of all layers come from one forward pass. (The released code ranks
feed-forward neurons by the up projection's output alone, without gate and down projection.)
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.models.chosen import neuron_slices, outputs
from glotlift.objectives.bits import document_bits, ids_of
from glotlift.objectives.choice import objective_for
from glotlift.runs.errors import GlotliftError

Importance = dict[str, torch.Tensor]  # by projection, [texts, neurons]
NeuronSet = dict[str, list[int]]  # by projection, the numbers of neurons
KNOWN = ("llama", "mistral", "qwen2")
LONGEST = 128


def neuron_importance(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    *,
    longest: int = LONGEST,
) -> Importance:
    """Return the importance of every neuron for every text, [texts, neurons] by projection.

    Of a text the first `longest` tokens are read, a start token before them. Raises GL-PROBING-001
    for a model that is no decoder of Llama's kin, or whose window is shorter than that.
    """
    window = getattr(model.config, "sliding_window", None)
    if model.config.model_type not in KNOWN or (window is not None and window <= longest):
        raise GlotliftError(
            "GL-PROBING-001",
            f"the neurons of a {model.config.model_type} model of window {window} are not known",
            place="model",
            fix=f"use a model of type {', '.join(KNOWN)}, and at most its window of tokens",
        )
    objective: Any = objective_for(model, tokenizer)
    found: dict[str, list[torch.Tensor]] = {}
    was_training = model.training
    model.eval()  # type: ignore[no-untyped-call]
    for ids in ids_of(tokenizer, texts):
        inputs = torch.tensor([[objective.start, *ids[:longest].tolist()]], device=model.device)
        for name, values in text_importance(model, inputs).items():
            found.setdefault(name, []).append(values)
    model.train(was_training)
    return {name: torch.stack(rows) for name, rows in found.items()}


@torch.no_grad()
def text_importance(model: Any, ids: torch.Tensor) -> Importance:
    """Return the importance of every neuron for one text of token ids [1, tokens]."""
    seen: dict[Any, Any] = {}
    rotary = model.model.rotary_emb
    hooks = [rotary.register_forward_hook(partial(keep, seen=seen, name="angles"))]
    for number, layer in enumerate(model.model.layers):
        for part in ("q_proj", "k_proj", "v_proj"):
            module = getattr(layer.self_attn, part)
            hooks.append(
                module.register_forward_hook(partial(keep, seen=seen, name=(number, part)))
            )
        down = layer.mlp.down_proj
        hooks.append(down.register_forward_hook(partial(keep_input, seen=seen, name=number)))
    try:
        model.model(input_ids=ids, use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    found: Importance = {}
    cosine, sine = seen["angles"]
    for number, layer in enumerate(model.model.layers):
        stem = f"model.layers.{number}"
        reads = layer.mlp.down_proj.weight.norm(dim=0)
        found[f"{stem}.mlp.up_proj"] = seen[number].norm(dim=0) * reads
        attended = attention_importance(
            seen[number, "q_proj"],
            seen[number, "k_proj"],
            seen[number, "v_proj"],
            cosine,
            sine,
            layer.self_attn.o_proj.weight,
            layer.self_attn.head_dim,
        )
        for part, values in zip(("q_proj", "k_proj", "v_proj"), attended, strict=True):
            found[f"{stem}.self_attn.{part}"] = values
    return found


def keep(_: Any, __: Any, output: Any, seen: dict[Any, Any], name: Any) -> None:
    """Remember what a module returned for the one text."""
    seen[name] = tuple(o[0] for o in output) if isinstance(output, tuple) else output[0]


def keep_input(_: Any, inputs: Any, __: Any, seen: dict[Any, Any], name: Any) -> None:
    """Remember what a module read of the one text."""
    seen[name] = inputs[0][0]


def attention_importance(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    cosine: torch.Tensor,
    sine: torch.Tensor,
    output: torch.Tensor,
    size: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the importance of each query, key and value neuron of one layer.

    queries [tokens, heads x size], keys and values [tokens, groups x size] before rotation, cosine
    and sine [tokens, size], output [width, heads x size].
    """
    tokens = len(queries)
    q, k, v = (one.view(tokens, -1, size).transpose(0, 1) for one in (queries, keys, values))
    heads, groups = len(q), len(k)
    mask = torch.full((tokens, tokens), -torch.inf, device=q.device).triu(1)
    of_query, of_key, of_value = [], [], []
    for group in range(groups):
        members = range(group * heads // groups, (group + 1) * heads // groups)
        turned_key = turn(k[group], cosine, sine)
        key_change = torch.zeros(size, device=q.device)
        means, columns = [], []
        for head in members:
            turned = turn(q[head], cosine, sine)
            scores = turned @ turned_key.T / size**0.5 + mask
            plain = scores.softmax(-1)
            # what a neuron adds to scores [query, key, neuron]: itself times the other side, turned
            # back to its own position
            by_query = q[head][:, None] * turn_back(
                turned_key[None], cosine[:, None], sine[:, None]
            )
            by_key = k[group][None] * turn_back(turned[:, None], cosine[None], sine[None])
            of_query.append(change(scores, by_query, plain).sqrt())
            key_change += change(scores, by_key, plain)
            means.append(plain @ v[group])
            columns.append(output[:, head * size : (head + 1) * size])
        of_key.append(key_change.sqrt())
        lost = torch.einsum("htn,hwn->twn", torch.stack(means), torch.stack(columns))
        of_value.append(lost.square().sum((0, 1)).sqrt())
    return torch.cat(of_query), torch.cat(of_key), torch.cat(of_value)


def change(scores: torch.Tensor, shares: torch.Tensor, plain: torch.Tensor) -> torch.Tensor:
    """Return [neurons] the squared change of attention without each neuron's share of the scores.

    scores and plain [query, key]; shares [query, key, neurons], unscaled.
    """
    without = (scores[..., None] - shares / shares.shape[-1] ** 0.5).softmax(1)
    moved: torch.Tensor = (without - plain[..., None]).square().sum((0, 1))
    return moved


def turn(states: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    """Rotate states [..., size] to their positions (Su et al. 2021, arXiv:2104.09864)."""
    one, two = states.chunk(2, -1)
    return states * cosine + torch.cat((-two, one), -1) * sine


def turn_back(states: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    """Apply the transpose of `turn`."""
    one, two = (states * sine).chunk(2, -1)
    return states * cosine + torch.cat((two, -one), -1)


def important_neurons(importance: Importance, most: int, *, share: float = 1.0) -> NeuronSet:
    """Return the neurons that are among the `most` important of their projection in the texts.

    In all of them (the paper's intersection), or in at least a `share`.
    """
    found: NeuronSet = {}
    for name, values in importance.items():
        top = values.topk(min(most, values.shape[1]), dim=1).indices
        times = torch.bincount(top.flatten(), minlength=values.shape[1])
        found[name] = torch.nonzero(times >= share * len(values))[:, 0].tolist()
    return found


def language_neurons(
    importance: Mapping[str, Importance], most: int, *, share: float = 1.0
) -> dict[str, NeuronSet]:
    """Return each language's own neurons: those important to it and to no other language."""
    needed = {
        code: important_neurons(values, most, share=share) for code, values in importance.items()
    }
    return {
        code: {
            name: sorted(set(numbers).difference(*(needed[o][name] for o in needed if o != code)))
            for name, numbers in own.items()
        }
        for code, own in needed.items()
    }


def neuron_overlap(one: NeuronSet, other: NeuronSet) -> float:
    """Return the share of the neurons in either set that are in both (Jaccard); 0 of none."""
    first, second = ({(n, i) for n, ids in s.items() for i in ids} for s in (one, other))
    return len(first & second) / max(1, len(first | second))


def random_neurons(
    model: PreTrainedModel, like: NeuronSet, seed: int, *, without: Sequence[NeuronSet] = ()
) -> NeuronSet:
    """Return as many neurons of each projection as `like` has, drawn from all but `without`.

    Raises GL-PROBING-002 where too few are left.
    """
    drawn = np.random.default_rng(seed)
    found: NeuronSet = {}
    for name, numbers in like.items():
        gone = {number for one in without for number in one.get(name, ())}
        size = outputs(model.get_submodule(name))
        left = [number for number in range(size) if number not in gone]
        if len(left) < len(numbers):
            raise GlotliftError(
                "GL-PROBING-002",
                f"{len(numbers)} neurons of {name} cannot be drawn from {len(left)}",
                place="neurons",
                fix="choose fewer neurons, or exclude fewer",
            )
        found[name] = sorted(drawn.permutation(left)[: len(numbers)].tolist())
    return found


def neuron_count(neurons: NeuronSet) -> int:
    """Return how many neurons a set has."""
    return sum(map(len, neurons.values()))


@contextmanager
def deactivated(model: PreTrainedModel, neurons: NeuronSet) -> Iterator[None]:
    """Silence neurons as long as the context lasts; their weights come back bit-equal.

    Raises GL-MODEL-042 for neurons that the model does not have.
    """
    slices = list(neuron_slices(model, neurons))
    kept = [one.values for one in slices]
    try:
        for module, weight, dim, ids in slices:
            getattr(module, weight).data.index_fill_(dim, ids, 0)
        yield
    finally:
        for (module, weight, dim, ids), values in zip(slices, kept, strict=True):
            getattr(module, weight).data.index_copy_(dim, ids, values)


def deactivation_matrix(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    neurons: Mapping[str, NeuronSet],
    texts: Mapping[str, Sequence[str]],
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return by how many bits per byte each document is worse without each set of neurons.

    By the name of the set and then by language, [documents].
    """
    before = {code: document_bits(model, tokenizer, documents) for code, documents in texts.items()}
    found: dict[str, dict[str, NDArray[np.float64]]] = {}
    for name, silenced in neurons.items():
        with deactivated(model, silenced):
            found[name] = {
                code: (document_bits(model, tokenizer, documents)[0] - before[code][0])
                / before[code][1]
                for code, documents in texts.items()
            }
    return found
