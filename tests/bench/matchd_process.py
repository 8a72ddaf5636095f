"""A running matchd with one of the benchmark's exchanges, in a directory of its own."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import programs

READY_SECONDS = 600
STOP_SECONDS = 60


class Matchd:
    """Use it in a `with` statement: the process and the directory are gone behind it."""

    def __init__(self, exchange: str = "workload") -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mb"))
        self.process: subprocess.Popen | None = None
        for name in ("data", "run", "exchanges"):
            (self.directory / name).mkdir()
        shutil.copy(programs.SOURCES / f"{exchange}.yaml", self.directory / "exchanges")
        self.endpoint = self.directory / "run"

    def __enter__(self) -> "Matchd":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.stop()
        shutil.rmtree(self.directory)

    def start(self) -> float:
        """Seconds until the daemon said READY=1."""
        path = str(self.directory / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(1)
            began = time.monotonic()
            self.process = subprocess.Popen(
                [
                    programs.BUILD / "daemon/matchd",
                    "--data-directory", self.directory / "data",
                    "--runtime-directory", self.endpoint,
                    "--exchanges-directory", self.directory / "exchanges",
                    "--spawn-gateway", "yes",
                    "--gateway-path", programs.BUILD / "daemon/matchd-gateway",
                    "--log-level", "error",
                ],
                env={**os.environ, "NOTIFY_SOCKET": path},
            )  # fmt: skip
            while not self._is_ready(notify):
                if self.process.poll() is not None or time.monotonic() - began > READY_SECONDS:
                    raise RuntimeError("matchd did not start")
            seconds = time.monotonic() - began
        os.unlink(path)
        while not (self.endpoint / "commands.sock").exists():
            time.sleep(0.01)
        return seconds

    @staticmethod
    def _is_ready(notify: socket.socket) -> bool:
        try:
            return b"READY=1" in notify.recv(4096)
        except TimeoutError:
            return False

    def restart(self) -> float:
        self.stop()
        return self.start()

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def anonymous_bytes(self) -> int:
        """What the core's process alone holds in memory, files apart."""
        assert self.process
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError("no RssAnon")

    def store_bytes(self) -> int:
        return sum(path.stat().st_blocks * 512 for path in (self.directory / "data").iterdir())
