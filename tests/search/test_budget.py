import pytest

from keras_perceiver.search.budget import Limit
from keras_perceiver.search.budget import parse_budget


def test_limits_are_read_with_their_units():
    assert parse_budget("latency_ms<20, params<=5M,flops>0.5x,memory<2GiB") == (
        Limit("latency_ms", "<", 20.0, False),
        Limit("params", "<=", 5e6, False),
        Limit("flops", ">", 0.5, True),
        Limit("memory", "<", 2.0**31, False),
    )
    assert parse_budget("flops<1.5e9") == parse_budget("flops<1.5B")
    assert parse_budget("") == ()


def test_a_limit_holds_or_not():
    below, from_on = parse_budget("params<5k,params>=5k")
    assert below.holds(4_999)
    assert not below.holds(5_000)
    assert from_on.holds(5_000)


def test_a_relative_limit_is_times_the_reference():
    (limit,) = parse_budget("flops<0.5x")
    assert limit.absolute({"flops": 200}) == Limit("flops", "<", 100.0, False)
    assert str(limit) == "flops<0.5x"
    with pytest.raises(ValueError, match="Give a number without x"):
        limit.absolute({"flops": None})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("flops", "limits such as .* Received: 'flops'"),
        ("flops=3", "limits such as"),
        (
            "flop<3",
            "Unknown quantity of a budget: 'flop'. Did you mean 'flops'",
        ),
        ("flops<3q", "Unknown unit of 'flops<3q': 'q'"),
        ("flops<-3", "limits such as"),
    ],
)
def test_what_is_no_limit_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        parse_budget(text)
