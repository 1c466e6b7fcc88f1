import pytest
from rich.console import Console

from ptnotes.console import progress
from ptnotes.console.progress import LiveLine
from ptnotes.events import EpochRow, Header, Progress, RunRecord


@pytest.fixture
def advanced(monkeypatch):
    """``advanced(config, *events)``: the live line of a terminal after these events."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])

    def invoke(config, *events):
        line, record = LiveLine(Console(force_terminal=True, quiet=True)), RunRecord()
        record.add(Header("mnist", config, {}))
        for event in events:
            now[0] += 1
            if isinstance(event, Progress):
                line.advance(event, record)
            else:
                record.add(event)
        line.stop()
        (task,) = line.bar.tasks
        return task

    return invoke


def test_what_has_no_epochs_and_no_known_end(advanced):
    task = advanced({}, Progress(None, 64, None, "images"), Progress(None, 128, 500, "images"))
    assert (task.description, task.completed, task.total) == ("images", 128, 500)
    assert "64/s" in task.fields["told"]


def test_every_epoch_starts_again(advanced):
    events = Progress(1, 5, 10), Progress(1, 10, 10), Progress(2, 3, 12, of="t")
    task = advanced({"epochs": 3}, *events)
    assert (task.description, task.completed, task.total) == ("t epoch 2/3", 3, 12)


def test_loss_accuracy_rate_and_time_left(advanced):
    row = EpochRow(1, 0.5, test_loss=0.4, test_accuracy=0.9712)
    events = Progress(1, 0, 100), row, Progress(2, 0, 100), Progress(2, 10, 100, loss=0.25)
    told = advanced({"epochs": 4, "batch_size": 64}, *events).fields["told"]
    # ten steps a second: 9 s of this epoch; the first took 2 s, so the last two take 4
    assert told.split(" · ") == [
        "10/100",
        "loss 0.2500",
        "acc. 97.12%",
        "640 samples/s",
        "0:09 / 0:13",
    ]


def test_steps_in_between_are_left_out(monkeypatch):
    monkeypatch.setattr(progress.time, "monotonic", lambda: 100.0)
    line, record = LiveLine(Console(force_terminal=True, quiet=True)), RunRecord()
    for step in range(50):
        line.advance(Progress(1, step, 50), record)
    line.stop()
    assert line.bar.tasks[0].completed == 0
