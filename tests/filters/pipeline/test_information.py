"""What the pipeline says of grids."""

from __future__ import annotations

from stsr_core.grid import Grid
from stsr_filters.pipeline.information import piece


def test_piece_of_a_rotated_grid_starts_where_the_node_is():
    quarter_turn = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    grid = Grid((4, 4, 4), (1.0, 2.0, 3.0), (1.0, 1.0, 2.0), quarter_turn)
    # One step along the grid's x axis (2 long) goes along +y in space.
    assert piece(grid, (1, 3, 0, 3, 0, 3)).origin == (1.0, 4.0, 3.0)
