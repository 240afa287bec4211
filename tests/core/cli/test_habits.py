"""What holds for every command: bars, ``--json``, ``--config``, the Tab key, names of outputs, the doctor."""

from __future__ import annotations

import io
import json
import subprocess
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from stsr_core import __version__
from stsr_core.cli import build_parser, doctor, main
from stsr_core.cli.every_command import commands_of
from stsr_core.cli.finding import Finding
from stsr_core.cli.terminal import ProgressLine
from stsr_core.datasets import tornado
from stsr_core.io import write_series
from stsr_core.model import checkpoint
from stsr_core.series import VolumeSeries


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two series in a folder; no test may change it."""
    folder = tmp_path_factory.mktemp("habits")
    series = tornado(6, 5)
    write_series(folder / "full.pvd", series)
    write_series(folder / "other.pvd", VolumeSeries.from_arrays({"other": series["tornado"].array()}))
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def result(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> tuple[int, dict, str]:
    """Exit code, the object on standard output, and standard error."""
    code = main([*arguments, "--json"])
    text = capsys.readouterr()
    return code, json.loads(text.out), text.err


# progress -------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal_and_nothing_elsewhere() -> None:
    for stream in (Terminal(), io.StringIO()):
        line = ProgressLine(stream)
        for i in range(3):
            line.show(f"step {i}", i / 2)
        line.close()
        line.close()
        if isinstance(stream, Terminal):
            first, *_, last = stream.getvalue().strip("\r\n").split("\r")
            assert first.startswith("  0% |") and first.rstrip().endswith("| step 0")
            assert last.startswith("100% |##") and last.rstrip().endswith("| step 2")
            assert stream.getvalue().endswith("\n")
        else:
            assert stream.getvalue() == ""


def test_a_text_without_a_fraction_has_no_bar() -> None:
    stream = Terminal()
    line = ProgressLine(stream)
    line.show("listening")
    line.close()
    assert "listening" in stream.getvalue() and "%" not in stream.getvalue()


# --json ---------------------------------------------------------------------------------------------------


def test_every_command_has_json_and_config() -> None:
    for name, command in commands_of(build_parser()).items():
        options = {text for action in command._actions for text in action.option_strings}
        assert {"--json", "--config"} <= options, name


def test_results_as_one_object_and_words_on_stderr(folder: Path, here: Path, capsys) -> None:
    full = str(folder / "full.pvd")
    code, fit, words = result(capsys, ["fit", full, "--field", "cubic", "--time", "1"])
    assert (code, fit["command"], fit["exit_code"]) == (0, "fit", 0)
    assert (fit["output"], fit["kind"], fit["variables"], fit["finished"]) == (
        "full.stsr",
        "cubic",
        ["tornado"],
        True,
    )
    assert fit["run"]["data"]["temporal_gap"] == 1
    assert {row["method"] for row in fit["table"]} >= {"cubic", "tricubic + linear"}
    assert "wrote full.stsr" in words and "unseen inside" in words
    code, up, _ = result(capsys, ["upscale", "full.stsr", "--time-scale", "2"])
    assert (code, up["output"], up["dimensions"], up["steps"]) == (0, "full-upscaled.pvd", [6, 6, 6], 5)
    code, compare, _ = result(capsys, ["compare", "full-upscaled.pvd", full, "--model", "full.stsr"])
    assert code == 0 and [row["steps"] for row in compare["measures"]] == ["all", "kept", "unseen"]
    assert len(compare["curves"]) == 5
    code, shell, _ = result(capsys, ["completion", "bash"])
    assert code == 0 and "_shtab_stsr" in shell["script"]


def test_an_error_is_a_result_too(folder: Path, here: Path, capsys) -> None:
    code, found, words = result(capsys, ["fit", str(folder / "ful.pvd")])
    assert code == 2
    meant = f"{folder / 'ful.pvd'}: no such file; did you mean {folder / 'full.pvd'}?"
    assert found == {"command": "fit", "exit_code": 2, "error": meant}
    assert words == f"stsr fit: {meant}\n"


def test_what_exists_is_not_replaced_and_the_ways_out_are_named(folder: Path, here: Path, capsys) -> None:
    fit = ["fit", str(folder / "full.pvd"), "--field", "nearest"]
    assert main(fit) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[-2:] == [
        "next: stsr upscale full.stsr --scale 2 --time-scale 4",
        "next: stsr-paraview run paraview",
    ]
    before = (here / "full.stsr").read_bytes()
    assert main(fit) == 2
    assert "full.stsr exists" in (error := capsys.readouterr().err)
    assert error.endswith("(-o, --overwrite, --resume)\n")
    assert (here / "full.stsr").read_bytes() == before


# --config -------------------------------------------------------------------------------------------------


def test_a_model_tells_how_it_was_made_and_is_made_again(folder: Path, here: Path, capsys) -> None:
    sources = [str(folder / "full.pvd"), str(folder / "other.pvd")]
    how = ["--space", "2,1", "--time", "1", "--field", "modulated_siren", "--seed", "7", "--epochs", "2"]
    how += ["--set", "width=16", "--set", "depth=2", "--table-voxels", "0"]
    assert main(["fit", *sources, *how]) == 0
    first = checkpoint.read_header("full-other.stsr")
    made = first.history[-1]["made_by"]
    assert made["command"].split() == ["stsr", "fit", *sources, *how]
    assert first.history[-1]["versions"]["stsr"] == __version__
    capsys.readouterr()
    assert main(["info", "full-other.stsr"]) == 0
    text = capsys.readouterr().out
    assert made["command"] in text and f"versions       stsr {__version__}, python 3" in text
    assert main(["info", "full-other.stsr", "--write-config", "run.toml"]) == 0
    assert "next: stsr fit --config run.toml -o again.stsr" in capsys.readouterr().out
    assert main(["info", "full-other.stsr", "--write-config", "run.toml"]) == 2, "it exists"

    assert main(["fit", "--config", "run.toml", "-o", "again.stsr"]) == 0
    again = checkpoint.read_header("again.stsr")
    assert {**again.history[-1]["made_by"]["options"], "output": None} == {**made["options"], "output": None}
    one, two = (checkpoint.load(path).state_dict() for path in ("full-other.stsr", "again.stsr"))
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_array_equal(one[name].numpy(), two[name].numpy())


def test_what_is_typed_goes_before_the_file(folder: Path, here: Path) -> None:
    full, other = str(folder / "full.pvd"), str(folder / "other.pvd")
    Path("run.toml").write_text(
        f'[fit]\nsources = ["{full}"]\nname = ["a"]\nfield = "nearest"\nspace = 2\ntemporal_gap = 1\n'
        f'spacing = [1, 2, 3.5]\n[upscale]\nmodel = "m.stsr"\ntime-scale = 2\noverwrite_not = 1\n'
    )
    assert main(["fit", "--config", "run.toml", "-o", "m.stsr"]) == 0
    header = checkpoint.read_header("m.stsr")
    assert (header.kind, header.domain.names, header.domain[0].times) == ("nearest", ("a",), (0.0, 2.0, 4.0))
    assert header.domain[0].full_grid.spacing == (3.5, 2.0, 1.0)
    typed = ["fit", other, "--name", "b", "--time", "0", "--config", "run.toml", "-o", "n.stsr"]
    assert main(typed) == 0
    header = checkpoint.read_header("n.stsr")
    assert (header.domain.names, len(header.domain[0].times), header.domain[0].grid.shape) == (
        ("b",),
        5,
        (3, 3, 3),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[fit]\nspce = 2", "`stsr fit` has no option 'spce'; did you mean 'space'?"),
        ("[upscale]\nscale = 2", "needs a table [fit] for `stsr fit`, found [upscale]"),
        ("[fit", "expected TOML: "),
        ("[fit.more]\nx = 1\n[other]", "`stsr fit` has no option 'more'"),
        ("[fit]\ncompact = 1", "compact must be true or false, got 1"),
        ("[fit]\nseed = true", "seed must be a number, a text or a list of them, got True"),
        ("[fit]\noverwrite = true", "overwrite belongs on the command line, not in the table [fit]"),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    folder: Path, here: Path, capsys, text: str, words: str
) -> None:
    Path("run.toml").write_text(text)
    assert main(["fit", str(folder / "full.pvd"), "--config", "run.toml"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("stsr: run.toml: ") and words in error
    assert [path.name for path in here.iterdir()] == ["run.toml"]


def test_a_model_of_no_command_line_has_no_config(folder: Path, here: Path, capsys) -> None:
    from stsr_core import training

    training.fit(tornado(6, 3), "m.stsr", field="nearest")
    assert main(["info", "m.stsr", "--write-config", "run.toml"]) == 2
    assert "no command is stored in this model" in capsys.readouterr().err
    assert not Path("run.toml").exists()


def test_a_command_below_a_command_has_a_table_below_a_table(here: Path, capsys) -> None:
    Path("run.toml").write_text('[images]\nviews = "12"\n')
    render = ["images", "render", "nothing.pvd", "--config", "run.toml"]
    assert main(render) == 2
    wanted = "needs a table [images.render] for `stsr images render`, found [images]"
    assert wanted in capsys.readouterr().err
    Path("run.toml").write_text("[images.render]\nviws = 12\n")
    assert main(render) == 2
    assert "`stsr images render` has no option 'viws'; did you mean 'views'?" in capsys.readouterr().err
    code, found, _ = result(capsys, ["images", "render", "nothing.pvd"])
    assert (code, found["command"]) == (2, "images render")
    with pytest.raises(SystemExit):
        main(["images"])
    error = capsys.readouterr().err
    assert error == "stsr images: the following arguments are required: COMMAND (see stsr images --help)\n"


# completion -----------------------------------------------------------------------------------------------


def test_bash_completes_commands_options_choices_and_files(here: Path, capsys) -> None:
    assert main(["completion", "bash"]) == 0
    Path("completion.sh").write_text(capsys.readouterr().out)
    Path("vf.stsr").touch()
    Path("images.cdb").mkdir()
    Path("try.sh").write_text(
        "source ./completion.sh\n"
        "f=$(complete -p stsr | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n"
        'tab() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=(); $f; echo "${COMPREPLY[*]}"; }\n'
        "tab stsr u; tab stsr evaluate --st; tab stsr upscale vf.stsr --clamp o; tab stsr info v\n"
        "tab stsr doctor --j; tab stsr images re; tab stsr images render --res; tab stsr images page im\n"
    )
    done = subprocess.run(["bash", "try.sh"], capture_output=True, text=True)
    assert done.stderr == ""
    found = [set(line.split()) for line in done.stdout.splitlines()]
    assert found == [
        {"upscale"},
        {"--study", "--study-minutes", "--steps-rendered"},
        {"on", "off"},
        {"vf.stsr"},
        {"--json"},
        {"render"},
        {"--resume"},
        {"images.cdb"},
    ]


def test_zsh_and_tcsh_have_a_script_of_every_command(capsys) -> None:
    names = {word for name in commands_of(build_parser()) for word in name.split()}
    for shell in ("zsh", "tcsh"):
        assert main(["completion", shell]) == 0
        script = capsys.readouterr().out
        assert all(word in script for name in names for word in name.split())


# doctor ---------------------------------------------------------------------------------------------------


def test_the_doctor_knows_what_every_extra_is_for() -> None:
    assert set(metadata("stsr").get_all("Provides-Extra")) == set(doctor.EXTRAS)


def test_the_doctor_names_versions_devices_and_extras(capsys) -> None:
    code, found, words = result(capsys, ["doctor", "--skip-paraview"])
    assert code == 0 and "nothing is wrong" in words
    by_subject = {finding["subject"]: finding for finding in found["findings"]}
    assert {"stsr", "torch", "numpy", "cpu", "[vtk]", "[metrics]", "[notebook]", "[dev]"} <= set(by_subject)
    assert by_subject["stsr"]["text"].startswith(__version__)


def test_what_an_extra_lacks_is_no_fault_and_what_the_base_lacks_is_one(monkeypatch, capsys) -> None:
    real = doctor.version

    def version(name: str) -> str:
        if name in ("vtk", "tqdm"):
            raise PackageNotFoundError(name)
        return "1.9" if name == "h5py" else real(name)

    monkeypatch.setattr(doctor, "version", version)
    code, found, words = result(capsys, ["doctor", "--skip-paraview"])
    assert code == 1 and "2 to put right" in words
    by_subject = {finding["subject"]: finding for finding in found["findings"]}
    assert [name for name, finding in by_subject.items() if finding["wrong"]] == ["h5py", "tqdm"]
    assert Requirement(by_subject["h5py"]["remedy"].split('"')[1]).name == "h5py"
    for extra in ("[vtk]", "[notebook]", "[dev]"):  # the others bring that one
        assert "vtk is missing" in by_subject[extra]["text"]
        assert by_subject[extra]["remedy"] == f'pip install "stsr{extra}"'


def test_the_doctor_asks_other_packages(monkeypatch, capsys) -> None:
    class Entry:
        name = "elsewhere"

        @staticmethod
        def load():
            return lambda: [Finding("elsewhere", "does not fit", False, "make it fit")]

    monkeypatch.setattr(doctor, "entry_points", lambda group: [Entry] if group == doctor.DOCTORS else [])
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "BAD  elsewhere:   does not fit\n                  -> make it fit\n" in text
