from pathlib import Path

from glotlift.runs.cache import cache_folder


def test_the_cache_lies_where_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path / "kept"))
    assert cache_folder("starters") == tmp_path / "kept" / "starters"
    assert cache_folder("starters").is_dir()
    assert cache_folder() == tmp_path / "kept"


def test_by_default_it_lies_in_the_home(monkeypatch, tmp_path):
    monkeypatch.delenv("GLOTLIFT_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_folder("a") == tmp_path / ".cache" / "glotlift" / "a"
