"""Optimal objectives from an independent solver: Clarabel, an interior-point method for cones."""

import clarabel
import numpy as np
from scipy import sparse

from lossopt_core.certify.duality import Problem


class Program:
    """min of x' P x / 2 + q x, such that b - A x lies in cones; grown row by row."""

    def __init__(self) -> None:
        self.charges: list[float] = []
        self.squares: list[float] = []
        self.rows: list[dict[int, float]] = []
        self.offsets: list[float] = []
        self.cones: list[object] = []

    def variables(self, count: int, charge: float = 0.0, square: float = 0.0) -> np.ndarray:
        """New variables: charge * x + square * x² each."""
        first = len(self.charges)
        self.charges += [charge] * count
        self.squares += [2.0 * square] * count
        return np.arange(first, first + count)

    def at_least_zero(self, row: dict[int, float], offset: float = 0.0) -> None:
        """offset + row x >= 0."""
        self._add(row, offset)
        self.cones.append(clarabel.NonnegativeConeT(1))

    def exponential(self, *lines: tuple[dict[int, float], float]) -> None:
        """Three linear forms x, y, z with y exp(x / y) <= z."""
        for row, offset in lines:
            self._add(row, offset)
        self.cones.append(clarabel.ExponentialConeT())

    def _add(self, row: dict[int, float], offset: float) -> None:
        self.rows.append(row)
        self.offsets.append(offset)

    def solve(self) -> np.ndarray | None:
        """The minimiser; None where the solver does not call it one."""
        shape = len(self.rows), len(self.charges)
        entries = [(i, j, -v) for i, row in enumerate(self.rows) for j, v in row.items()]
        i, j, values = zip(*entries, strict=True)
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-11
        found = clarabel.DefaultSolver(
            sparse.diags_array(np.array(self.squares), format="csc"),
            np.array(self.charges),
            sparse.csc_array((values, (i, j)), shape),
            np.array(self.offsets),
            self.cones,
            settings,
        ).solve()
        return np.array(found.x) if str(found.status) == "Solved" else None


def solved_elsewhere(problem: Problem) -> np.ndarray | None:
    """The best classifier (C, D + 1) of a problem, or None where Clarabel fails."""
    X, y, classes = problem.X[:, :-1], problem.labels, problem.classes
    program, n = Program(), len(y)
    W = program.variables(classes * X.shape[1], square=float(problem.squared))
    b = program.variables(classes)
    if problem.absolute > 0:
        for weight, size in zip(
            W, program.variables(len(W), charge=float(problem.absolute)), strict=True
        ):
            program.at_least_zero({size: 1.0, weight: 1.0})
            program.at_least_zero({size: 1.0, weight: -1.0})
    rows_of = W.reshape(classes, X.shape[1])

    def score(label: int, example: int, sign: float) -> dict[int, float]:
        terms = {int(w): sign * v for w, v in zip(rows_of[label], X[example], strict=True)}
        return terms | {int(b[label]): sign}

    for i in range(n):
        _add_loss(program, problem, i, y[i], score)
    x = program.solve()
    if x is None:
        return None
    return np.column_stack([x[W].reshape(classes, -1), x[b]])


def _add_loss(program: Program, problem: Problem, i: int, true: int, score: object) -> None:
    name, n = type(problem.loss).__name__, problem.examples
    others = [j for j in range(problem.classes) if j != true]
    against = {j: score(j, i, -1.0) | score(true, i, 1.0) for j in others}  # s_y - s_j
    margin = problem.margin
    if name == "OneVsAll":
        wins = {j: score(j, i, 1.0 if j == true else -1.0) for j in range(problem.classes)}
        slacks = dict(zip(wins, program.variables(len(wins), charge=1 / n), strict=True))
    elif name == "Hinge":
        wins, slacks = against, {}
        slacks = dict(zip(others, program.variables(len(others), charge=1 / n), strict=True))
    elif name == "SquaredHinge":
        wins = against
        slacks = dict(zip(others, program.variables(len(others), square=1 / n), strict=True))
    elif name == "CrammerSinger":
        wins = against
        slacks = dict.fromkeys(others, program.variables(1, charge=1 / n)[0])
    else:
        # log(1 + sum of exp(s_j - s_y)) <= t: parts u that add up to 1, exp(v - t) <= u.
        t = program.variables(1, charge=1 / n)[0]
        parts = program.variables(problem.classes)
        program.at_least_zero(dict.fromkeys(parts.tolist(), -1.0), 1.0)
        lost = [{}, *({k: -v for k, v in against[j].items()} for j in others)]
        for part, row in zip(parts, lost, strict=True):
            program.exponential((row | {t: -1.0}, 0.0), ({}, 1.0), ({part: 1.0}, 0.0))
        return
    for j, win in wins.items():
        program.at_least_zero(win | {slacks[j]: 1.0}, -margin)
        program.at_least_zero({slacks[j]: 1.0})
