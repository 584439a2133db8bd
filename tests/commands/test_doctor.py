import json
from importlib import metadata

import pytest

from glotlift.commands import doctor
from glotlift.commands.main import main


def findings(capsys):
    code = main(["doctor", "--json"])
    return code, {row["check"]: row for row in json.loads(capsys.readouterr().out)}


def test_this_machine_is_ready(capsys):
    code, found = findings(capsys)
    assert code == 0
    assert {"python", "torch", "memory", "disk", "caches", "network"} <= found.keys()
    assert not [row for row in found.values() if row["state"] == "wrong"]


def test_every_required_package_is_checked(capsys):
    _, found = findings(capsys)
    required = [line for line in metadata.requires("glotlift") if "extra ==" not in line]
    assert len([c for c in found if c not in {"python", "memory", "disk"}]) >= len(required)


def test_a_package_below_its_floor_is_wrong_and_named(monkeypatch, capsys):
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda n: "1.0" if n == "datasets" else version(n))
    code, found = findings(capsys)
    assert code == 1
    assert found["datasets"]["state"] == "wrong"
    assert found["datasets"]["advice"].startswith("pip install 'datasets>=")


def test_a_missing_package_is_wrong(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    missing = [finding for finding in doctor.check_versions() if finding.found == "missing"]
    assert len(missing) > 10


def test_a_switched_off_network_is_noted(monkeypatch):
    for name in doctor.OFFLINE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert doctor.check_network().found == "allowed"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert doctor.check_network().found == "off by HF_HUB_OFFLINE"


@pytest.mark.parametrize(("free", "state"), [(10**9, "note"), (10**11, "ok")])
def test_little_disk_is_noted(monkeypatch, tmp_path, free, state):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": free}))
    assert doctor.check_disk(tmp_path).state == state


def test_a_cache_that_cannot_be_made_is_wrong(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path / "file"))
    assert doctor.check_caches().state == "wrong"
