import ast
import re
import shlex
from pathlib import Path

import pytest
import yaml

from glotlift.commands.main import main

ROOT = Path(__file__).parents[2]
WRITTEN = [
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "Written by docs/generate.py" not in path.read_text(encoding="utf-8")[:80]
]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name(path):
    return path.relative_to(ROOT).as_posix()


def blocks(path, kind):
    text = path.read_text(encoding="utf-8")
    return [body for found, body in BLOCK.findall(text) if found == kind]


def commands(path):
    for body in blocks(path, "bash"):
        for line in body.replace("\\\n", " ").splitlines():
            if " glotlift " in f" {line} " and not line.startswith("#"):
                words = shlex.split(line)
                yield words[words.index("glotlift") + 1 :]


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "docs/recipes/index.md"], ids=name)
def test_links_lead_somewhere(path):
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_commands_and_their_flags_exist(path, capsys):
    for words in commands(path):
        verbs = [word for word in words[:2] if re.fullmatch("[a-z]+(-[a-z]+)*", word)]
        if verbs[:1] in (["adapt"], ["demo"], ["compare"], ["doctor"]):
            verbs = verbs[:1]
        assert main([*verbs, "--help"]) == 0, words
        shown = capsys.readouterr().out
        for flag in (word for word in words if word.startswith("--")):
            assert flag in shown, words


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_python_is_python_and_its_imports_exist(path):
    for body in blocks(path, "python"):
        tree = ast.parse(body, name(path))
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and "glotlift" in ast.unparse(node):
                exec(ast.unparse(node), {})


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_configurations_are_accepted(path):
    from glotlift.adaptation import AdaptConfig
    from glotlift.corpus import BuildConfig, PairConfig
    from glotlift.runs.config import load_config

    models = {"language": AdaptConfig, "inputs": BuildConfig, "source_language": PairConfig}
    for body in blocks(path, "yaml"):
        values = yaml.safe_load(body)
        for key in models.keys() & values.keys():
            assert load_config(models[key], values)


def test_the_site_lists_every_page():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"[\w/-]+\.md", text))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    recipes = {page for page in pages if page.startswith("recipes/")} - {"recipes/index.md"}
    assert listed == pages - recipes


def test_the_readme_names_the_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text


def test_the_tested_set_satisfies_every_floor():
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    pins = {canonicalize_name(package): version for package, version in pins.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for line in [*project["dependencies"], *extras["test"], *extras["docs"]]:
        wanted = Requirement(line)
        assert str(wanted.specifier), f"{line} has no floor"
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), line


def test_the_continuous_check_makes_lint_and_test():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    *_, made = script.read_text(encoding="utf-8").splitlines()
    assert {"make", "lint", "test"} <= set(shlex.split(made))
