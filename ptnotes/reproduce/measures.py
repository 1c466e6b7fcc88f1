"""The numbers of a topic's result, of which an experiment has means. A test holds them to it."""

JUDGED = ("val_accuracy", "val_loss", "best_epoch", "train_seconds")
# the numbers of a result, by topic, what is shown of it without "measures" first
MEASURES: dict[str, tuple[str, ...]] = {
    "backward": ("prediction", "weight", "largest_gradient_difference"),
    "linreg": ("weight", "bias", "prediction"),
    "logistic": ("boundary", "weight", "bias", "prediction", "train_accuracy", "bce_mean"),
    "diabetes": (
        "test_accuracy",
        "train_accuracy",
        "test_loss",
        "train_loss",
        "larger_class_share",
        *JUDGED,
    ),
    "mnist": ("test_accuracy", "test_loss", *JUDGED),
    "seq": ("solved",),
    "names": ("test_accuracy", "best_test_accuracy", *JUDGED),
}
ALWAYS = ("parameters", "wall_seconds")
