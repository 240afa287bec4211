"""One training run of Neural Fit: a new one, one that goes on, or one that the model file holds already.

Without VTK: it runs in ParaView's process, or in one beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stsr_core.kept import KeptSeries
from stsr_core.model.checkpoint import CheckpointError, Header, read_header
from stsr_core.model.claim import claimed
from stsr_core.words import duration
from stsr_filters.fitting.fit_settings import FitSettings
from stsr_filters.fitting.handover import Order

#: Called with the fraction done and a text.
Report = Callable[[float, str], None]


def refuse_existing(settings: FitSettings, overwrite: bool, resume: bool) -> None:
    """Refuse, before any data is read, a model file that must not be written to.

    Raises
    ------
    FileExistsError
        If something else stands there and ``overwrite`` is not set.
    FileNotFoundError
        If its folder does not exist.
    BlockingIOError
        If another run is writing it.
    """
    path = Path(settings.model_file)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {path.parent} does not exist")
    with claimed(path):
        pass
    if not path.exists() or overwrite:
        return
    header = _header(path)
    if header is None or not (settings.made(header) or (resume and header.training is not None)):
        raise FileExistsError(f"{path} exists and is not this model; choose another file, or tick Overwrite")
    if header.training is not None and not resume:
        raise FileExistsError(
            f"{path} holds an unfinished run of these settings; press Continue Learning to go on with it "
            "(in a script set Resume), or tick Overwrite"
        )


def learn(order: Order, series: KeptSeries, report: Report, should_stop: Callable[[], bool]) -> str:
    """Make the model file be the model that was ordered of these data; what was done, in one line.

    A finished model of the same settings and kept samples is left as it is, so that a state file can be
    loaded again without training anew.

    Parameters
    ----------
    order : Order
        Its threads are the caller's to bound.
    series : KeptSeries
        What it is to be learned from.
    report : callable
        Told about once a second.
    should_stop : callable
        Asked often; what was learned until then is kept.

    Raises
    ------
    ValueError, OSError
        As :func:`stsr_core.training.fit` and :func:`stsr_core.training.resume`; BlockingIOError if another
        run is writing the model file.
    """
    with claimed(Path(order.settings.model_file)):
        return _learn(order, series, report, should_stop)


def _learn(order: Order, series: KeptSeries, report: Report, should_stop: Callable[[], bool]) -> str:
    from stsr_core import training
    from stsr_core.inference.device import usable_device
    from stsr_core.sampling import KeptSamples

    settings, path = order.settings, Path(order.settings.model_file)
    where, remark = usable_device(order.device)
    header = _header(path) if path.exists() else None
    kept = KeptSamples.of(series, device=where, fill=settings.fill)
    mine = header is not None and (kept.data_hash, kept.domain) == (header.data_hash, header.domain)
    if header is not None and mine and header.training is None and settings.made(header):
        return f"{path} is this model already{_quality(header)}"

    def on_progress(p: training.Progress) -> None:
        report(p.fraction, p.stage or f"loss {p.loss:.1e}, {p.psnr:.1f} dB, {duration(p.eta_seconds)} left")

    if header is not None and header.training is not None and order.resume:
        if not mine:
            raise ValueError(f"{path}: cannot resume, it was learning other samples or variables")
        training.resume(path, kept, device=str(where), on_progress=on_progress, should_stop=should_stop)
    else:
        if header is not None and not order.overwrite:
            raise FileExistsError(
                f"{path} was learned from other samples; choose another file, or tick Overwrite"
            )
        training.fit(
            kept,
            path,
            **settings.arguments(),
            device=str(where),
            overwrite=order.overwrite,
            on_progress=on_progress,
            should_stop=should_stop,
        )
    header = read_header(path)
    done = f"wrote {path}{_quality(header)} on {where}"
    if header.training is not None:
        done = (
            f"stopped early: {path} can be used as it is{_quality(header)}; press Continue Learning to go on"
        )
    return "; ".join(filter(None, (done, remark)))


def _header(path: Path) -> Header | None:
    try:
        return read_header(path)
    except CheckpointError:
        return None


def _quality(header: Header) -> str:
    """PSNR and seconds of a trained model."""
    if not header.history:
        return ""
    run = header.history[-1]
    if "training_psnr" not in run:
        return f" (after {duration(run['seconds'])})"
    return f" ({run['training_psnr']:.1f} dB on the kept samples after {duration(run['seconds'])})"
