from keras_perceiver.search import settings
from keras_perceiver.search.trials import TrialLog
from keras_perceiver.search.view import View
from tests.search.written_records import record


def test_a_search_is_shown_once_it_has_begun(tmp_path, capsys):
    log = TrialLog(tmp_path)
    with View(tmp_path, trials=3) as view:
        view.update()
        view.say("a line")
        assert capsys.readouterr().out == "a line\n"
        settings.keep(tmp_path, {"objective": "loss", "maximize": False})
        log.write(record("0", 0.5))
        (tmp_path / settings.STATE_FILE).write_text('{"rejected": {"x": 4}}')
        # Not so soon after the last look.
        view.update()
        assert capsys.readouterr().out == ""
        view._updated = 0.0
        view.update()
        view.say("another")
        shown = capsys.readouterr().out
        assert "trial 0" in shown
        assert shown.endswith("another\n")
        log.write(record("1", 0.25))
    # What came last is shown at the end, with all counts.
    shown = capsys.readouterr().out
    assert "trial 1" in shown
    assert "trial 0" not in shown
    assert "4" in shown.splitlines()[-1]
