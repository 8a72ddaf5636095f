"""The units say what systemd understands, and keep what a taken-over process could do small."""

import re
import shutil
import subprocess

import pytest
from daemon_process import BUILD, GATEWAY, MATCHD

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze") or not (BUILD / "systemd").is_dir(),
                                reason="there is no systemd here")

PROGRAMS = {"matchd.service": MATCHD, "matchd-gateway.service": GATEWAY}


@pytest.fixture
def units(home):
    """The units as built, starting the programs as built: nothing is installed here."""
    for name, program in PROGRAMS.items():
        text = (BUILD / "systemd" / name).read_text()
        (home / name).write_text(re.sub("^ExecStart=.*$", f"ExecStart={program}", text, flags=re.MULTILINE))
    return [home / name for name in PROGRAMS]


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, check=False)


def test_every_directive_is_understood(units):
    """A directive that is not is named on stderr and passed over: the sandbox would have a hole."""
    verified = analyze("verify", "--man=no", *units)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_verify_would_notice(units):
    units[0].write_text(units[0].read_text().replace("ProtectClock=yes", "ProtectClocks=yes"))
    assert "ProtectClocks" in analyze("verify", "--man=no", *units).stderr


@pytest.mark.parametrize("name, tenths", [("matchd.service", 6), ("matchd-gateway.service", 13)])
def test_exposure_stays_small(units, name, tenths):
    unit = next(unit for unit in units if unit.name == name)
    judged = analyze("security", "--offline=true", f"--threshold={tenths}", unit)
    assert judged.returncode == 0, judged.stdout[-400:]
