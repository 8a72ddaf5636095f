"""Core and gateway as a service manager runs them, each a process of its own, or the gateway as the core's child.

Whoever kills or stops them here starts them again; one that ends without having been told to is a violation.
"""

import signal
import subprocess
import time

from ledger import PATIENCE_S, demand

from daemon_process import GATEWAY, MATCHD, STOP_S, Daemon
from protocol_client import Client

LAST_LINES = 12
GATEWAY_OPTIONS = ("config", "runtime-directory", "log-level")


class Deployment(Daemon):
    """`apart`: the gateway outlives its core."""

    def __init__(self, home, apart=True, **options):
        super().__init__(home, log_level="info", spawn_gateway="no" if apart else "yes", **options)
        self.apart, self.gateway = apart, None

    # --- life ---

    def command(self, program=MATCHD):
        if program == MATCHD:
            return super().command()
        return [str(program), *(f"--{name}={self.options[name]}" for name in GATEWAY_OPTIONS)]

    def spawn_gateway(self):
        if not self.apart:
            return
        with open(self.log_path, "ab") as log:
            self.gateway = subprocess.Popen(
                self.command(GATEWAY), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                start_new_session=True)

    def start(self):
        self.spawn()
        self.spawn_gateway()
        self.wait_until_ready()
        return self

    def wait_until_ready(self):
        with Client(self.runtime, timeout=0.2) as client:
            client.ask_until_answered("status", PATIENCE_S)

    def check_alive(self):
        for name, process in (("core", self.process), ("gateway", self.gateway)):
            demand(not process or process.poll() is None,
                   f"the {name} ended by itself: {self.end_of_log()}")

    def end_of_log(self):
        return "\n".join(self.log().splitlines()[-LAST_LINES:])

    def end_core(self):
        """In order."""
        super().stop()

    def stop(self):
        """The core answers what it has accepted while the gateway is there."""
        self.end_core()
        if self.gateway:
            self.gateway.terminate()
            code = self.gateway.wait(STOP_S)
            demand(code == 0, f"the gateway ended with {code}")
            self.gateway = None

    def close(self):
        for process in (self.process, self.gateway):
            if process and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        super().close()

    # --- kills; what is killed is started again at once ---

    def kill_core(self):
        if self.apart:
            self._end(self.process)
        else:
            self.kill()  # and waits for the child's end
        self.spawn()

    def kill_gateway(self):
        if not self.apart:
            super().kill_gateway()
            return
        self._end(self.gateway)
        self.spawn_gateway()

    def kill_both(self):
        if not self.apart:
            self.kill_core()
            return
        for process in (self.process, self.gateway):
            process.kill()
        self.process.wait()
        self.gateway.wait()
        self.spawn()
        self.spawn_gateway()

    def kill_in_start(self, moment_s):
        """The core, and its successor while that starts."""
        self.kill_core()
        time.sleep(moment_s)
        self.kill_core()

    def _end(self, process):
        process.kill()
        process.wait()

    # --- stops ---

    def gateway_process_id(self):
        return self.gateway.pid if self.apart else self.gateway_pid()
