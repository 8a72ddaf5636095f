"""A private PostgreSQL 15: a directory and a UNIX socket of its own, no network, gone when the benchmark ends."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import programs

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
HEADER = pathlib.Path("/usr/include/postgresql/libpq-fe.h")
SCRIPTS = programs.SOURCES / "pg"


def install() -> str | None:
    """Installs it from Debian where it is missing; why that cannot be, or None."""
    if (BINARIES / "initdb").exists() and HEADER.exists():
        return None
    root = [] if os.geteuid() == 0 else ["sudo"]
    if root and not shutil.which("sudo"):
        return "PostgreSQL 15 is not installed, and neither root nor sudo is there to install it"
    programs.say("installing postgresql-15 and libpq-dev")
    install = ["install", "-y", "-q", "--no-install-recommends", "postgresql-15", "libpq-dev"]
    for command in (["update", "-q"], install):
        apt = [*root, "apt-get", *command]
        done = subprocess.run(apt, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            return f"PostgreSQL 15 could not be installed: {' '.join(done.stderr.split()[-30:])}"
    return None


class Postgres:
    """Use it in a `with` statement."""

    def __init__(self) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mbpg"))
        if os.geteuid() == 0:  # which PostgreSQL refuses to be
            shutil.chown(self.directory, "postgres", "postgres")

    def __enter__(self) -> "Postgres":
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self.directory)
            raise
        return self

    def _start(self) -> None:
        data = self.directory / "data"
        self._own("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8")
        settings = (SCRIPTS / "settings.conf").read_text(encoding="ascii")
        settings += f"unix_socket_directories = '{self.directory}'\n"
        with open(data / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.write(settings)
        self._own("pg_ctl", "-D", data, "-l", self.directory / "log", "-w", "start")

    def __exit__(self, *_: object) -> None:
        self._own("pg_ctl", "-D", self.directory / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.directory)

    def _own(self, program: str, *arguments: object) -> None:
        command: list[object] = [BINARIES / program, *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        programs.run(*command, stdout=subprocess.DEVNULL, cwd="/")

    def conninfo(self, size: int) -> str:
        return f"host={self.directory} user=postgres dbname=m{size}"

    def _script(self, size: int, script: str, *options: object) -> None:
        programs.run(BINARIES / "psql", "-q", "-X", self.conninfo(size), *options, "-f", SCRIPTS / script)

    def load(self, size: int) -> None:
        """Makes the database of that many offers and needs, in all layouts."""
        conninfo = f"host={self.directory} user=postgres dbname=postgres"
        programs.run(BINARIES / "psql", "-q", "-X", conninfo, "-c", f"CREATE DATABASE m{size}")
        files = {}
        for side in ("offers", "needs"):
            files[side] = self.directory / side
            with open(files[side], "wb") as copy:
                programs.run(programs.PROGRAMS / "bench", "copy", side, size, stdout=copy)
            files[side].chmod(0o644)
        self._script(size, "schema.sql", "-v", f"offers={files['offers']}", "-v", f"needs={files['needs']}")
        self._script(size, "publish.sql")
        for file in files.values():
            file.unlink()

    def checkpoint(self, size: int) -> None:
        programs.run(BINARIES / "psql", "-q", "-X", self.conninfo(size), "-c", "CHECKPOINT")
