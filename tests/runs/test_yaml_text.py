import pytest
import yaml

from glotlift.runs.yaml_text import read_yaml

TEXT = """
one: &first {a: 1, b: 2.5, c: null, yes: no, day: 2020-01-02}
two: *first
lines: |
  हिन्दी: 漢字 🐟
  # no comment
folded: >
  a
  b
"quoted \\u00e9": ['~', "1", 0x10, 1_000]
"""


@pytest.mark.parametrize("fast", [True, False])
def test_text_is_read_as_safe_load_reads_it(monkeypatch, fast):
    if not fast:
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read_yaml(TEXT) == yaml.safe_load(TEXT)
    with pytest.raises(yaml.YAMLError):
        read_yaml("!!python/object/apply:os.getcwd []")
