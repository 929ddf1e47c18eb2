"""Trees: all worlds parted into a few boxes, the scenarios in which a choice may be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abm.analysis.box.limits import Box, Floats, Limit, Table, Words, roundest
from abm.analysis.box.regions import Region
from abm.analysis.discovery import outcomes_of
from abm.core.arguments import checked
from abm.core.errors import Refusal

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.tree import DecisionTreeRegressor

    from abm.sweeps.study import Study

_FOLDS = 10
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Tree:
    """Boxes that part all worlds.

    Attributes
    ----------
    leaves
        The densest first.
    errors
        One row a size of tree: ``leaves``, ``error``, the mean squared error on worlds it was not grown on, ``worse``
        than the best size by, and ``noise``, the standard error of that.
    base
        Mean probability over all worlds [-].
    wanted
        ``closed`` or ``failed``.
    """

    leaves: tuple[Box, ...]
    errors: pd.DataFrame
    base: float
    wanted: str

    def leaf_of(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Place of the leaf that each world lies in, int64[worlds]; -1 for a word the tree was not grown on.

        Parameters
        ----------
        frame
            A row a world, with the parameters as columns.
        """
        held = np.array([leaf.holds(frame) for leaf in self.leaves])
        return np.where(held.any(axis=0), held.argmax(axis=0), -1).astype(np.int64)

    def frame(self, words: Words = None) -> pd.DataFrame:
        """Return one row a leaf: ``rule``, ``density``, ``coverage``, ``support`` [-], ``points``."""
        import pandas as pd

        rows = [(leaf.text(words), leaf.density, leaf.coverage, leaf.support, leaf.points) for leaf in self.leaves]
        return pd.DataFrame(rows, columns=["rule", "density", "coverage", "support", "points"])


@checked
def grow_tree(
    worlds: Study | pd.DataFrame,
    p: ArrayLike | None = None,
    runs: ArrayLike | None = None,
    wanted: str = "closed",
    most: int = 6,
    least: float = 0.05,
    seed: int = 1,
) -> Tree:
    """Part all worlds into a few boxes within which the probability is as even as possible (CART).

    The number of leaves is the smallest that is not clearly worse than the best in ten-fold cross-validation: by less
    than one standard error of the difference.

    Parameters
    ----------
    worlds
        A finished study, or a frame with a column for each parameter and a row for each world.
    p, runs
        With a frame: probability in each world [-], and its number of runs, by which it weighs when the tree is grown;
        default: all the same. What is told of a leaf counts every world the same.
    wanted
        ``closed``, or what else the study counted; or ``failed``, that it does not happen.
    most
        Number of leaves, at most.
    least
        Share of the worlds in a leaf, at least [-]; and never fewer than 5.
    seed
        Of the folds.

    Returns
    -------
    Tree
        One leaf where nothing matters.

    Raises
    ------
    Refusal
        Where scikit-learn is not installed.
    ValueError
        Where there are too few worlds, or one is no number or no probability.

    References
    ----------
    Breiman, L., Friedman, J. H., Olshen, R. A. & Stone, C. J. (1984). Classification and Regression Trees. Wadsworth.
    doi:10.1201/9781315139470

    Examples
    --------
    >>> import pandas as pd
    >>> luck = np.random.default_rng(1).random((200, 3))
    >>> frame = pd.DataFrame({"burn": 20 * luck[:, 0], "appetite": luck[:, 1], "rate": luck[:, 2]})
    >>> tree = grow_tree(frame, np.where((frame["burn"] < 9) & (frame["appetite"] > 0.6), 0.9, 0.1))
    >>> tree.leaves[0].text(), round(tree.leaves[0].density, 3)
    ('appetite is above 0.6135 and burn is below 9', 0.9)
    >>> len(tree.leaves), bool((tree.leaf_of(frame) == 0).sum() == tree.leaves[0].points)
    (3, True)
    """
    frame, chance = outcomes_of(worlds, p, wanted, None)
    weights = _weights(worlds, p, runs)
    table = Table.of(frame)
    errors = _errors(table, chance, weights, most, least, seed)
    good = (errors["worse"] <= errors["noise"]).to_numpy()
    model = _fitted(table.values, chance, weights, int(good.argmax()) + 1, least)
    everything, all_points = Region.everything(table), np.arange(len(chance))
    leaves = [_leaf(table, chance, *leaf) for leaf in _leaves(model, table, 0, everything, all_points, ())]
    ranked = sorted(leaves, key=lambda leaf: -leaf.density)
    return Tree(tuple(ranked), errors, float(chance.mean()), wanted)


def _weights(worlds: Study | pd.DataFrame, p: ArrayLike | None, runs: ArrayLike | None) -> Floats:
    """Runs of every world that was run at all."""
    import pandas as pd

    if not isinstance(worlds, pd.DataFrame):
        points = worlds.points()
        p, runs = points["p"], points["runs"]
    known = ~np.isnan(np.asarray(p, np.float64))
    weights = np.ones(len(known)) if runs is None else np.asarray(runs, np.float64)
    if len(weights) != len(known) or not (weights[known] > 0).all():
        raise ValueError(f"expected a number of runs above 0 for each of {len(known)} worlds, got {len(weights)}")
    return np.asarray(weights[known])


def _fitted(values: Floats, p: Floats, weights: Floats, leaves: int, least: float) -> DecisionTreeRegressor:
    """Grow a tree with so many leaves at most, one where so few are asked for; the seed only decides between ties."""
    try:
        from sklearn.tree import DecisionTreeRegressor
    except ImportError:
        raise Refusal("trees need scikit-learn: pip install scikit-learn") from None
    fewest = max(int(np.ceil(least * len(p))), 5)
    if leaves == 1:
        return DecisionTreeRegressor(max_depth=1, min_samples_leaf=len(p), random_state=0).fit(values, p, weights)
    return DecisionTreeRegressor(max_leaf_nodes=leaves, min_samples_leaf=fewest, random_state=0).fit(values, p, weights)


def _errors(table: Table, p: Floats, weights: Floats, most: int, least: float, seed: int) -> pd.DataFrame:
    """Squared errors of trees of every size on worlds that they were not grown on."""
    import pandas as pd

    fold = np.random.default_rng(seed).permutation(len(p)) % _FOLDS
    squares = np.zeros((most, len(p)))
    for leaves in range(1, most + 1):
        for out in (fold == number for number in range(_FOLDS)):
            model = _fitted(table.values[~out], p[~out], weights[~out], leaves, least)
            squares[leaves - 1, out] = (model.predict(table.values[out]) - p[out]) ** 2
    apart = squares - squares[squares.mean(axis=1).argmin()]
    columns = {"error": squares.mean(axis=1), "worse": apart.mean(axis=1), "noise": apart.std(axis=1, ddof=1)}
    return pd.DataFrame({"leaves": range(1, most + 1)} | columns | {"noise": columns["noise"] / np.sqrt(len(p))})


def _leaves(
    model: DecisionTreeRegressor, table: Table, node: int, region: Region, inside: Indices, order: tuple[int, ...]
) -> Iterator[tuple[Region, Indices, tuple[int, ...]]]:
    """Regions of the leaves below a node, the points in them, and the parameters in the order they were cut in."""
    tree = model.tree_
    column, cut = int(tree.feature[node]), float(tree.threshold[node])
    if column < 0:
        yield region, inside, order
        return
    values = table.values[inside, column]
    below = values <= cut
    if not table.is_word[column]:
        cut = roundest(float(values[below].max()), float(values[~below].min()))
    order = (*order, int(table.owner[column]))
    for side, child, upper in ((below, tree.children_left[node], True), (~below, tree.children_right[node], False)):
        yield from _leaves(model, table, int(child), region.moved(column, upper, cut), inside[side], order)


def _leaf(table: Table, p: Floats, region: Region, inside: Indices, order: tuple[int, ...]) -> Box:
    """Put a leaf into words and numbers."""
    limits: list[Limit] = [table.limit(owner, region.low, region.high) for owner in dict.fromkeys(order)]
    total, here = float(p.sum()), float(p[inside].sum())
    return Box(
        tuple(limits), here / len(inside), here / total if total else 0.0, len(inside) / len(p), len(inside)
    )  # fmt: skip
