"""Tables of texts that a user may have typed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def frame(rows: Sequence[Any], columns: Sequence[str]) -> "pd.DataFrame":
    """A DataFrame of these rows, whatever their texts hold: a file's name may be no UTF-8, which
    pyarrow's strings refuse, and pandas takes these where pyarrow is installed.
    """
    import pandas as pd

    with pd.option_context("mode.string_storage", "python"):
        return pd.DataFrame(rows, columns=list(columns))
