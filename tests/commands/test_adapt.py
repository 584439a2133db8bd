import json
from pathlib import Path

import pytest
from pydantic import Field

import glotlift
from glotlift.commands.adapt import as_overrides, group_texts, split_settings
from glotlift.commands.main import INTERRUPTED, REFUSED, main
from glotlift.runs.config import Config
from glotlift.runs.errors import GlotliftError


class SomeConfig(Config):
    model: str
    language: str
    text: tuple[str, ...] = ()
    keep: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    output: Path | None = None
    budget: str = "auto"


@pytest.fixture
def job(monkeypatch, tmp_path):
    """Stand in for the main job and return the configurations that it was called with."""
    called = []

    def adapt(config):
        called.append(config)
        print("training")
        return tmp_path / "run"

    def plan(config):
        called.append(config)
        return {"tokens": 1000, "stages": [{"stage": "train", "steps": 3}], "warnings": ["small"]}

    for name, stand_in in (("AdaptConfig", SomeConfig), ("adapt", adapt), ("plan", plan)):
        monkeypatch.setitem(vars(glotlift), name, stand_in)
    return called


def test_flags_alone_describe_a_run(job, capsys):
    flags = ["--model", "m=1", "--language", "yor_Latn", "--text", "a.txt", "--text", "1.5"]
    keep = ["--keep", "eng_Latn=e1", "--keep", "spa_Latn=s", "--keep", "eng_Latn=e2"]
    assert main(["adapt", *flags, *keep, "--output", "out"]) == 0
    assert job == [
        SomeConfig(
            model="m=1",
            language="yor_Latn",
            text=("a.txt", "1.5"),
            keep={"eng_Latn": ("e1", "e2"), "spa_Latn": ("s",)},
            output=Path("out"),
        )
    ]
    assert "report.html" in capsys.readouterr().out


def test_a_flag_stands_over_the_file_and_an_override_over_both(job, tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("model: a\nlanguage: yor_Latn\nbudget: 1m\n")
    assert main(["adapt", str(path), "model=c", "budget=2m", "--model", "b"]) == 0
    assert (job[0].model, job[0].language, job[0].budget) == ("c", "yor_Latn", "2m")


def test_json_stands_alone_on_standard_output(job, capsys, tmp_path):
    assert main(["adapt", "model=m", "language=yor_Latn", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["run"] == str((tmp_path / "run").resolve())
    assert captured.err == "training\n"


def test_only_the_first_of_several_processes_tells(job, monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")
    assert main(["adapt", "model=m", "language=yor_Latn"]) == 0
    assert "page" not in capsys.readouterr().out


def test_a_plan_is_printed_as_tables_and_warnings(job, capsys):
    assert main(["adapt", "model=m", "language=yor_Latn", "--plan"]) == 0
    shown = capsys.readouterr().out
    assert "tokens" in shown
    assert "1000" in shown
    assert "train" in shown
    assert "warning: small" in shown


def test_a_plan_is_printed_as_json(job, capsys):
    assert main(["adapt", "model=m", "language=yor_Latn", "--plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == ["small"]


def test_an_unknown_key_names_the_nearest(job, capsys):
    assert main(["adapt", "model=m", "language=yor_Latn", "bugdet=1m"]) == REFUSED
    assert "did you mean 'budget'" in capsys.readouterr().err
    assert job == []


def test_interrupted_training_says_how_to_go_on(job, monkeypatch, capsys):
    def interrupted(config):
        raise KeyboardInterrupt

    monkeypatch.setitem(vars(glotlift), "adapt", interrupted)
    assert main(["adapt", "model=m", "language=yor_Latn"]) == INTERRUPTED
    assert "to continue" in capsys.readouterr().err


def test_the_demo_opens_its_page_only_when_asked(job, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("glotlift.__file__", str(tmp_path / "__init__.py"))
    (tmp_path / "demo.yaml").write_text("model: starter:decoder\nlanguage: hin_Deva\n")
    assert main(["demo", "budget=1m"]) == 0
    assert (opened, job[0].budget) == ([], "1m")
    assert main(["demo", "--output", "elsewhere", "--open"]) == 0
    assert job[1].output == Path("elsewhere")
    assert opened[0].endswith("/run/report.html")


def test_a_file_comes_first_and_overrides_follow():
    assert split_settings(["a.yaml", "b=c"]) == (Path("a.yaml"), ["b=c"])
    assert split_settings(["b=c"]) == (None, ["b=c"])


def test_a_file_may_have_an_equals_sign_in_its_name(tmp_path):
    path = tmp_path / "a=b.yaml"
    path.touch()
    assert split_settings([str(path), "c=d"]) == (path, ["c=d"])


def test_a_second_file_is_refused():
    with pytest.raises(GlotliftError, match="GL-COMMAND-001"):
        split_settings(["a.yaml", "b.yaml"])


@pytest.mark.parametrize("pair", ["eng_Latn", "=path", "eng_Latn="])
def test_text_without_its_language_or_path_is_refused(pair):
    with pytest.raises(GlotliftError, match="GL-COMMAND-002") as raised:
        group_texts([pair], "--keep")
    assert raised.value.place == "--keep"


def test_an_equals_sign_in_a_path_is_kept():
    assert group_texts(["eng_Latn=a=b.txt"], "--keep") == {"eng_Latn": ["a=b.txt"]}


def test_flags_that_were_not_given_override_nothing():
    assert as_overrides({"model": "", "text": None, "keep": {}, "language": "yor"}) == [
        'language="yor"'
    ]


def test_the_packaged_demo_is_the_example():
    packaged = Path(glotlift.__file__).with_name("demo.yaml")
    example = Path(__file__).parents[2] / "examples" / "demo.yaml"
    assert packaged.read_text(encoding="utf-8") == example.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "model", [pytest.param("starter:decoder", marks=pytest.mark.slow), "starter:decoder:tiny"]
)
def test_the_packaged_demo_can_be_planned(model, capsys):
    assert main(["demo", "--plan", "--json", f"model={model}"]) == 0
    assert json.loads(capsys.readouterr().out)
