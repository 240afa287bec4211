"""Grid and VolumeSeries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stsr_core.grid import Grid
from stsr_core.series import Variable, VolumeSeries, refined_times


@given(st.tuples(*[st.integers(1, 40)] * 3), st.floats(0.1, 8))
def test_refining_keeps_the_end_points(shape, scale):
    grid = Grid(shape, origin=(1.5, -2, 3), spacing=(0.1, 1, 7))
    fine = grid.refined(scale)
    np.testing.assert_allclose(fine.origin, grid.origin)
    np.testing.assert_allclose(fine.end, grid.end, rtol=1e-12)
    expected = tuple(1 if n == 1 else max(1, round((n - 1) * scale)) + 1 for n in shape)
    assert fine.shape == expected


def test_refining_by_two_interleaves_the_old_nodes():
    grid = Grid((4, 4, 4), spacing=(3, 3, 3))
    np.testing.assert_allclose(grid.refined(2).axis(0)[::2], grid.axis(0))


@pytest.mark.parametrize("scale", [0, -2, float("nan"), float("inf")])
def test_a_bad_scale_is_refused(scale):
    with pytest.raises(ValueError, match="scale must be a finite number > 0"):
        Grid((4, 4, 4)).refined(scale)
    with pytest.raises(ValueError, match="scale must be a finite number > 0"):
        refined_times([0, 1], scale)


def test_spacing_is_rounded_to_whole_intervals():
    fine = Grid((5, 5, 5)).with_spacing(0.3)
    assert fine.shape == (14, 14, 14)
    assert fine.end == pytest.approx((4, 4, 4))


@pytest.mark.parametrize("bad", [{"shape": (0, 1, 1)}, {"spacing": (1, 0, 1)}, {"origin": (0, 0, np.nan)}])
def test_impossible_grids_are_refused(bad):
    with pytest.raises(ValueError, match=r"grid .* got"):
        Grid(**{"shape": (2, 2, 2), **bad})


def test_times_must_increase():
    with pytest.raises(ValueError, match="strictly increasing"):
        Variable("v", Grid((1, 1, 1)), np.array([0.0, 0.0]), lambda i: np.zeros((1, 1, 1)))


def test_a_step_of_another_shape_is_refused():
    variable = Variable("v", Grid((2, 2, 2)), np.array([0.0]), lambda i: np.zeros((2, 2, 3)))
    with pytest.raises(ValueError, match=r"v: step 0 must have shape .*\(2, 2, 2\), got \(2, 2, 3\)"):
        variable.step(0)


def test_members_of_different_shapes_form_one_series():
    a = VolumeSeries.from_arrays({"a": np.zeros((2, 3, 3, 3), np.float32)})
    b = VolumeSeries.from_arrays({"b": np.zeros((5, 2, 4, 6), np.float32)})
    both = VolumeSeries.merged([a, b])
    assert both.names == ("a", "b")
    assert both.select(["b"])["b"].grid.shape == (2, 4, 6)
    with pytest.raises(ValueError, match="unique"):
        VolumeSeries.merged([a, a])
    with pytest.raises(KeyError, match="no variable 'c' in the series; it has a, b"):
        both["c"]
