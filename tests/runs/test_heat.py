from xml.etree import ElementTree

from glotlift.runs.heat import heat_chart


def test_every_cell_has_its_number_and_its_strength():
    chart = heat_chart(
        ["Hindi", "<b>"], ["0", "1"], [[0.5, -0.25], [None, 0.0]], "layer", label="l"
    )
    root = ElementTree.fromstring(chart)
    texts = [element.text for element in root.iter("text")]
    assert {"Hindi", "<b>", "0.50", "−0.25", "0.00", "layer"} <= {*texts}
    cells = [e for e in root.iter("path") if e.get("class") in ("fill-after", "fill-loss")]
    strength = {
        e.get("class"): float(e.get("opacity", e.get("fill-opacity", 1))) for e in cells[:2]
    }
    assert strength["fill-after"] == 2 * strength["fill-loss"] > 0
    assert len(cells) == 2  # nothing is drawn of what is not measured, nor of zero


def test_many_columns_have_no_room_for_numbers_but_are_drawn():
    chart = heat_chart(["a"], [str(n) for n in range(40)], [[1.0] * 40], "layer", label="l")
    root = ElementTree.fromstring(chart)
    assert "1.00" not in [element.text for element in root.iter("text")]
    assert sum(e.get("class") == "fill-after" for e in root.iter("path")) == 40
