"""The settings that runs of older versions don't name, as they were there."""

from collections.abc import Mapping
from typing import Any

# the same in every run
FIXED = {"precision": "fp32", "validation": 0, "save_best": False, "patience": 0, "folds": 0}
FIXED |= {"fold": 0}


def completed(topic: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a saved run with all settings, those too that its topic doesn't have.

    Before the optimizer was a setting it was AdamW for the names, and for diabetes with the
    one-cycle schedule; ``linreg`` and ``logistic`` took every momentum as Nesterov does.
    """
    one_cycle, momentum = config.get("one_cycle", False), config.get("momentum", 0.0)
    adamw = topic == "names" or (topic == "diabetes" and one_cycle)
    found = FIXED | {
        "optimizer": "adamw" if adamw else "sgd",
        "momentum": momentum,
        "nesterov": bool(momentum),
        "weight_decay": 0.0,
        "schedule": "one-cycle" if one_cycle else "constant",
    }
    return found | dict(config)
