"""What `evaluate --robustness` refuses, before anything is opened."""

import pytest

from recipes.__main__ import main


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["starcraft", "evaluate"], "starcraft knows no attacks"),
        (["imagenet", "evaluate", "--from", "best"], "without --from"),
    ],
)
def test_it_is_refused_where_it_is_not_measured(words, message, capsys):
    assert main([*words, "--robustness"]) == 1
    assert message in capsys.readouterr().err
