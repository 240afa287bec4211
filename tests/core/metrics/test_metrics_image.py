"""LPIPS against its authors' two numbers; CIELUV and difference images against reference colours."""

import sys
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from stsr_core.metrics import (
    DIFFERENCE_COLORS,
    cieluv_distance,
    difference_colors,
    difference_image,
    image,
    lpips_distance,
    lpips_weights,
    srgb_to_cieluv,
)

SHARED = Path(__file__).resolve().parents[4] / "shared"
PICTURES = SHARED / "data" / "lpips"
TORCH_HOME = SHARED / "torch_home"


@pytest.fixture
def pictures(monkeypatch):
    """The three example images of the LPIPS authors as floating point, with the weights in reach."""
    pytest.importorskip("lpips", reason="the package lpips is not installed")
    if not PICTURES.is_dir() or not TORCH_HOME.is_dir():
        pytest.skip("the LPIPS example images or network weights are not here")
    monkeypatch.setenv("TORCH_HOME", str(TORCH_HOME))
    from matplotlib.image import imread

    return [imread(PICTURES / f"{name}.png")[..., :3] for name in ("ex_ref", "ex_p0", "ex_p1")]


@pytest.mark.filterwarnings("error")
def test_lpips_reproduces_the_published_numbers_without_a_word(pictures, capfd):
    reference, first, second = pictures
    image._model.cache_clear()
    assert lpips_distance(reference, first) == pytest.approx(0.722, abs=5e-4)
    assert lpips_distance(reference, second) == pytest.approx(0.138, abs=5e-4)
    assert capfd.readouterr() == ("", "")


def test_lpips_takes_bytes_either_order_and_both_networks(pictures):
    reference, first, second = pictures
    as_bytes = [np.rint(255 * picture).astype(np.uint8) for picture in pictures]
    for net in ("alex", "squeeze"):
        far, near = lpips_distance(reference, first, net), lpips_distance(reference, second, net)
        assert isinstance(far, float)
        assert far > near > lpips_distance(reference, reference, net) == 0.0
        assert lpips_distance(first, reference, net) == pytest.approx(far, abs=1e-6)
        assert lpips_distance(as_bytes[0], as_bytes[1], net) == pytest.approx(far, abs=1e-6)


def test_lpips_refuses_what_is_no_pair_of_pictures():
    grey = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(ValueError, match='net must be "alex" or "squeeze", got \'vgg\''):
        lpips_distance(grey, grey, "vgg")
    with pytest.raises(ValueError, match="same shape"):
        lpips_distance(grey, grey[:60])
    with pytest.raises(ValueError, match=r"H and W at least 32 pixels, got shape \(64, 20, 3\)"):
        lpips_distance(grey[:, :20], grey[:, :20])
    with pytest.raises(ValueError, match=r"got shape \(64, 64, 1\)"):
        lpips_distance(grey[..., :1], grey[..., :1])
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], got 0.0 to 2.0"):
        lpips_distance(np.linspace(0, 2, 64 * 64 * 3).reshape(64, 64, 3), grey)


def test_lpips_names_the_missing_package_and_the_missing_weights(monkeypatch):
    picture = np.zeros((32, 32, 3))
    image._model.cache_clear()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "lpips", None)
        with pytest.raises(ImportError, match=r'pip install "stsr\[metrics\]"'):
            lpips_distance(picture, picture, download=True)
    lpips = pytest.importorskip("lpips", reason="the package lpips is not installed")

    def no_network(**_):
        raise OSError("unreachable")

    monkeypatch.setattr(lpips, "LPIPS", no_network)
    with pytest.raises(OSError, match="'alex' must be in TORCH_HOME or downloadable, got: unreachable"):
        lpips_distance(picture, picture, download=True)


@pytest.mark.parametrize(
    ("rgb", "luv"),
    [
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.2408, 175.015, 37.756)),
        ((0, 1, 0), (87.735, -83.078, 107.399)),
        ((0, 0, 1), (32.297, -9.405, -130.342)),
        ((0.5, 0.5, 0.5), (53.389, 0, 0)),
    ],
)
def test_cieluv_of_reference_colours(rgb, luv):
    np.testing.assert_allclose(srgb_to_cieluv(np.array(rgb, np.float64)), luv, atol=6e-4)


def test_cieluv_distances():
    red, green, white, black = np.eye(3)[0], np.eye(3)[1], np.ones(3), np.zeros(3)
    assert cieluv_distance(red, green) == pytest.approx(269.540, abs=1e-3)
    assert cieluv_distance(white, black) == pytest.approx(100, abs=1e-9)
    assert cieluv_distance(np.full(3, 0.50), np.full(3, 0.52)) == pytest.approx(1.9933, abs=1e-4)


def test_cieluv_agrees_with_scikit_image():
    skimage_color = pytest.importorskip("skimage.color")
    picture = np.random.default_rng(0).random((30, 40, 3))
    picture[0] *= 0.03  # the linear ends of both curves
    # Its matrix has six digits and its white point is tabulated: 0.012 at most on the corners of the cube.
    np.testing.assert_allclose(srgb_to_cieluv(picture), skimage_color.rgb2luv(picture), atol=0.02)


def test_bytes_and_floats_are_the_same_colour():
    picture = np.random.default_rng(1).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(srgb_to_cieluv(picture), srgb_to_cieluv(picture / 255))
    assert srgb_to_cieluv(picture).dtype == np.float64


def test_difference_colours_run_from_purple_to_red_and_white_below():
    stops = np.array([5.999, 6, 19.5, 33, 46.5, 60, 61, 1e6])
    expected = [(255, 255, 255), *DIFFERENCE_COLORS, DIFFERENCE_COLORS[-1], DIFFERENCE_COLORS[-1]]
    assert difference_colors(stops).tolist() == [list(c) for c in expected]
    assert difference_colors(np.array([1.0]), threshold=0, saturation=4).tolist() == [[0, 0, 255]]


def test_difference_image_shows_only_what_is_seen():
    a = np.full((8, 9, 3), 128, np.uint8)
    b = a.copy()
    b[0, 0] += 3  # less than noticeable
    b[7, 8] = (255, 0, 0)
    picture = difference_image(a, b)
    assert picture.shape == (8, 9, 3) and picture.dtype == np.uint8
    assert picture[7, 8].tolist() == [255, 0, 0]
    picture[7, 8] = 255
    assert (picture == 255).all()


def test_bad_pictures_and_thresholds_are_refused():
    grey = np.full((2, 2, 3), 0.5)
    with pytest.raises(ValueError, match=r"same shape, got \(2, 2, 3\) and \(1, 2, 3\)"):
        difference_image(grey, grey[:1])
    with pytest.raises(ValueError, match="0 <= threshold < saturation, got 60 and 6"):
        difference_image(grey, grey, 60, 6)
    with pytest.raises(TypeError, match=r"uint8 .* or floating point .*, got int64"):
        srgb_to_cieluv(np.ones((2, 3), np.int64))
    with pytest.raises(ValueError, match=r"axes \(..., 3\)"):
        srgb_to_cieluv(np.ones((2, 4)))
    with pytest.raises(ValueError, match="must lie in"):
        srgb_to_cieluv(np.full(3, np.nan))


@pytest.fixture
def weights():
    """Where the weights of this machine are, before a test says otherwise."""
    pytest.importorskip("lpips", reason="the package lpips is not installed")
    return lpips_weights()


@pytest.fixture
def downloads(weights, monkeypatch, tmp_path):
    """A machine without weights and without a network; the list grows with every attempt to reach it."""
    attempts: list[str] = []

    def unreachable(request, *_, **__):
        attempts.append(getattr(request, "full_url", request))
        raise URLError("no network")

    # torch holds the function under a name of its own; this is the network, which a test must not reach.
    monkeypatch.setattr("torch.hub.urlopen", unreachable)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for cached in (image._model, image._download_problem):
        cached.cache_clear()
    yield attempts
    for cached in (image._model, image._download_problem):
        cached.cache_clear()


def test_weights_that_cannot_be_had_are_asked_for_once_per_process(downloads):
    picture = np.zeros((32, 32, 3))
    said = set()
    for _ in range(4):
        with pytest.raises(
            OSError, match=r"must be in TORCH_HOME or downloadable, got: .*no network"
        ) as failure:
            lpips_distance(picture, picture, download=True)
        said.add(str(failure.value))
    assert len(downloads) == len(said) == 1
    assert "alexnet" in downloads[0]
    with pytest.raises(OSError, match="'squeeze' must be in TORCH_HOME"):
        lpips_distance(picture, picture, "squeeze", download=True)
    assert len(downloads) == 2, "another network has other weights"


def test_nothing_is_downloaded_unasked(downloads, tmp_path):
    picture = np.zeros((32, 32, 3))
    with pytest.raises(OSError, match="nothing is downloaded unasked; this fetches them once") as failure:
        lpips_distance(picture, picture)
    assert "import alexnet; alexnet(weights='DEFAULT')" in str(failure.value)
    assert str(tmp_path / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth") in str(failure.value)
    assert not downloads
    damaged = lpips_weights()
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no weights")
    with pytest.raises(OSError, match="'alex' must be in TORCH_HOME"):
        lpips_distance(picture, picture)
    assert not downloads


@pytest.mark.requires_lpips_weights
def test_weights_that_are_fetched_later_are_used(downloads, weights, monkeypatch):
    picture = np.zeros((32, 32, 3))
    with pytest.raises(OSError, match="no network"):
        lpips_distance(picture, picture, download=True)
    monkeypatch.setenv("TORCH_HOME", str(weights.parents[2]))
    assert lpips_distance(picture, picture, download=True) == lpips_distance(picture, picture) == 0.0
    assert len(downloads) == 1
