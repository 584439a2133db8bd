import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_up_to_date(generate):
    found = [str(path.relative_to(ROOT)) for path in generate.stale()]
    assert found == [], "run: make pages"


def test_one_code_names_one_cause(generate):
    causes = {}
    for refusal in generate.refusals(generate.SOURCE):
        causes.setdefault(refusal.code, set()).add(refusal.cause)
    assert {code: found for code, found in causes.items() if len(found) > 1} == {}


def test_every_coded_error_says_what_to_do(generate):
    silent = {r.code for r in generate.refusals(generate.SOURCE) if not r.fix}
    assert silent == set()


def test_every_code_that_the_source_names_is_raised_somewhere(generate):
    raised = {refusal.code for refusal in generate.refusals(generate.SOURCE)}
    text = "\n".join(path.read_text(encoding="utf-8") for path in generate.SOURCE.rglob("*.py"))
    assert set(generate.CODE.findall(text)) - raised == set()


def test_every_publication_is_told(generate):
    from glotlift.recipes.catalogue import CATALOGUE

    told = generate.read_publications()
    assert list(told) == [entry.name for entry in CATALOGUE]
    for about in told.values():
        assert about.keys() <= {"says", "claims", "tests", "differs"}
        assert about["says"]
        assert about["tests"]


def test_every_claim_names_its_source(generate):
    for name, about in generate.read_publications().items():
        for claim in about.get("claims", []):
            assert claim.keys() == {"claim", "source"}, name
            assert claim["source"], name


RECORD = {
    "part": "replay",
    "setting": "world",
    "question": "Does it help?",
    "difference": "replay",
    "budget": {"unit": "bytes", "value": 1000000.0},
    "seeds": [0, 1, 2],
    "claims": [
        {
            "text": "English | stays <b>",
            "estimate": -0.5,
            "low": -0.75,
            "high": -0.25,
            "unit": "bits per byte",
            "verdict": "CONFIRMED",
            "published": {"figure": "1 %", "source": "the abstract"},
        }
    ],
    "command": "glotlift recipe run marco-llm",
    "seconds": 60,
}


def test_a_record_is_shown_with_its_verdict_and_command(generate):
    from glotlift.recipes.catalogue import publication

    about = {"says": "It says.", "tests": "It tests.", "differs": "Smaller."}
    page = generate.recipe_page(publication("marco-llm"), about, [RECORD])
    assert "| English \\| stays &lt;b> |" in page
    assert "−0.50 [−0.75, −0.25] bits per byte" in page
    assert "| CONFIRMED | 1 % (the abstract) |" in page
    assert "glotlift recipe run marco-llm` in 60 s" in page
    assert "None yet" not in page


def test_a_stale_page_is_found(generate, monkeypatch, tmp_path):
    made = {tmp_path / "recipes" / "a.md": "new"}
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    monkeypatch.setattr(generate, "pages", lambda: made)
    assert generate.stale() == [tmp_path / "recipes" / "a.md"]
    assert generate.main([]) == 0
    assert generate.stale() == []
    (tmp_path / "recipes" / "gone.md").touch()
    assert generate.main(["--check"]) == 1


def test_a_cause_is_read_from_every_kind_of_message(generate, tmp_path):
    (tmp_path / "room.py").write_text(
        'raise GlotliftError("GL-A-001", f"no {x!r} in " "it", fix="add it")\n'
        'raise GlotliftError("GL-A-002", "this " + kind, fix=f"did {y}?" if y else "stop")\n'
    )
    first, second = generate.refusals(tmp_path)
    assert (first.code, first.cause, first.fix) == ("GL-A-001", "no … in it", "add it")
    assert (second.cause, second.fix) == ("this (the message tells)", "did …? / stop")
