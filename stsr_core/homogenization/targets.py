"""Where a network is asked: all nodes of a product grid, or some of them chosen for each image.

What depends on one axis alone is computed on that axis, and what depends on the place within a cell alone
once for each place: on a grid of few such places the position codes of a million nodes are those of a few
dozen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from stsr_core.homogenization.axes import cell_centres, cell_of


@dataclass(frozen=True)
class Targets:
    """P target nodes.

    Parameters
    ----------
    y, x : ndarray
        Coordinates (ny,) and (nx,) in [−1, 1] of a product grid, float64.
    nodes : int
        Nodes along an axis of the whole image that they are of: it says how fine it is.
    rows, columns : Tensor, optional
        (B, P): of each image the nodes chosen. Without them all ny·nx are meant, x fastest.
    device : torch.device
    """

    y: np.ndarray
    x: np.ndarray
    nodes: int
    rows: torch.Tensor | None = None
    columns: torch.Tensor | None = None
    device: torch.device | str = "cpu"

    def take(self, maps: torch.Tensor, y: np.ndarray, x: np.ndarray) -> torch.Tensor:
        """Values (B, P, C) of maps (B, C, S, S) in the cells (ny,), (nx,) that belong to the axes' nodes."""
        row, column = (torch.from_numpy(index).to(maps.device) for index in (y, x))
        if self.rows is None or self.columns is None:
            return maps.index_select(2, row).index_select(3, column).flatten(2).transpose(1, 2)
        images = torch.arange(len(maps), device=maps.device)[:, None]
        return maps[images, :, row[self.rows], column[self.columns]]

    def sample(self, maps: torch.Tensor) -> torch.Tensor:
        """Cell images (B, C, S, S) between their centres, bilinear: (B, P, C); beyond the last the last."""
        place = self.pairs(self.y, self.x, maps.dtype)
        grid = place.flip(-1).expand(len(maps), -1, -1)[:, :, None]
        found = F.grid_sample(maps, grid, mode="bilinear", padding_mode="border", align_corners=False)
        return found[..., 0].transpose(1, 2)

    def interpolate(self, image: torch.Tensor, y: np.ndarray, x: np.ndarray) -> torch.Tensor:
        """Nodal images (B, n, n) by one matrix for each axis, (ny, n) and (nx, n): (B, P)."""
        along_y, along_x = (torch.from_numpy(m).to(image) for m in (y, x))
        if self.rows is None or self.columns is None:
            return (along_y @ image @ along_x.T).flatten(1)
        of_rows = torch.bmm(along_y[self.rows], image)
        return (of_rows * along_x[self.columns]).sum(dim=-1)

    def pairs(self, y: np.ndarray, x: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Numbers that belong to the axes' nodes as pairs (y, x): (B, P, 2), or (1, P, 2) of a whole grid."""
        of_y, of_x = (torch.from_numpy(v).to(self.device, dtype) for v in (y, x))
        if self.rows is None or self.columns is None:
            return torch.cartesian_prod(of_y, of_x)[None]
        return torch.stack([of_y[self.rows], of_x[self.columns]], dim=-1)


class Windows:
    """The cells around each target, for targets that are in one cell together.

    Of a product grid the nodes in a cell are one group of m; a group that is not full repeats its first node.
    Chosen nodes are groups of their own, m = 1.

    Parameters
    ----------
    targets : Targets
    size : int
        S of the maps.
    radius : int
        Of the window, (2r+1)² = W cells; beyond the border the cells there are repeated.
    """

    def __init__(self, targets: Targets, size: int, radius: int) -> None:
        self._targets, self._size, self._side = targets, size, 2 * radius + 1
        axes = [_Axis(coordinates, size, radius) for coordinates in (targets.y, targets.x)]
        self._y, self._x = axes
        #: Offsets δ (U, W, 2) of the targets from the cells of their windows, in cells: each kind once.
        offsets = torch.empty(len(self._y.kinds), len(self._x.kinds), self._side, self._side, 2)
        offsets[..., 0] = torch.from_numpy(self._y.kinds)[:, None, :, None]
        offsets[..., 1] = torch.from_numpy(self._x.kinds)[None, :, None, :]
        self.offsets = offsets.flatten(2, 3).flatten(0, 1).to(targets.device)
        kind_y, kind_x = (torch.from_numpy(axis.kind).to(targets.device) for axis in axes)
        n_kinds = len(self._x.kinds)
        if targets.rows is not None and targets.columns is not None:
            #: The kind of each target: (B, G, m), or (1, 1, m) where all groups are alike.
            self.kind = (kind_y[targets.rows] * n_kinds + kind_x[targets.columns])[..., None]
            return
        ny, nx = self._y.members, self._x.members
        members = ny[:, None, :, None] * len(targets.x) + nx[None, :, None, :]
        self._members = torch.from_numpy(members.reshape(len(ny) * len(nx), -1)).to(targets.device)
        place = torch.empty(len(targets.y) * len(targets.x), dtype=torch.long, device=targets.device)
        # Written from the last to the first, a repeated node is where it came first.
        place[self._members.flatten().flip(0)] = torch.arange(self._members.numel()).flip(0).to(place)
        self._place = place
        all_kinds = (kind_y[:, None] * n_kinds + kind_x).flatten()[self._members]
        alike = bool((all_kinds == all_kinds[:1]).all())
        self.kind = all_kinds[None, :1] if alike else all_kinds[None]

    def gather(self, maps: torch.Tensor) -> torch.Tensor:
        """The cells of each group's window: maps (B, C, S, S) → (B, G, W, C)."""
        n, channels = maps.shape[:2]
        rows, columns = self._targets.rows, self._targets.columns
        if rows is None or columns is None:
            y, x = (torch.from_numpy(axis.windows_of_groups).to(maps.device) for axis in (self._y, self._x))
            index = y[:, None, :, None] * self._size + x[None, :, None, :]
            index = index.view(1, len(y) * len(x), -1).expand(n, -1, -1)
        else:
            y, x = (torch.from_numpy(axis.windows).to(maps.device) for axis in (self._y, self._x))
            index = (y[rows][..., :, None] * self._size + x[columns][..., None, :]).flatten(2)
        index = index + (torch.arange(n, device=maps.device) * self._size**2)[:, None, None]
        cells = maps.permute(0, 2, 3, 1).reshape(-1, channels)
        return cells.index_select(0, index.flatten()).view(*index.shape, channels)

    def grouped(self, values: torch.Tensor) -> torch.Tensor:
        """(B, P, C) → (B, G, m, C)."""
        if self._targets.rows is not None:
            return values[:, :, None]
        return values[:, self._members]

    def ungrouped(self, values: torch.Tensor) -> torch.Tensor:
        """(B, G, m, C) → (B, P, C)."""
        if self._targets.rows is not None:
            return values[:, :, 0]
        return values.flatten(1, 2)[:, self._place]


class _Axis:
    """Along one axis: windows, groups of nodes that are in one cell, and the kinds of places within a cell.

    Attributes
    ----------
    windows : ndarray
        (n, 2r+1) cells of each node's window.
    members : ndarray
        (G, m) nodes of each group.
    kinds : ndarray
        (U, 2r+1) float32: the different offsets of a node from its window's cells.
    kind : ndarray
        (n,) that of each node.
    """

    def __init__(self, coordinates: np.ndarray, size: int, radius: int) -> None:
        cell = cell_of(coordinates, size)
        self.windows = np.clip(cell[:, None] + np.arange(-radius, radius + 1), 0, size - 1)
        offsets = (coordinates[:, None] - cell_centres(size)[self.windows]) * size / 2
        # A kind is told by its digits, for the same place in another cell is rounded otherwise.
        kinds, kind = np.unique(offsets.round(6), axis=0, return_inverse=True)
        self.kinds, self.kind = kinds.astype(np.float32), kind.reshape(-1)
        self.members = _groups(cell)

    @property
    def windows_of_groups(self) -> np.ndarray:
        """(G, 2r+1)."""
        return self.windows[self.members[:, 0]]


def _groups(cell: np.ndarray) -> np.ndarray:
    """Runs of nodes in one cell as groups (G, m) of one size; one that is not full repeats its first node.

    Parameters
    ----------
    cell : ndarray
        (n,) of each node, never decreasing.

    Examples
    --------
    >>> _groups(np.array([0, 0, 1, 1, 1])).tolist()
    [[0, 1], [2, 3], [4, 4]]
    """
    _, first, of_run, count = np.unique(cell, return_index=True, return_inverse=True, return_counts=True)
    size = max(1, round(len(cell) / len(count)))
    groups_of_run = -(-count // size)
    in_run = np.arange(len(cell)) - first[of_run]
    group = (np.cumsum(groups_of_run) - groups_of_run)[of_run] + in_run // size
    members = np.full((groups_of_run.sum(), size), -1)
    members[group, in_run % size] = np.arange(len(cell))
    return np.where(members < 0, members[:, :1], members)
