"""The numbers of results that an experiment can expect are those that there are."""

import pytest

from ptnotes import api
from ptnotes.events import Result
from ptnotes.reproduce.measures import ALWAYS, MEASURES
from ptnotes.topics import TRAINED, module
from ptnotes.topics.options import settings


def numbers(topic, data_dir, **options):
    if "data_dir" in settings(module(topic)):
        options["data_dir"] = data_dir
    (result,) = (
        each for each in api.events(topic, epochs=1, **options) if isinstance(each, Result)
    )
    return {name for name, value in result.values.items() if isinstance(value, int | float)}


@pytest.mark.parametrize("topic", TRAINED)
def test_measures(topic, small_data):
    found = numbers(topic, small_data) | numbers(topic, small_data, recipe="tuned")
    if "data_dir" in settings(module(topic)):
        found |= numbers(topic, small_data, recipe="tuned", validation=0.2, save_best=True)
    assert found == {*MEASURES[topic], *ALWAYS}
