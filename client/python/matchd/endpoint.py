"""Where matchd listens."""

import os

RUNTIME = "/run/matchd"
IPC = "ipc://"
PATH_BYTES = 107  # as many fit into a socket's address


def endpoints(endpoint: str | os.PathLike[str] | None) -> tuple[str, str]:
    """The ZeroMQ endpoints of commands and feed. `endpoint` is the gateway's runtime directory, or the two with a comma
    between them; None: $MATCHD_RUNTIME, else $XDG_RUNTIME_DIR/matchd if a socket is there, else /run/matchd."""
    given = _default() if endpoint is None else os.fspath(endpoint)
    commands, comma, feed = given.partition(",")
    if not comma:
        directory = given.removeprefix(IPC)
        commands, feed = f"{IPC}{directory}/commands.sock", f"{IPC}{directory}/feed.sock"
    for part in (commands, feed):
        _check(part)
    return commands, feed


def _default() -> str:
    if given := os.environ.get("MATCHD_RUNTIME"):
        return given
    if user := os.environ.get("XDG_RUNTIME_DIR"):
        if os.path.exists(f"{user}/matchd/commands.sock"):
            return f"{user}/matchd"
    return RUNTIME


def _check(part: str) -> None:
    """ZeroMQ would quietly fail to connect a path that does not fit."""
    path = part.removeprefix(IPC)
    if not path:
        raise ValueError("an endpoint is empty: give a directory, or two ZeroMQ endpoints with a comma between them")
    if path != part and len(os.fsencode(path)) > PATH_BYTES:
        raise ValueError(f"{path}: the path of a socket has at most {PATH_BYTES} bytes")
