"""A table in the form of the diabetes data: 759 made-up rows, no real patient among them.

Each feature is drawn in its own unit from round figures, then scaled to [-1, 1] by its range. The
label comes from a logistic model with noise of its own: with each feature standardized,

    logit P(label = 1) = 1.0 - 1.6 glucose - 0.9 BMI - 0.5 pedigree - 0.4 pregnancies - 0.3 age

so that 1 is the larger class (about 64 %) and the one with the lower glucose: it reads as healthy.
Skin fold and insulin are often not measured, blood pressure seldom: such a field is 0, as in the
real file.
"""

import numpy as np

SEED = 1
ROWS = 759
# name: lowest and highest value, which become -1 and 1
RANGES = {
    "pregnancies": (0, 17),
    "glucose": (0, 200),
    "blood pressure": (0, 122),
    "skin fold": (0, 100),
    "insulin": (0, 850),
    "BMI": (0, 67),
    "pedigree": (0.08, 2.42),
    "age": (21, 81),
}


def standardized(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def measured(rng: np.random.Generator) -> np.ndarray:
    """The features (759, 8) in their units: years, mg/dl, mmHg, mm, μU/ml, kg/m²."""
    age = np.floor(np.minimum(21 + rng.gamma(1.1, 11, ROWS), 81))
    pregnancies = np.minimum(rng.poisson(1.5 + 0.14 * (age - 21)), 17)
    body = rng.normal(0, 1, ROWS)  # what BMI, skin fold and blood pressure share
    sugar = rng.normal(0, 1, ROWS)  # what glucose and insulin share
    glucose = np.clip(np.round(116 + 0.4 * (age - 33) + 29 * sugar), 50, 199)
    pressure = np.round(70 + 0.3 * (age - 33) + 3 * body + rng.normal(0, 11, ROWS))
    skin = np.clip(np.round(29 + 7 * body + rng.normal(0, 8, ROWS)), 7, 99)
    insulin = np.clip(np.round(np.exp(4.8 + 0.45 * sugar + rng.normal(0, 0.5, ROWS))), 14, 846)
    bmi = np.clip(np.round(32 + 6.5 * body + rng.normal(0, 2, ROWS), 1), 18, 67)
    pedigree = np.clip(np.round(np.exp(rng.normal(-0.95, 0.62, ROWS)), 3), 0.08, 2.42)
    pressure = np.clip(pressure, 30, 122)
    return np.stack([pregnancies, glucose, pressure, skin, insulin, bmi, pedigree, age], axis=1)


def labels(rng: np.random.Generator, features: np.ndarray) -> np.ndarray:
    """The label (759) of each row, drawn from the model."""
    pregnancies, glucose, _, _, _, bmi, pedigree, age = map(standardized, features.T)
    logits = 1.0 - 1.6 * glucose - 0.9 * bmi - 0.5 * pedigree - 0.4 * pregnancies - 0.3 * age
    return (rng.random(ROWS) < 1 / (1 + np.exp(-logits))).astype(int)


def rows(seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Features (759, 8) in [-1, 1] and labels (759)."""
    rng = np.random.default_rng(seed)
    features = measured(rng)
    label = labels(rng, features)
    low, high = np.array(list(RANGES.values())).T
    scaled = 2 * (features - low) / (high - low) - 1
    for column, missing in (("blood pressure", 0.05), ("skin fold", 0.3), ("insulin", 0.5)):
        scaled[rng.random(ROWS) < missing, list(RANGES).index(column)] = 0
    return scaled, label


def files() -> dict[str, bytes]:
    """The file, not compressed yet, by its path: no header, eight features, the label."""
    lines = [
        ",".join([*(f"{value:.6g}" for value in row), str(label)])
        for row, label in zip(*rows(), strict=True)
    ]
    return {"diabetes.csv": ("\n".join(lines) + "\n").encode()}
