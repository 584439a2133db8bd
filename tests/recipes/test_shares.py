from glotlift.recipes.shares import Share


def test_a_share_is_counted_piece_by_piece():
    share = Share()
    assert share.value == 0
    share.add(1, 2)
    share.add(2, 2)
    assert share.value == 0.75
