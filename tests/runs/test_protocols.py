import subprocess
import sys

import pytest

from glotlift.runs import protocols


def members(protocol: type) -> set[str]:
    own = {name for name in vars(protocol) if not name.startswith("_") or name == "__call__"}
    return own | set(getattr(protocol, "__annotations__", {}))


def test_importing_the_protocols_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'datasets'}"
    code = f"import sys, glotlift.runs.protocols; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("protocol", "module", "names"),
    [
        ("Objective", "glotlift.objectives.causal", ["CausalLanguageModelling"]),
        ("Objective", "glotlift.objectives.masked", ["MaskedLanguageModelling"]),
        ("Objective", "glotlift.objectives.prefix", ["PrefixLanguageModelling"]),
        ("Delta", "glotlift.models.deltas", ["AllWeights", "NewRows", "LowRank", "Together"]),
        ("Initialiser", "glotlift.vocabulary.initialise", ["mean_of_pieces", "random_rows"]),
        ("Generator", "glotlift.clients", ["LocalModel", "ScriptedModel"]),
        ("Scorer", "glotlift.clients", ["LocalModel", "ScriptedModel"]),
        ("Encoder", "glotlift.clients", ["LocalModel", "ScriptedModel"]),
    ],
)
def test_methods_keep_their_protocol(protocol: str, module: str, names: list[str]) -> None:
    found = __import__(module, fromlist=names)
    for name in names:
        missing = members(getattr(protocols, protocol)) - set(dir(getattr(found, name)))
        assert not missing, f"{name} lacks {missing}"
