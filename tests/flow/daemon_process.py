"""matchd as a process: started in a short directory of its own, watched, stopped by its pid."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from protocol_client import Client, Follower, NoAnswer, Refused

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MATCHD_BUILD", REPOSITORY / "build"))
MATCHD = BUILD / "daemon" / "matchd"
GATEWAY = BUILD / "daemon" / "matchd-gateway"
MATCHCTL = BUILD / "client" / "matchctl" / "matchctl"
EXAMPLE = BUILD / "client" / "example"
SUBSCRIBER = BUILD / "client" / "subscriber"
SHIPPED = REPOSITORY / "exchanges"
SMALL = pathlib.Path(__file__).parent / "exchanges"

READY_S = 20
STOP_S = 20

started = []  # every daemon of the tests that run, for the report of a failure


@contextlib.contextmanager
def home_directory():
    """Short, because a socket's path has room for 107 bytes."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="md-", dir="/tmp"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def running_daemon(exchanges=SMALL, **options):
    """A daemon that is ready, in a new home; ended with its home."""
    with home_directory() as home:
        daemon = Daemon(home, exchanges, **options)
        try:
            daemon.start()
            yield daemon
            daemon.stop()
        finally:
            daemon.close()


def wait_for(condition, timeout=10.0, what="it", pause=0.01):
    """The condition's first true value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about in {timeout} s")
        time.sleep(pause)


class Daemon:
    """A core and, unless told otherwise, the gateway that is its child."""

    def __init__(self, home, exchanges=SMALL, **options):
        self.home, self.data, self.runtime = home, home / "d", home / "r"
        self.log_path = home / "log"
        self.options = {
            "config": "",
            "data-directory": self.data,
            "runtime-directory": self.runtime,
            "exchanges-directory": exchanges,
            "log-level": "debug",
            **{name.replace("_", "-"): value for name, value in options.items()},
        }
        self.environment = {}  # of the next start, beside the test's own
        self.process = None
        self.last_log = None
        started.append(self)

    # --- life ---

    def command(self, program=MATCHD):
        return [str(program), *(f"--{name}={value}" for name, value in self.options.items())]

    def spawn(self):
        """Starts the process and does not wait for it."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                env={**os.environ, **self.environment},
            )

    def start(self):
        self.spawn()
        self.wait_until_ready()
        return self

    def wait_until_ready(self):
        deadline = time.monotonic() + READY_S
        with Client(self.runtime, timeout=0.3) as client:
            while True:
                assert self.process.poll() is None, f"matchd ended with {self.process.returncode}"
                try:
                    return client.ask("status")
                except (NoAnswer, Refused):
                    assert time.monotonic() < deadline, "matchd is not ready"

    def stop(self):
        """As a service manager does. What was accepted is answered, and the exit is a clean one."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
        if self.process:
            code = self.process.wait(STOP_S)
            assert code == 0, f"matchd ended with {code}"

    def restart(self):
        self.stop()
        return self.start()

    def kill(self):
        """As a power cut does. Waits until the orphaned gateway has let go of the sockets, too."""
        gateway = self.gateway_pid()
        self.process.kill()
        self.process.wait()
        if gateway:
            wait_for(lambda: not alive(gateway), what="the gateway's end")

    def kill_gateway(self):
        """Returns the pid of the one that was killed."""
        pid = wait_for(self.gateway_pid, what="a gateway")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return pid

    def gateway_pid(self):
        """The core's child, or None while there is none."""
        pid = self.process.pid
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return int(children[0]) if children else None

    def close(self):
        """However the test went: nothing is left behind."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.last_log = self.log()

    # --- talking to it ---

    def client(self, **options):
        return Client(self.runtime, **options)

    def follow(self, positions, **options):
        return Follower(self.runtime, positions, **options)

    def ask(self, cmd, **arguments):
        with self.client() as client:
            return client.ask(cmd, **arguments)

    def matchctl(self, *arguments, stdin="", timeout=20):
        """The finished tool: returncode, stdout, stderr."""
        return subprocess.run(
            [str(MATCHCTL), "--endpoint", str(self.runtime), *map(str, arguments)],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    def log(self):
        """What it has logged so far; still there when its home is gone."""
        if self.last_log is not None:
            return self.last_log
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""


def alive(pid):
    """Whether it runs; one that ended and was not yet waited for does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
