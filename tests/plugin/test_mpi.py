"""Inside pvbatch: two ranks share every output, and give what one rank gives."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display, pytest.mark.requires_mpi]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mpi")


@pytest.fixture(scope="module")
def both(session, material, folder):
    """What mpi_session.py found on one rank and on two."""
    arguments = "mpi_session.py", material.model, material.series
    prefix = ("mpiexec", "-n", "2")
    parallel = session(*arguments, str(folder / "2.stsr"), program="pvbatch", prefix=prefix)
    return session(*arguments, str(folder / "1.stsr"), program="pvbatch"), parallel


@pytest.mark.parametrize("name", ["upscale", "source", "mix", "compare", "fit"])
def test_two_ranks_share_the_output_and_equal_one(both, name):
    (wrong, rank, *serial), (wrong_there, last_rank, *parallel) = (found[name] for found in both)
    assert (wrong, wrong_there) == ("", "")
    assert (rank, last_rank) == (0, 1), "the second rank holds a part"
    assert serial[0] == pytest.approx(5.0**3 if name == "fit" else 5.5**3, rel=1e-6)
    assert parallel == pytest.approx(serial, rel=1e-5)


def test_a_table_is_written_once(both):
    serial, parallel = both
    assert serial["rows"] == parallel["rows"] == [2, 9]
    assert parallel["psnr"] == pytest.approx(serial["psnr"], rel=1e-6)


def test_the_first_rank_learns_and_all_fail_together(both):
    for found in both:
        assert found["learned"].startswith("5 of 9 steps, 6 x 6 x 6 of 12 x 12 x 12 nodes: wrote ")
        assert found["refused"].endswith(
            "exists and is not this model; choose another file, or tick Overwrite"
        )
        assert found["again"] == found["refused"]
