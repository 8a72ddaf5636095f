"""Core and gateway apart, as a service manager runs them, and the manager's end of sd_notify."""

import os
import signal
import socket
import subprocess
import time

from daemon_process import GATEWAY, MATCHD, SHIPPED, wait_for

PATIENCE_S = 30


class NotifySocket:
    """Stands in for the service manager: hears what sd_notify says."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []

    def listen(self, seconds=0.0):
        """Everything heard so far, having listened for so long."""
        end = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                self.heard += self.socket.recv(4096).decode().splitlines()
            except TimeoutError:
                return self.heard

    def wait(self, message):
        wait_for(lambda: message in self.listen(), timeout=PATIENCE_S, what=message)


class Process:
    """One of the two programs, with a log of its own."""

    def __init__(self, program, log_path, options, env):
        environment = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")}
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.popen = subprocess.Popen(
                [program, "--config=", *options], stdin=subprocess.DEVNULL, stderr=log, env={**environment, **env})

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, part):
        def look():
            assert self.popen.poll() is None or part in self.log(), f"ended: {self.log()}"
            return part in self.log()
        wait_for(look, timeout=PATIENCE_S, what=part)

    def wait(self):
        return self.popen.wait(PATIENCE_S)

    def stop(self, number=signal.SIGTERM):
        self.popen.send_signal(number)
        return self.wait()

    def kill(self):
        self.popen.kill()
        self.popen.wait()


class Processes:
    """Starts them in a home directory; whatever still runs ends with it."""

    def __init__(self, home):
        self.home, self.runtime = home, home / "r"
        self.started = []

    def start(self, program, options, manager, env):
        if manager:
            env = {"NOTIFY_SOCKET": manager.path, **env}
        log_path = self.home / f"log.{len(self.started)}"
        self.started.append(Process(program, log_path, [f"--runtime-directory={self.runtime}", *options], env))
        return self.started[-1]

    def core(self, *options, manager=None, exchanges=SHIPPED, **env):
        """With a gateway of its own unless a manager hears of it or the options say otherwise."""
        places = [f"--data-directory={self.home}/d", f"--exchanges-directory={exchanges}"]
        return self.start(MATCHD, [*places, *options], manager, env)

    def gateway(self, *options, manager=None, **env):
        return self.start(GATEWAY, options, manager, env)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.popen.poll() is None:
                process.kill()
