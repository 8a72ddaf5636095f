"""A daemon under a service manager of the test's own: whenever it ends it is started again at once."""

import collections
import mmap
import re
import struct
import threading
import time

from daemon_process import BUILD, STOP_S, Daemon

FAIL_NTH = BUILD / "tests" / "crash" / "fail_nth.so"
PROGRAMS = {"core": "matchd", "gateway": "matchd-gateway"}
CALLS = ("memory", "file", "sync", "send", "accept")
LAYOUT = struct.Struct(f"=II{len(CALLS)}Q")  # struct shared of fail_nth.c
RESTARTS_MAX = 20
PAUSE_S = 0.02  # before it is started again


class Fault(collections.namedtuple("Fault", "program window call how nth on")):
    """`window` is start (counted from the first moment) or serve (from when it is ready); nth 0: none, only count."""

    def __str__(self):
        return ":".join(map(str, self))

    @classmethod
    def read(cls, text):
        program, window, call, how, nth, on = text.split(":")
        return cls(program, window, call, how, int(nth), on)


class Supervised(Daemon):
    """Meets one fault. `ends`: the exit codes of the core's lives before it was told to stop."""

    def __init__(self, home, fault=None, **options):
        super().__init__(home, **options)
        self.ends, self.stopping, self.shared = [], False, None
        self.starting = threading.Lock()  # so that none is started behind the end
        if fault:
            self._arrange(fault)
        self.spawn()
        self.manager = threading.Thread(target=self._manage, daemon=True)
        self.manager.start()

    def _arrange(self, fault):
        state = self.home / "fault"
        state.write_bytes(bytes(LAYOUT.size))
        with open(state, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), LAYOUT.size)
        if fault.window == "start":
            self.arm()
        self.environment = {
            "LD_PRELOAD": str(FAIL_NTH), "FAIL_STATE": str(state), "FAIL_IN": PROGRAMS[fault.program],
            "FAIL_CALL": fault.call if fault.nth else "none", "FAIL_NTH": str(fault.nth), "FAIL_HOW": fault.how,
            "FAIL_ON": fault.on,
        }

    def arm(self, on=True):
        self.shared[0:4] = struct.pack("=I", on)

    def fired(self):
        return bool(LAYOUT.unpack(self.shared[:])[1])

    def calls(self):
        return dict(zip(CALLS, LAYOUT.unpack(self.shared[:])[2:]))

    def gateway_ends(self):
        """How its lives ended, as the core logged it: "status=1", "signal=6"."""
        return re.findall(r"^\w+ gateway_ended .*?((?:status|signal)=\d+)", self.log(), re.MULTILINE)

    def _manage(self):
        while True:
            code = self.process.wait()
            if self.stopping:
                return
            self.ends.append(code)
            time.sleep(PAUSE_S)
            with self.starting:
                if self.stopping or len(self.ends) > RESTARTS_MAX:
                    return
                self.spawn()

    def stop(self):
        """Returns the exit code; one that does not end is killed and reported as such."""
        with self.starting:
            self.stopping = True
            self.process.terminate()
        try:
            return self.process.wait(STOP_S)
        finally:
            self.close()

    def close(self):
        self.stopping = True
        super().close()
        self.manager.join()
