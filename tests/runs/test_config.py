from typing import Annotated, Literal

import pytest
from pydantic import Field, field_validator

from glotlift.runs.config import Config, load_config, owner
from glotlift.runs.errors import GlotliftError


class Inner(Config):
    rate: float = Field(default=0.1, gt=0)
    size: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"


class Outer(Config):
    name: str
    inner: Inner = Inner()
    maybe: Inner | None = None
    tags: list[str] = Field(default=[])

    @field_validator("name")
    @classmethod
    def plain(cls, name: str) -> str:
        if name == "bad":
            raise ValueError("a bad name")
        if name == "coded":
            raise GlotliftError("GL-RUN-001", "coded inside")
        return name


def refused(code, *parts):
    return pytest.raises(GlotliftError, match=".*".join([code, *parts]))


def test_yaml_and_overrides_make_a_configuration(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("name: x\ninner: {rate: 0.5}\n")
    config = load_config(Outer, path, ["inner.size=3", "tags=[a, b]", "maybe.rate=2"])
    assert config == Outer(
        name="x", inner=Inner(rate=0.5, size=3), maybe=Inner(rate=2), tags=["a", "b"]
    )


def test_a_mapping_given_is_not_changed():
    given = {"name": "x"}
    load_config(Outer, given, ["tags=[a]"])
    assert given == {"name": "x"}


def test_a_nested_mapping_given_is_not_changed_either():
    given = {"name": "x", "inner": {"rate": 1}}
    load_config(Outer, given, ["inner.rate=2"])
    assert given == {"name": "x", "inner": {"rate": 1}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("1e-3", "1e-3"),
        ("'5'", "5"),
        ("", None),
        ("[1, 2]", [1, 2]),
        ("a=b", "a=b"),
        ("a: b: c", "a: b: c"),
        ("[", "["),
    ],
)
def test_an_overrides_value_is_read_as_yaml(text, value):
    from glotlift.runs.config import assign

    values = {}
    assign(values, f"a.b={text}")
    assert values == {"a": {"b": value}}


def test_no_such_file(tmp_path):
    with refused("GL-CONFIG-001", "no.yaml"):
        load_config(Outer, tmp_path / "no.yaml")


@pytest.mark.parametrize(
    "text", [b"a: [", b"a: b: c", b"\xff\xfe\x00", b"\ta: 1", b"a: !!python/object:x {}"]
)
def test_broken_yaml_names_the_file(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_bytes(text)
    with refused("GL-CONFIG-002", "a.yaml"):
        load_config(Outer, path)


def test_broken_yaml_names_the_line(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("name: x\ninner: [1\n")
    with refused("GL-CONFIG-002", r"a.yaml:\d"):
        load_config(Outer, path)


@pytest.mark.parametrize("text", ["", "5", "- a\n- b", "word"])
def test_yaml_that_is_no_mapping(tmp_path, text):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with refused("GL-CONFIG-003", "a.yaml"):
        load_config(Outer, path)


@pytest.mark.parametrize("override", ["name", "=x", ".name=x", "inner..rate=1", ""])
def test_an_override_that_is_none(override):
    with refused("GL-CONFIG-004", "key=value"):
        load_config(Outer, {"name": "x"}, [override])


def test_an_override_below_a_plain_value():
    with refused("GL-CONFIG-009", "'name' has no keys below it"):
        load_config(Outer, {"name": "x"}, ["name.first=y"])


@pytest.mark.parametrize(
    ("values", "key", "near"),
    [
        ({"nam": 1}, "nam", "name"),
        ({"inner": {"rat": 1}}, "inner.rat", "rate"),
        ({"maybe": {"siz": 1}}, "maybe.siz", "size"),
        ({"in-ner": 1}, "in-ner", "inner"),
        ({"größe": 1}, "größe", ""),
        ({"1": 1}, "1", ""),
    ],
)
def test_an_unknown_key_names_itself_and_the_nearest_known(values, key, near):
    with refused("GL-CONFIG-005", key, f"did you mean '{near}"):
        load_config(Outer, {"name": "x", **values})


def test_an_unknown_key_is_told_before_the_one_it_was_meant_for():
    with refused("GL-CONFIG-005", "'nmae'", "'name'"):
        load_config(Outer, {"nmae": "x"})


def test_a_missing_key():
    with refused("GL-CONFIG-006", "'name' is required"):
        load_config(Outer, {})


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"inner": {"rate": 0}}, "configuration: inner.rate"),
        ({"inner": {"size": 0}}, "configuration: inner.size"),
        ({"inner": {"size": "many"}}, "configuration: inner.size"),
        ({"inner": 3}, "configuration: inner"),
        ({"tags": ["a", 1]}, "configuration: tags.1"),
    ],
)
def test_a_wrong_value_names_its_key(values, key):
    with pytest.raises(GlotliftError) as refusal:
        load_config(Outer, {"name": "x", **values})
    assert (refusal.value.code, refusal.value.place) == ("GL-CONFIG-007", key)


def test_a_validators_words_are_told():
    with refused("GL-CONFIG-008", "a bad name", "name"):
        load_config(Outer, {"name": "bad"})


def test_a_validators_coded_error_stays_what_it_is():
    with refused("GL-RUN-001", "coded inside"):
        load_config(Outer, {"name": "coded"})


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load_config(Outer, {"name": "x"}).name = "y"


def test_the_owner_of_a_key_is_the_nested_model():
    assert owner(Outer, ("inner", "rate")) is Inner
    assert owner(Outer, ("maybe", "rate")) is Inner
    assert owner(Outer, ("name",)) is Outer
