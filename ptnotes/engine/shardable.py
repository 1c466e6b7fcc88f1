"""Whether the shards of a batch add up to the batch."""

from torch import nn


def check_shardable(model: nn.Module, criterion: nn.Module) -> None:
    """Raises ValueError for a model or a criterion of which they don't."""
    for name, module in model.named_modules():
        dropout = module.p if isinstance(module, nn.modules.dropout._DropoutNd) else 0
        between_layers = getattr(module, "dropout", 0)  # of recurrent layers; elsewhere a module
        if dropout or (isinstance(between_layers, float) and between_layers):
            raise ValueError(f"{name or 'the model'} has dropout, whose draws depend on threads")
        if isinstance(module, nn.RReLU):
            raise ValueError(f"{name or 'the model'} is random, and its draws depend on threads")
        batch_norm = isinstance(module, nn.modules.batchnorm._BatchNorm)
        if batch_norm or getattr(module, "running_mean", None) is not None:
            raise ValueError(f"{name or 'the model'} normalizes by batch, and a shard is none")
    if getattr(criterion, "weight", None) is not None:
        raise ValueError("a loss weighted by class is not the mean of its shards' losses")
    if getattr(criterion, "reduction", None) not in ("mean", "sum"):
        raise ValueError("the criterion's reduction is neither 'mean' nor 'sum'")
