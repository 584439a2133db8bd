import copy
import json

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import apply_edit, extend, load_edit, random_rows
from glotlift.vocabulary.alphabets import alphabet_of
from glotlift.vocabulary.balance import balanced_texts
from glotlift.vocabulary.renumbering import renumbered
from glotlift.vocabulary.replacement import replace_tokenizer
from glotlift.vocabulary.segmentation import BYTE_PIECE, segment

from .test_tokenizer_classes import CLASSES
from .vocabulary_samples import KINDS, MIXED, SOURCE, TARGET, TELUGU, trained

FAMILIES = (*KINDS, *CLASSES)
NAMES = ("bpe", "GPT2Tokenizer", "LlamaTokenizer", "unigram", "MBartTokenizer", "wordpiece")
TEXTS = MIXED[::20] + SOURCE[::20]
MADE, EDITS = {}, {}


def family(name, folder):
    if name in KINDS:
        return trained(name)
    if name not in MADE:
        made = getattr(transformers, name)(**CLASSES[name]())
        made.save_pretrained(folder / name)
        MADE[name] = AutoTokenizer.from_pretrained(folder / name)
    return MADE[name]


def edit_of(old, new, folder):
    if (old, new) not in EDITS:
        EDITS[old, new] = replace_tokenizer(family(old, folder), family(new, folder))
    return EDITS[old, new]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("families")


@pytest.mark.parametrize("new", FAMILIES)
@pytest.mark.parametrize("old", ["bpe", "LlamaTokenizer", "XLMRobertaTokenizer", "wordpiece"])
def test_the_new_tokenizer_segments_as_it_did_also_when_loaded_again(old, new, folder, tmp_path):
    edit, wanted = edit_of(old, new, folder), family(new, folder)
    after = edit.tokenizer(family(old, folder))
    after.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    for text in TEXTS:
        pieces = wanted.convert_ids_to_tokens(wanted(text).input_ids)
        assert after.convert_ids_to_tokens(after(text).input_ids) == pieces
        assert again(text).input_ids == after(text).input_ids
        assert after.decode(after(text).input_ids) == wanted.decode(wanted(text).input_ids)
    assert sorted(after.get_vocab().values()) == list(range(edit.new_size))
    assert after.get_vocab().keys() == wanted.get_vocab().keys()
    assert after.special_tokens_map == wanted.special_tokens_map
    assert after.convert_tokens_to_ids(list(edit.added)) == list(edit.added_ids)


@pytest.mark.parametrize("new", NAMES)
@pytest.mark.parametrize("old", NAMES)
def test_every_kept_row_is_of_the_same_text_or_role(old, new, folder):
    edit = edit_of(old, new, folder)
    source, target = family(old, folder), edit.tokenizer(family(old, folder))
    special = {*source.all_special_ids, *source.added_tokens_decoder}
    read = [alphabet_of(side.backend_tokenizer).read for side in (source, target)]
    copied = dict(zip(edit.added, edit.parts, strict=True))
    shared = 0
    for number, place in enumerate(edit.old_to_new.tolist()):
        if place >= 0 and number not in special:
            one, other = source.convert_ids_to_tokens(number), target.convert_ids_to_tokens(place)
            assert read[0](one) == read[1](other)
            shared += 1
    assert shared > 15
    assert len(edit.dropped) == int((edit.old_to_new < 0).sum())
    roles = target.special_tokens_map
    for role, token in roles.items():
        single = list(roles.values()).count(token) == 1 or role == "eos_token"
        if single and role in source.special_tokens_map:
            old_id = source.convert_tokens_to_ids(source.special_tokens_map[role])
            # GPT-2 has one token for many roles: it is kept for one and copied for the others.
            if edit.old_to_new[old_id] != target.convert_tokens_to_ids(token):
                assert copied[token] == (old_id,)


@pytest.mark.parametrize("new", NAMES)
@pytest.mark.parametrize("old", NAMES)
def test_parts_spell_the_text_of_the_piece(old, new, folder):
    edit = edit_of(old, new, folder)
    source, target = family(old, folder), edit.tokenizer(family(old, folder))
    plain = alphabet_of(source.backend_tokenizer).read

    def read(name):
        return bytes([int(name[3:5], 16)]) if BYTE_PIECE.fullmatch(name) else plain(name)

    wanted = alphabet_of(target.backend_tokenizer).read
    closed = set(target.added_tokens_encoder) | {target.unk_token}
    spelt = 0
    for piece, ids in zip(edit.added, edit.parts, strict=True):
        text = b"".join(read(name) for name in source.convert_ids_to_tokens(list(ids)))
        if piece not in closed and old not in ("wordpiece", "MBartTokenizer"):
            # Letters that the old tokenizer lacks are left out: no part is text that is not there.
            assert text == wanted(piece) or len(text) < len(wanted(piece))
            spelt += text == wanted(piece)
        assert source.unk_token_id not in ids or piece in closed
    if old == "bpe":  # it writes every byte
        assert spelt == sum(piece not in closed for piece in edit.added)


def test_words_of_every_alphabet_meet(folder):
    spellings = {"bpe": "Ġthe", "unigram": "▁the", "wordpiece": "the", "LlamaTokenizer": "▁th"}
    for old, one in spellings.items():
        for new, other in spellings.items():
            if "LlamaTokenizer" in (old, new) or old == new:
                continue
            source, target = family(old, folder), family(new, folder)
            if one in source.get_vocab() and other in target.get_vocab():
                edit = edit_of(old, new, folder)
                place = edit.old_to_new[source.convert_tokens_to_ids(one)]
                assert edit.tokenizer(source).convert_ids_to_tokens(int(place)) == other


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(FAMILIES), st.text(max_size=8))
def test_alphabets_write_what_they_read(name, text):
    if name not in KINDS and name not in MADE:
        MADE[name] = getattr(transformers, name)(**CLASSES[name]())
    tokenizer = MADE.get(name) or trained(name)
    alphabet = alphabet_of(tokenizer.backend_tokenizer)
    pieces = tokenizer.tokenize(text)
    for piece in set(pieces) - set(tokenizer.all_special_tokens):
        assert alphabet.write(alphabet.read(piece)) == [piece]


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(("bpe", "unigram", "wordpiece")), st.text(max_size=40))
def test_any_text_segments_as_in_the_new_tokenizer(kind, text):
    edit = EDITS.setdefault(("bpe", kind), replace_tokenizer(trained("bpe"), trained(kind)))
    assert segment(edit.replacement, text) == segment(trained(kind), text)


def llama(size, tied):
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=size, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=tied,
        bos_token_id=0, eos_token_id=1, pad_token_id=2,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).eval()


@pytest.mark.parametrize("tied", [True, False])
def test_a_model_carried_over_and_back_answers_as_before(tied):
    old = trained("bpe")
    draw = np.random.default_rng(0)
    names = list(old.get_vocab())
    ids = dict(zip(names, draw.permutation(len(names)).tolist(), strict=True))
    shuffled = renumbered(old, ids)
    assert shuffled.get_vocab() == ids
    edit = replace_tokenizer(old, shuffled)
    assert not edit.added
    assert not edit.dropped
    model = llama(len(old), tied)
    carried = apply_edit(copy.deepcopy(model), edit)
    after = edit.tokenizer(old)
    assert carried.config.eos_token_id == after.eos_token_id
    for text in SOURCE[:5]:
        one, two = (side(text, return_tensors="pt").input_ids for side in (old, after))
        assert not torch.equal(one, two)
        first, second = model(one).logits, carried(two).logits
        assert torch.allclose(first[..., old("a").input_ids], second[..., after("a").input_ids])
        order = [after.convert_tokens_to_ids(old.convert_ids_to_tokens(n)) for n in range(len(old))]
        assert torch.allclose(first, second[..., order], atol=1e-6)


@pytest.mark.parametrize("initialiser", [None, random_rows])
def test_any_initialiser_fills_the_new_rows(initialiser):
    old, new = trained("bpe"), extend_with_target()
    edit = replace_tokenizer(old, new)
    model = llama(len(old), True)
    rows = model.get_input_embeddings().weight.detach().clone()
    apply_edit(model, edit, **({"initialiser": initialiser} if initialiser else {}))
    got = model.get_input_embeddings().weight.detach()
    kept = np.flatnonzero(edit.old_to_new >= 0)
    assert len(kept) == len(old)
    assert torch.equal(got[edit.old_to_new[kept]], rows[kept])
    assert (got[edit.added_ids.start :].abs().sum(1) > 0).all()
    assert len(edit.added) > 20


def extend_with_target():
    return extend(trained("bpe"), TARGET, pieces=40).tokenizer(trained("bpe"))


def test_balanced_text_serves_a_small_language_as_well_as_a_large_one():
    texts = {"yor_Latn": TARGET * 3, "tel_Telu": TELUGU[:20]}
    plain = extend(trained("bpe"), [t for group in texts.values() for t in group], pieces=60)
    equal = extend(trained("bpe"), balanced_texts(texts), pieces=60)

    def telugu(edit):
        after = edit.tokenizer(trained("bpe"))
        return sum(len(after.tokenize(text)) for text in TELUGU[:20])

    assert telugu(equal) < telugu(plain)


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.lists(st.text("xyz", min_size=1, max_size=9), min_size=1, max_size=9),
        min_size=1,
    ),
    st.floats(0, 1),
)
def test_shares_are_met_to_within_a_text(texts, alpha):
    found = balanced_texts(texts, alpha=alpha)
    sizes = {code: sum(map(len, group)) for code, group in texts.items()}
    total = sum(sizes.values())
    weight = sum(size**alpha for size in sizes.values())
    longest = max(len(text) for group in texts.values() for text in group)
    assert abs(sum(map(len, found)) - total) <= len(texts) * longest
    if len(texts) == 1:
        (code,) = texts
        assert found == texts[code]
    assert all(size**alpha / weight * total >= 0 for size in sizes.values())


def test_an_edit_that_could_not_be_read_back_is_not_saved(tmp_path):
    edit = replace_tokenizer(trained("bpe"), trained("unigram"))
    with pytest.raises(GlotliftError, match=r"GL-VOCABULARY-050.*edit_checkpoint"):
        edit.save(tmp_path / "edit.json")
    assert not (tmp_path / "edit.json").exists()


def test_its_json_is_not_mistaken_for_pieces(tmp_path):
    edit = replace_tokenizer(trained("bpe"), trained("unigram"))
    (tmp_path / "edit.json").write_text(json.dumps(edit.as_json()))
    with pytest.raises(GlotliftError, match="GL-VOCABULARY-011"):
        load_edit(tmp_path / "edit.json")


def tiny(model):
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model))


def foreign():
    return tiny(models.BPE(vocab={"ж": 0, "я": 1}, merges=[]))


def ends_of_words():
    return tiny(models.BPE(vocab={"a</w>": 0, "a": 1}, merges=[], end_of_word_suffix="</w>"))


def replaced(new):
    return replace_tokenizer(trained("wordpiece"), new)


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("GL-VOCABULARY-001", lambda: replaced(object())),
        ("GL-VOCABULARY-010", lambda: replaced(trained("bpe")).tokenizer(trained("bpe"))),
        ("GL-VOCABULARY-013", lambda: replaced(tiny(models.WordLevel({"a": 0}, unk_token="a")))),
        ("GL-VOCABULARY-070", lambda: replaced(ends_of_words())),
        ("GL-VOCABULARY-078", lambda: replaced(foreign())),
        ("GL-VOCABULARY-079", lambda: balanced_texts({})),
        ("GL-VOCABULARY-079", lambda: balanced_texts({"a": [" "], "b": ["x"]})),
        ("GL-VOCABULARY-049", lambda: balanced_texts({"a": ["x"]}, alpha=2.0)),
    ],
)
def test_senseless_requests_are_coded_errors(code, call):
    with pytest.raises(GlotliftError) as error:
        call()
    assert error.value.code == code
