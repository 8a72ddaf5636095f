"""A thread whose exception is raised where it is asked after."""

import threading


class Worker(threading.Thread):
    """`work` is called with an event that is set when it shall come to its end."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.problem, self.stopping = work, None, threading.Event()
        self.start()

    def run(self):
        try:
            self.work(self.stopping)
        except BaseException as problem:  # raised again by `check`
            self.problem = problem

    def check(self):
        if self.problem:
            raise self.problem

    def finish(self, timeout=60):
        self.join(timeout)
        self.check()
        assert not self.is_alive(), "the worker does not finish"

    def stop(self, timeout=60):
        self.stopping.set()
        self.finish(timeout)
