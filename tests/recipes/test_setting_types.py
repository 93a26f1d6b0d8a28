import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.setting_types import accepts
from recipes.setting_types import as_text
from recipes.setting_types import from_text
from recipes.setting_types import wanted

_GUESS = int | float | tuple[int, ...] | str | None


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [
        ("8", int, 8),
        ("-8", int, -8),
        ("1_000", int, 1000),
        ("1e3", int, 1000),
        ("1.5e1", int, 15),
        ("1e23", int, 10**23),
        ("9007199254740993", int, 2**53 + 1),
        ("3", float, 3.0),
        ("1e-4", float, 1e-4),
        ("-.5", float, -0.5),
        ("true", bool, True),
        ("Yes", bool, True),
        ("on", bool, True),
        ("1", bool, True),
        ("FALSE", bool, False),
        ("no", bool, False),
        ("off", bool, False),
        ("0", bool, False),
        (None, bool, True),
        (None, bool | None, True),
        ("none", str, "none"),
        ("", str, ""),
        ("none", str | None, None),
        ("None", int | None, None),
        ("5", int | None, 5),
        ("368,496", tuple[int, ...], (368, 496)),
        ("368, 496", tuple[int, int], (368, 496)),
        ("368", tuple[int, ...], (368,)),
        (".9,1", tuple[float, float], (0.9, 1.0)),
        ("3,yes", tuple[int, bool], (3, True)),
        ("none", tuple[int, int] | None, None),
        ("64", _GUESS, 64),
        ("0.5", _GUESS, 0.5),
        ("224,224", _GUESS, (224, 224)),
        ("none", _GUESS, None),
        ("mixed_bfloat16", _GUESS, "mixed_bfloat16"),
        ("a,b", _GUESS, "a,b"),
    ],
)
def test_text_becomes_a_value_of_the_type(text, hint, value):
    read = from_text(text, hint)
    assert read == value
    assert type(read) is type(value)
    assert accepts(read, hint)


@pytest.mark.parametrize(
    ("text", "hint", "message"),
    [
        ("many", int, "Wanted: a whole number. Received: 'many'"),
        ("1.5", int, "Wanted: a whole number. Received: '1.5'"),
        ("", int, "Wanted: a whole number. Received: ''"),
        (None, int, "Wanted: a whole number. Received: None"),
        ("none", int, "Wanted: a whole number. Received: 'none'"),
        # An exponent that must not be written out.
        (
            "1e999999999",
            int,
            "Wanted: a whole number. Received: '1e999999999'",
        ),
        ("fast", float, "Wanted: a number. Received: 'fast'"),
        ("nan", float, "Wanted: a number. Received: 'nan'"),
        ("inf", float, "Wanted: a number. Received: 'inf'"),
        ("1e999", float, "Wanted: a number. Received: '1e999'"),
        ("maybe", bool, "Wanted: true or false. Received: 'maybe'"),
        (None, str, "Wanted: text. Received: None"),
        ("all", int | None, "Wanted: a whole number or none. Received: 'all'"),
        (
            "368",
            tuple[int, int],
            "Wanted: 2 whole numbers separated by commas. Received: '368'",
        ),
        (
            "368,",
            tuple[int, ...],
            "Wanted: whole numbers separated by commas. Received: '368,'",
        ),
        (
            "1,x",
            tuple[float, ...],
            "Wanted: numbers separated by commas. Received: '1,x'",
        ),
        ("{}", dict[str, int], "Wanted: a dictionary. Received: '{}'"),
    ],
)
def test_text_of_another_type_is_refused(text, hint, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_text(text, hint)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (True, int),
        (1.0, int),
        ("1", int),
        (True, float),
        (1, bool),
        (None, int),
        ((1, 2, 3), tuple[int, int]),
        ((1, 2.0), tuple[int, ...]),
        ([1, 2], tuple[int, ...]),
        (3, str | None),
    ],
)
def test_a_value_of_another_type_is_not_accepted(value, hint):
    assert not accepts(value, hint)


def test_choices_are_accepted_and_named():
    choices = ("small", "large")
    assert accepts("small", str, choices)
    assert accepts(None, str | None, choices)
    assert not accepts("huge", str, choices)
    assert not accepts(None, str, choices)
    assert wanted(str, choices) == "one of small, large"
    assert wanted(str | None, choices) == "one of small, large or none"


@pytest.mark.parametrize(
    ("hint", "values"),
    [
        (int, st.integers(-(10**30), 10**30)),
        (float, st.floats(allow_nan=False, allow_infinity=False)),
        (bool, st.booleans()),
        (str, st.text()),
        (int | None, st.none() | st.integers(-999, 999)),
        (
            tuple[int, ...],
            st.lists(st.integers(), min_size=1).map(tuple),
        ),
    ],
)
def test_a_value_survives_being_text(hint, values):
    @given(values)
    def check(value):
        read = from_text(as_text(value), hint)
        assert read == value
        assert type(read) is type(value)

    check()
