"""Per-channel mean and standard deviation of image data sets, exact and fast (notes, line 489).

Importing this imports no torch: worker processes count with Pillow and numpy alone.
"""

from ptnotes.stats.api import channel_stats
from ptnotes.stats.channel_stats import ChannelStats

__all__ = ["ChannelStats", "channel_stats"]
