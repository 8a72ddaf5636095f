"""The Python library's two clients behind one face, so that one story is told of both.

The asyncio client lives in an event loop of its own, in a thread, and is asked from outside as if it blocked.
"""

import asyncio
import inspect
import sys
import threading

from daemon_process import REPOSITORY

LIBRARY = REPOSITORY / "client" / "python"
sys.path.insert(0, str(LIBRARY))
import matchd  # noqa: E402  (as it lies in the checkout)


class Loop:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work, *args, **kwargs):
        """What the function gives when it is called in the loop, awaited if it is to be awaited."""

        async def call():
            given = work(*args, **kwargs)
            return await given if inspect.isawaitable(given) else given

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(60)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


class FromOutside:
    """An AsyncClient, AsyncFollower or AsyncSubscription, whose methods block."""

    def __init__(self, loop, subject):
        self._loop, self._subject = loop, subject

    def __getattr__(self, name):
        value = getattr(self._subject, name)
        return (lambda *args, **kwargs: self._call(value, *args, **kwargs)) if callable(value) else value

    def _call(self, method, *args, **kwargs):
        given = self._loop.run(method, *args, **kwargs)
        if isinstance(given, (matchd.AsyncFollower, matchd.AsyncSubscription)):
            self._loop.run(given.__aenter__)
            return FromOutside(self._loop, given)
        return self._iterate(given) if inspect.isasyncgen(given) else given

    def _iterate(self, generator):
        while True:
            try:
                yield self._loop.run(generator.__anext__)
            except StopAsyncIteration:
                return

    def __iter__(self):
        return self

    def __next__(self):
        return self._loop.run(self._subject.__anext__)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Faces:
    """Makes clients of one kind; closes what it made."""

    def __init__(self, kind):
        self.loop = Loop() if kind == "asyncio" else None

    def client(self, runtime, **options):
        if self.loop:
            return FromOutside(self.loop, self.loop.run(matchd.AsyncClient, runtime, **options))
        return matchd.Client(runtime, **options)

    def close(self):
        if self.loop:
            self.loop.close()
