"""Values that stand more than once."""

from sim.core.repeated import repeated


def test_each_repeated_value_stands_once_in_the_order_of_its_first_place() -> None:
    assert repeated("banana") == ["a", "n"]
    assert repeated([3, 1, 2]) == []
