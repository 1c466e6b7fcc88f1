"""What the options default to, by topic: the text that --help shows without loading torch.

A test holds it against the recipes.
"""

DEFAULTS: dict[str, dict[str, str]] = {
    "backward": {
        "epochs": "1,000 (notes), 10 (tuned)",
        "lr": "0.01 (notes), 0.05 (tuned)",
        "seed": "0",
    },
    "linreg": {
        "epochs": "10,000 (notes), 300 (tuned)",
        "lr": "0.01 (notes), 0.05 (tuned)",
        "optimizer": "sgd",
        "momentum": "0 (notes), 0.9 (tuned)",
        "nesterov": "yes",
        "weight_decay": "0",
        "schedule": "constant",
        "seed": "0",
    },
    "logistic": {
        "epochs": "1,000 (notes), 500 (tuned)",
        "lr": "0.01 (notes), 0.1 (tuned)",
        "optimizer": "sgd",
        "momentum": "0 (notes), 0.9 (tuned)",
        "nesterov": "yes",
        "weight_decay": "0 (notes), 0.01 (tuned)",
        "schedule": "constant",
        "seed": "0",
    },
    "diabetes": {
        "epochs": "100 (notes), 50 (tuned)",
        "batch_size": "32",
        "lr": "0.01",
        "shards": "1",
        "seed": "0",
    },
    "mnist": {
        "epochs": "10 (notes), 3 to 5 (tuned)",
        "batch_size": "64 (notes), 64 to 128 (tuned)",
        "lr": "0.01 (notes), 0.05 to 0.08 (tuned)",
        "momentum": "0.5 (notes), 0.9 (tuned)",
        "shards": "2",
        "seed": "0",
    },
    "seq": {
        "epochs": "20 to 100 (notes), 60 (tuned)",
        "lr": "0.05 to 0.1 (notes), 0.05 (tuned)",
        "seed": "2 (notes), 0 (tuned)",
    },
    "names": {
        "epochs": "100 (notes), 10 (tuned)",
        "batch_size": "256",
        "lr": "0.001 (notes), 0.005 (tuned)",
        "shards": "2",
        "seed": "0",
    },
}
