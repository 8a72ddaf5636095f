"""Facts of long ago rot on the disk, where no start looks: they are given to nobody, by name, and all else goes on.

Without this one bad sector under last year's facts would stop today's service, or be handed out as history.
"""

import pytest
from daemon_process import running_daemon
from people import offer, register
from protocol_client import Refused

FACTS = 17_000  # more than a start walks
ROTTEN = "a title that rots"


@pytest.mark.slow
def test_damaged_facts_are_named_and_everything_else_goes_on():
    with running_daemon() as daemon:
        with daemon.client() as client:
            register(client, "bolt")
            client.ask("subscription.create", client="me", name="old", **{"from": 1})
            rotten = client.ask("listing.publish", **offer("bolt/old", title=ROTTEN))["number"]
            client.ask("listing.publish", **offer("bolt/old", title="another title"))
            waiting = 0
            for i in range(FACTS):
                client.send("listing.pause" if i % 2 == 0 else "listing.resume", listing="bolt/old")
                waiting += 1
                if waiting == 500:
                    client.wait()
                    waiting -= 1
            while waiting:
                client.wait()
                waiting -= 1
            client.ask("subscription.create", client="me", name="new")
        daemon.stop()
        path = daemon.data / "data.mdb"
        path.write_bytes(path.read_bytes().replace(ROTTEN.encode(), ROTTEN.replace("rots", "lies").encode()))
        daemon.start()
        with daemon.client() as client:
            with pytest.raises(Refused) as refused:
                client.ask("facts.read", **{"from": rotten})
            assert refused.value.code == "journal_unreadable"
            assert f"fact {rotten} is damaged" in refused.value.message
            before = client.ask("facts.read", **{"from": 1})
            assert before["facts"] and before["next"] == rotten
            old = {"client": "me", "name": "old", "consumer": 1}
            given = client.ask("subscription.fetch", **old)["facts"]
            assert [row["number"] for row in given] == [row["number"] for row in before["facts"]]
            with pytest.raises(Refused) as consumed:
                client.ask("subscription.fetch", **old, ack=given[-1]["number"])
            assert consumed.value.code == "journal_unreadable"
            behind = client.ask("subscription.fetch", **old, ack=rotten)["facts"]  # whoever wants to may go on
            assert behind[0]["number"] > rotten
            assert len(client.ask("facts.read", **{"from": rotten + 1})["facts"]) > 100
            assert client.ask("listing.publish", **offer("bolt/new"))["result"] == "changed"
            assert client.ask("subscription.fetch", client="me", name="new", consumer=1)["facts"]
        assert "journal_unreadable" in daemon.log_path.read_text()
