import json

import pytest

from glotlift.commands.main import REFUSED, main


@pytest.fixture
def held(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path))
    for kind, count in (("starters", 2000), ("features", 500)):
        (tmp_path / kind / "one").mkdir(parents=True)
        (tmp_path / kind / "one" / "file").write_bytes(b"x" * count)
    return tmp_path


def test_kinds_are_listed_with_their_sizes(held, capsys):
    assert main(["cache", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["kind"], row["bytes"]) for row in rows] == [("features", 500), ("starters", 2000)]


def test_people_read_sizes_in_units(held, capsys):
    assert main(["cache", "list"]) == 0
    assert "2.0 kB" in capsys.readouterr().out
    assert main(["cache", "size"]) == 0
    assert "2.5 kB" in capsys.readouterr().out


def test_one_kind_is_cleared_and_the_others_stay(held, capsys):
    assert main(["cache", "clear", "starters", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"cleared": ["starters"], "bytes": 2000}
    assert [path.name for path in held.iterdir()] == ["features"]


def test_everything_is_cleared(held):
    assert main(["cache", "clear"]) == 0
    assert list(held.iterdir()) == []


def test_an_unknown_kind_clears_nothing(held, capsys):
    assert main(["cache", "clear", "startres"]) == REFUSED
    assert "features, starters" in capsys.readouterr().err
    assert len(list(held.iterdir())) == 2


def test_a_link_in_the_cache_is_not_followed(held, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "precious").touch()
    (held / "starters" / "link").symlink_to(outside)
    assert main(["cache", "clear"]) == 0
    assert (outside / "precious").exists()
