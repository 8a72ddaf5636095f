"""Fixtures of the whole-daemon tests: real processes, short directories, a bound on every test's time."""

import os
import signal

import daemon_process
import people
import pytest
import python_faces

# The tool goes by its user's locale and settings; the tests by none.
OWN = ("LC_", "MATCHCTL_", "MATCHD_RUNTIME", "NO_COLOR", "PAGER", "LESS", "VISUAL", "EDITOR", "XDG_RUNTIME_DIR")
for name in [name for name in os.environ if name.startswith(OWN)]:
    del os.environ[name]
os.environ.update(LC_ALL="C.UTF-8", XDG_CONFIG_HOME="/nonexistent")

DEFAULT_TIMEOUT_S = 60
LOG_LINES = 60


@pytest.fixture
def home():
    with daemon_process.home_directory() as home:
        yield home


@pytest.fixture
def daemon():
    """A daemon of the test's own, on the small exchanges beside the tests."""
    with daemon_process.running_daemon() as daemon:
        yield daemon


@pytest.fixture
def members(daemon):
    """A customer, acme, and a supplier, bolt."""
    with daemon.client() as client:
        people.register(client, "acme", "bolt")


@pytest.fixture(params=["plain", "asyncio"])
def faces(request):
    """Each of the Python library's two faces."""
    faces = python_faces.Faces(request.param)
    yield faces
    faces.close()


@pytest.fixture
def shipped_daemon():
    """The same, on the exchanges that are shipped."""
    with daemon_process.running_daemon(daemon_process.SHIPPED) as daemon:
        yield daemon


class Overdue(Exception):
    """The test took longer than it may."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """A bound on the test's time with its fixtures; what hangs is reported where it hangs."""
    marker = item.get_closest_marker("timeout")
    seconds = marker.args[0] if marker else DEFAULT_TIMEOUT_S

    def overdue(_signal, _frame):
        raise Overdue(f"not done in {seconds} s")

    before = signal.signal(signal.SIGALRM, overdue)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    daemon_process.started[:] = [daemon for daemon in daemon_process.started if daemon.last_log is None]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What the daemons logged belongs to the report of a failure."""
    report = (yield).get_result()
    if report.failed:
        for daemon in daemon_process.started:
            lines = daemon.log().splitlines()
            report.sections.append((f"the end of {daemon.log_path}", "\n".join(lines[-LOG_LINES:])))
