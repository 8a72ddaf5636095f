"""A store that an older version wrote is opened by this one, and nothing of it is lost.

The databases in tests/golden were written by the version of their format: two of the exchanges here, four participants,
offers and needs in most states. What that version said of them stands beside each.
"""

import gzip
import json
import pathlib

import pytest
from daemon_process import running_daemon
from people import offer

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("format", [2])
def test_an_older_store_is_upgraded_when_it_is_opened(format):
    said = json.loads((GOLDEN / f"format-{format}.json").read_text())
    with running_daemon() as daemon:
        daemon.stop()
        (daemon.data / "data.mdb").write_bytes(gzip.decompress((GOLDEN / f"format-{format}.mdb.gz").read_bytes()))
        for start in range(2):
            daemon.start()
            with daemon.client() as client:
                status = client.ask("status")
                assert status["epoch"].hex() == said["epoch"]
                for key in ("head", "digest", "told", "listings", "open", "participants"):
                    assert status[key] == said[key], key
                for listing, matches in said["matches"].items():
                    found = client.ask("listing.matches", listing=listing)["matches"]
                    assert [[m["listing"], m["score"], m["told"]] for m in found] == matches
                assert len(client.ask("facts.read", **{"from": 1})["facts"]) == said["facts"]
                if start == 1:
                    assert client.ask("listing.publish", **offer("bolt/new"))["number"] > said["head"]
            daemon.stop()
        assert daemon.log_path.read_text().count("store_upgraded") == 1
