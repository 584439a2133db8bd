import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import glotlift

SOURCE = Path(glotlift.__file__).parent
HEAVY = {"torch", "transformers", "datasets", "accelerate", "peft", "numpy", "matplotlib"}


def imported_by(code: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has loaded after `code`."""
    show = "import json, sys; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_glotlift_loads_nothing_heavy():
    assert imported_by("import glotlift") & (HEAVY | {"pydantic", "yaml", "rich"}) == set()


HELP = """
import contextlib, io
from glotlift.commands.main import main
with contextlib.redirect_stdout(io.StringIO()) as shown:
    assert main({arguments}) == 0
assert "Usage: glotlift" in shown.getvalue()
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["adapt", "--help"], ["recipe", "--help"], ["corpus", "dedup", "--help"]],
)
def test_help_loads_nothing_heavy(arguments):
    assert imported_by(HELP.format(arguments=arguments)) & HEAVY == set()


def test_the_list_of_tasks_loads_nothing_heavy():
    listing = HELP.replace("Usage: glotlift", "injongo").format(arguments=["tasks", "list"])
    assert imported_by(listing) & HEAVY == set()


def test_the_recipe_list_loads_nothing_heavy():
    listing = HELP.replace("Usage: glotlift", "marco-llm").format(arguments=["recipe", "list"])
    assert imported_by(listing) & HEAVY == set()


def rooms() -> list[str]:
    return sorted(
        path.parent.name for path in SOURCE.glob("*/__init__.py") if path.parent.name != "recipes"
    )


@pytest.mark.parametrize("room", rooms())
def test_importing_a_room_loads_no_torch(room):
    assert imported_by(f"import glotlift.{room}") & {"torch", "transformers", "datasets"} == set()


@pytest.mark.parametrize("package", ["glotlift", *(f"glotlift.{room}" for room in rooms())])
def test_no_exported_name_is_hidden_by_the_module_that_defines_it(package):
    exporting = import_module(package)
    for name in getattr(exporting, "__all__", []):
        # The first asking imports the module, which may then stand in the name's place.
        first, second = getattr(exporting, name), getattr(exporting, name)
        assert not isinstance(first, ModuleType), name
        assert not isinstance(second, ModuleType), name


def test_a_room_imports_only_rooms_above_it():
    root = SOURCE.parents[1]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "kept" in done.stdout
    assert done.returncode == 0, done.stdout[-2000:]


FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


def forbidden(tree: ast.AST) -> list[str]:
    """Name the calls that no file of the package may make."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            found += [
                n for n in names if n.split(".")[0] in {"pickle", "dill", "marshal", "shelve"}
            ]
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in FORBIDDEN_CALLS or called in {"yaml.load", "os.system", "pickle.load"}:
            found.append(called)
        for keyword in node.keywords:
            value = ast.unparse(keyword.value)
            if keyword.arg in {"shell", "trust_remote_code"} and value != "False":
                found.append(f"{called}({keyword.arg}={value})")
            if called == "torch.load" and keyword.arg == "weights_only" and value != "True":
                found.append(f"{called}(weights_only={value})")
        if called == "torch.load" and "weights_only" not in {k.arg for k in node.keywords}:
            found.append("torch.load without weights_only")
    return found


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.name)
def test_no_file_can_run_what_it_reads(path):
    assert forbidden(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    ["import pickle", "eval('1')", "yaml.load(f)", "run('ls', shell=True)", "torch.load(p)"],
)
def test_the_gate_would_notice(line):
    assert forbidden(ast.parse(line))
