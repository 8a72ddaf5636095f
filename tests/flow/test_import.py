"""An analyst brings tables that nobody made for matchd: registries, exports, spreadsheets.

Without this a bad row could vanish, a killed import could do its work twice or lose some, and what was exported could not
be published again.
"""

import gzip
import json
import os
import pathlib
import pty
import re
import resource
import signal
import subprocess
import time

import pytest
from daemon_process import MATCHCTL, REPOSITORY, SHIPPED, running_daemon, wait_for
from people import company, inn, need, offer, register

DONE, REFUSED, USAGE, UNREACHABLE, FILE, INTERNAL = range(6)
MAPS = REPOSITORY / "examples" / "maps"

SUPPLIERS = """\
map: Suppliers of parts
file: {delimiter: ";", encoding: windows-1251, empty: ["-"]}
tables:
  material: {Сталь: steel, латунь: brass}
skip:
  - when: {column: Статус, equals: закрыт}
    reason: closed
participants:
  id: {id: "inn-{ИНН}"}
  status: member
  name: {copy: Название}
  kind: legal_entity
  inn: {copy: ИНН}
  region: "77"
listings:
  key: catalogue
  exchange: parts
  side: offer
  title: {template: "Детали: {Название}"}
  fields:
    process: {split: Операции, by: ","}
    material: {split: Материал, by: ",", table: material}
    unit_price: {number: Цена, decimal: ",", drop: руб., above: 1}
    quantity: {number: Тираж}
    place: {geo: Координаты, order: lon_lat, wrong: leave_out}
"""


def supplier(serial, name="Завод", operations="milling", material="сталь", price="от 1 250,50 руб.", lot="1 - 500",
             place="37.6, 55.7", status="", number=None):  # fmt: skip
    return [number or inn(serial), name, operations, material, price, lot, place, status]


def table(*rows):
    head = ["ИНН", "Название", "Операции", "Материал", "Цена", "Тираж", "Координаты", "Статус"]
    cells = [";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [head, *rows]]
    return ("\r\n".join(cells) + "\r\n").encode("cp1251")


@pytest.fixture
def desk(home):
    """The analyst's directory, with the map in it."""
    (home / "map.yaml").write_text(SUPPLIERS, encoding="utf-8")
    return home


def run(daemon, *arguments, status=DONE):
    tool = daemon.matchctl("import", *arguments, timeout=50)
    assert tool.returncode == status, (tool.stdout, tool.stderr)
    return tool


def sums(tool):
    """The last line of --json, after its own arithmetic was checked."""
    result = json.loads(tool.stdout.splitlines()[-1])
    rows, books = result["rows"], [result["objects"], *result["by"].values()]
    assert rows["read"] == rows["mapped"] + sum(rows["skipped"].values()) + sum(rows["wrong"].values())
    for book in books:
        assert book["sent"] == book["stored"] + book["unchanged"] + sum(book["refused"].values())
    assert result["objects"]["sent"] == sum(book["sent"] for book in result["by"].values())
    return result


def errors(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- the ordinary day ---


def test_an_analyst_imports_a_table_and_finds_what_was_wrong_with_it(daemon, desk):
    (desk / "t.csv").write_bytes(table(
        supplier(1, name='Завод "Молот"\r\nи партнёры'),
        supplier(2, material="сталь,титан"),
        supplier(3, status="закрыт"),
        supplier(4, number="1234567890"),
        supplier(5, price="договорная"),
        supplier(6, place="где-то", price="1", material="-"),
    ))  # fmt: skip
    tool = run(daemon, "--map", desk / "map.yaml", "--errors", desk / "e", "--json", desk / "t.csv", status=FILE)
    result = sums(tool)
    assert result["rows"] == {"read": 6, "mapped": 3, "skipped": {"closed": 1}, "wrong": {"not_in_table": 1, "no_number": 1}}
    assert result["by"]["participants"]["refused"] == {"inn_invalid": 1}
    assert result["by"]["parts"]["refused"] == {"unknown_participant": 1}
    assert result["by"]["parts"]["stored"] == 2
    assert result["left_out"] == {"place: no_place": 1}

    told = {(e["line"], e["row"], e["column"], e["code"]) for e in errors(desk / "e")}
    assert (4, 2, "Материал", "not_in_table") in told
    assert (7, 5, "Цена", "no_number") in told
    assert any(e["line"] == 6 and e["column"] == "ИНН" and e["object"] == "inn-1234567890" for e in errors(desk / "e"))

    stored = daemon.ask("listing.show", listing=f"inn-{inn(1)}/catalogue")["listing"]
    assert stored["title"] == 'Детали: Завод "Молот" и партнёры'
    assert stored["fields"] == {
        "process": "milling",
        "material": "steel",
        "unit_price": {"from": "1250.5"},
        "quantity": {"from": 1, "to": 500},
        "place": {"lat": "55.7", "lon": "37.6"},
    }
    spare = daemon.ask("listing.show", listing=f"inn-{inn(6)}/catalogue")["listing"]
    assert set(spare["fields"]) == {"process", "quantity"}


def test_importing_again_is_unchanged_and_a_mended_row_is_a_revision(daemon, desk):
    (desk / "t.csv").write_bytes(table(supplier(1), supplier(2)))
    assert sums(run(daemon, "--map", desk / "map.yaml", "--json", desk / "t.csv"))["objects"]["stored"] == 4
    again = sums(run(daemon, "--map", desk / "map.yaml", "--json", desk / "t.csv"))
    assert (again["objects"]["stored"], again["objects"]["unchanged"]) == (0, 4)
    (desk / "t.csv").write_bytes(table(supplier(1), supplier(2, name="Фабрика", price="900 руб.")))
    mended = sums(run(daemon, "--map", desk / "map.yaml", "--json", desk / "t.csv"))
    assert (mended["objects"]["stored"], mended["objects"]["unchanged"]) == (2, 2)
    assert daemon.ask("participant.show", participant=f"inn-{inn(2)}")["participant"]["name"] == "Фабрика"


def test_a_status_that_the_operator_set_is_left_alone(daemon, desk):
    (desk / "t.csv").write_bytes(table(supplier(1)))
    run(daemon, "--map", desk / "map.yaml", desk / "t.csv")
    daemon.ask("participant.status", participant=f"inn-{inn(1)}", status="suspended")
    run(daemon, "--map", desk / "map.yaml", desk / "t.csv")
    assert daemon.ask("participant.show", participant=f"inn-{inn(1)}")["participant"]["status"] == "suspended"


def test_people_read_the_sums_and_the_first_errors(daemon, desk):
    (desk / "t.csv").write_bytes(table(supplier(1), *[supplier(2, price="x")] * 40))
    tool = run(daemon, "--map", desk / "map.yaml", desk / "t.csv", status=FILE)
    assert "rows read 41 = mapped 1 + skipped 0 + wrong 40\n" in tool.stdout
    assert "objects sent 2 = stored 2 + unchanged 0 + refused 0\n" in tool.stdout
    assert f'{desk}/t.csv:3: Цена: "x": "x" does not belong to a number [no_number]' in tool.stderr
    assert "10 more errors are not shown" in tool.stderr and len(tool.stderr.splitlines()) == 31


def test_a_dry_run_needs_no_daemon_and_prints_what_publish_reads(daemon, desk):
    (desk / "t.csv").write_bytes(table(supplier(1), supplier(2, operations="-")))
    nowhere = ["--endpoint", str(desk / "nowhere")]
    exchanges = pathlib.Path(__file__).parent / "exchanges"
    tool = subprocess.run(
        [MATCHCTL, *nowhere, "import", "--map", desk / "map.yaml", "--dry-run", "--validate", exchanges, desk / "t.csv"],
        text=True, capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    assert tool.returncode == REFUSED, tool.stderr
    assert "objects made 4 = good 3 + unchanged 0 + refused 1; nothing was sent" in tool.stderr
    assert "parts requires process [required_missing]" in tool.stderr
    made = [json.loads(line) for line in tool.stdout.splitlines()]
    assert [next(iter(one)) for one in made] == ["id", "listing", "id", "listing"]
    assert made[0].pop("status") == "member"
    register(daemon.client(), made[0])
    (desk / "made.jsonl").write_text(json.dumps(made[1]), encoding="utf-8")
    assert daemon.matchctl("publish", desk / "made.jsonl").returncode == DONE


def test_jsonl_and_packed_files_are_read_too(daemon, desk):
    (desk / "m.yaml").write_text(
        "map: Orders\nparticipants: {id: {id: '{who.id}'}, name: {copy: who.name}, kind: legal_entity, status: member}\n"
        "listings:\n  key: {id: 'o-{n}'}\n  exchange: parts\n  side: need\n  title: {copy: [title, who.name]}\n"
        "  fields: {process: {split: steps.name}, quantity: {number: n, unit: thousand}}\n",
        encoding="utf-8",
    )
    rows = [
        {"who": {"id": "acme", "name": "Acme"}, "n": 7, "steps": [{"name": "milling"}, {"name": "turning"}]},
        {"who": {"id": "acme", "name": "Acme"}, "n": 8, "title": "Bolts", "steps": [{"name": "milling"}]},
    ]
    (desk / "o.jsonl.gz").write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    run(daemon, "--map", desk / "m.yaml", desk / "o.jsonl.gz")
    stored = daemon.ask("listing.show", listing="acme/o-7")["listing"]
    assert (stored["title"], stored["fields"]) == ("Acme", {"process": ["milling", "turning"], "quantity": 7000})
    assert daemon.ask("listing.show", listing="acme/o-8")["listing"]["title"] == "Bolts"


def test_the_worked_example_of_the_documentation_works(home):
    """Taken from the page literally."""
    page = (REPOSITORY / "docs" / "import.md").read_text(encoding="utf-8")
    rows, rules, said = re.findall(r"^```(?:yaml)?\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1:4]
    (home / "suppliers.csv").write_bytes(rows.encode("cp1251"))
    (home / "suppliers.yaml").write_text(rules, encoding="utf-8")
    with running_daemon(SHIPPED) as daemon:
        command = [MATCHCTL, "--endpoint", daemon.runtime, "import", "--map", "suppliers.yaml", "suppliers.csv"]
        tool = subprocess.run(command, cwd=home, text=True, capture_output=True, timeout=20, check=False)
        assert tool.returncode == FILE, tool.stderr
        for line in said.splitlines():
            assert line + "\n" in tool.stdout + tool.stderr, (tool.stdout, tool.stderr)


# --- what is refused before anything is sent ---


def test_a_map_that_names_what_the_file_lacks_sends_nothing(daemon, desk):
    (desk / "good.csv").write_bytes(table(supplier(1)))
    (desk / "bad.csv").write_bytes(table(supplier(2)).replace("Цена".encode("cp1251"), "Цены".encode("cp1251")))
    tool = run(daemon, "--map", desk / "map.yaml", desk / "good.csv", desk / "bad.csv", status=FILE)
    assert f'{desk}/bad.csv: there is no column "Цена", which line 23 of the map names' in tool.stderr
    assert daemon.ask("status")["participants"] == 0
    (desk / "rows.jsonl").write_text('{"inn": "1"}\n')
    tool = run(daemon, "--map", MAPS / "sme-registry.yaml", "--check", desk / "rows.jsonl", status=FILE)
    assert 'there is no column "category"' in tool.stderr and "optional" in tool.stderr


def test_every_mistake_of_a_map_is_told_at_once(daemon, desk):
    (desk / "m.yaml").write_text("map: x\nlistings:\n  key: {copy: a, id: b}\n  colour: red\n  side: need\n")
    tool = run(daemon, "--map", desk / "m.yaml", "--check", status=FILE)
    assert "m.yaml:3: listings.key: copy and id at once" in tool.stderr
    assert "m.yaml:4: listings.colour: unknown key" in tool.stderr
    assert "listings.exchange: the key is missing" in tool.stderr
    run(daemon, desk / "m.yaml", status=USAGE)


def test_all_shipped_maps_are_good(daemon):
    for path in sorted(MAPS.glob("*.yaml")):
        assert run(daemon, "--map", path, "--check").stdout == f"{path}: a good map\n"


# --- hostile files ---


def test_hostile_files_are_refused_with_their_lines_in_bounded_memory(daemon, desk):
    (desk / "m.yaml").write_text(
        "map: x\nlistings: {participant: acme, key: {id: '{a}'}, exchange: parts, side: offer, title: {copy: b},\n"
        "  fields: {process: milling}}\n"
    )
    register(daemon.client(), "acme")
    good = b"a,b\n1,x\n"
    files = {
        "quote.csv": (good + b'2,"open\n3,y\n', "3: a quote that begins in this row does not end [open_quote]"),
        "long.csv": (good + b"2," + b"y" * (100 << 20) + b"\n", "3: the row that begins here is longer than 1 MiB"),
        "nul.csv": (good + b"2,\0\n", "3: the row holds a NUL byte [nul_byte]"),
        "utf8.csv": (good + b"2,\xff\n", "3: the row is not in the file's encoding [bad_encoding]"),
        "columns.csv": (good + b"2\n", "3: the row has 1 cells where the header has 2 [wrong_columns]"),
        "bomb.csv.gz": (gzip.compress(good + b"\n" * (100 << 20)), "unpacks to more than 200 times its size"),
        "cut.csv.gz": (gzip.compress(good + os.urandom(9999))[:5000], "unexpected end of file"),
        "long.jsonl": (b'{"a":1,"b":"x"}\n{"a":"' + b"y" * (100 << 20) + b'"}\n', "2: the line is longer than 1 MiB [too_long]"),
        "deep.jsonl": (b'{"a":1,"b":"x"}\n{"a":' + b"[" * 500000 + b"\n", "2: "),
    }
    for name, (content, complaint) in files.items():
        (desk / name).write_bytes(content)
        started = time.monotonic()
        command = [MATCHCTL, "--endpoint", daemon.runtime, "import", "--map", desk / "m.yaml", desk / name]
        tool = subprocess.run(command, capture_output=True, timeout=30, check=False, preexec_fn=little_memory)
        said = tool.stderr.decode(errors="replace")
        assert tool.returncode == FILE and complaint in said, (name, said)
        assert "objects sent 1 = stored" in tool.stdout.decode(), name
        assert time.monotonic() - started < 20, name
        (desk / name).unlink()


def little_memory():
    """Less than any of the files, unpacked."""
    resource.setrlimit(resource.RLIMIT_DATA, (90 << 20, 90 << 20))


# --- long imports ---


LONG = """\
map: Long
listings:
  participant: acme
  key: {id: "{n}"}
  exchange: parts
  side: offer
  title: {template: "Part {n}"}
  fields: {process: {copy: process}, quantity: {number: lot}}
"""
ROWS = 4000


@pytest.fixture
def long_table(desk, daemon):
    (desk / "long.yaml").write_text(LONG)
    lines = [f"{n},milling,{n if n % 100 else 'many'}\n" for n in range(1, ROWS + 1)]
    (desk / "long.csv").write_text("n,process,lot\n" + "".join(lines))
    register(daemon.client(), "acme")
    return desk


def start(daemon, desk, *more):
    return subprocess.Popen(
        [MATCHCTL, "--endpoint", daemon.runtime, "import", "--map", desk / "long.yaml", "--resume", desk / "state",
         "--errors", desk / "errors", "--window", "4", "--json", *more, desk / "long.csv"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def row_of(desk):
    """How far the state says that it has come."""
    try:
        return json.loads((desk / "state").read_text())["row"]
    except FileNotFoundError:
        return 0


def check_whole(daemon, desk, tool):
    out, err = tool.communicate(timeout=50)
    assert tool.returncode == FILE, err
    result = sums(subprocess.CompletedProcess([], 0, out, err))
    assert result["complete"] and result["rows"]["read"] == ROWS
    assert result["rows"]["wrong"] == {"no_number": ROWS // 100}
    assert [e["row"] for e in errors(desk / "errors")] == list(range(100, ROWS + 1, 100))
    assert daemon.ask("status")["listings"] == 1 + ROWS - ROWS // 100  # with its standing need
    return result, err


def test_a_killed_import_goes_on_where_it_was(daemon, long_table):
    tool = start(daemon, long_table)
    wait_for(lambda: row_of(long_table) > 100, timeout=40, what="the first rows")
    tool.kill()
    tool.communicate()
    known = daemon.ask("status")["head"]
    reached = row_of(long_table)
    assert 100 < reached < ROWS, "the table is too short for this machine"
    result, err = check_whole(daemon, long_table, start(daemon, long_table))
    assert f"goes on behind row {reached} of" in err
    # Each listing made its facts once; at most what was answered after the state was written is sent twice.
    assert result["objects"]["unchanged"] <= known
    assert result["objects"]["stored"] + result["objects"]["unchanged"] == ROWS - ROWS // 100

    done, err = check_whole(daemon, long_table, start(daemon, long_table))
    assert "all of it was imported already" in err and done == {**result, "seconds": done["seconds"]}


def test_an_interrupted_import_loses_and_repeats_nothing(daemon, long_table):
    tool = start(daemon, long_table)
    wait_for(lambda: row_of(long_table) > 0, timeout=40, what="the first rows")
    tool.send_signal(signal.SIGINT)
    out, err = tool.communicate(timeout=20)
    assert tool.returncode == -signal.SIGINT
    assert not sums(subprocess.CompletedProcess([], 0, out, err))["complete"]
    assert "the same command goes on from there" in err
    result, _ = check_whole(daemon, long_table, start(daemon, long_table))
    assert result["objects"]["unchanged"] == 0 and result["objects"]["stored"] == ROWS - ROWS // 100


def test_an_import_whose_daemon_goes_away_says_so_and_goes_on_later(daemon, long_table):
    tool = start(daemon, long_table, "--timeout", "1")
    wait_for(lambda: row_of(long_table) > 0, timeout=40, what="the first rows")
    daemon.kill()
    _, err = tool.communicate(timeout=20)
    assert tool.returncode == UNREACHABLE and "the same command goes on from there" in err
    daemon.start()
    check_whole(daemon, long_table, start(daemon, long_table))


def test_a_state_of_something_else_is_refused(daemon, desk):
    (desk / "t.csv").write_bytes(table(supplier(1)))
    arguments = ["--map", desk / "map.yaml", "--resume", desk / "state"]
    run(daemon, *arguments, desk / "t.csv")
    (desk / "t.csv").write_bytes(table(supplier(2)))
    tool = run(daemon, *arguments, desk / "t.csv", status=FILE)
    assert "is the state of an import of other files" in tool.stderr
    (desk / "map.yaml").write_text(SUPPLIERS + "# changed\n", encoding="utf-8")
    tool = run(daemon, *arguments, desk / "t.csv", status=FILE)
    assert "is the state of an import with another map" in tool.stderr
    (desk / "state").write_text("{}")
    assert "is not the state of an import" in run(daemon, *arguments, desk / "t.csv", status=FILE).stderr


def test_progress_is_shown_on_a_terminal_and_not_on_a_pipe(daemon, long_table):
    tool = start(daemon, long_table)
    assert "%" not in tool.communicate(timeout=50)[1]
    ours, theirs = pty.openpty()
    command = [MATCHCTL, "--endpoint", daemon.runtime, "import", "--map", long_table / "long.yaml", "--window", "2",
               "--errors", long_table / "e", long_table / "long.csv"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as tool:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # the terminal's other end is closed
            pass
        os.close(ours)
        tool.wait(20)
    line = re.search(r"\[#*\.+\] +\d+ %  \d+ rows, \d+/s, \d+:\d\d left", shown.decode())
    assert line, shown


# --- export ---


def export(daemon, *arguments):
    tool = daemon.matchctl("export", *arguments)
    assert tool.returncode == DONE, tool.stderr
    return tool


def test_what_is_exported_can_be_published_elsewhere_and_is_unchanged_here(daemon, desk):
    with daemon.client() as client:
        register(client, company("acme", okved=["62.01"], contacts={"mail": "a@example.org"}), "bolt")
        register(client, "gone")
        client.ask("participant.status", participant="gone", status="excluded")
        client.ask("listing.publish", **need("acme/order", unit_price="899.50", quantity=100, text="Two\nlines",
                                             language="en", variants=[{"quantity": 5}, {"unit_price": None}]))  # fmt: skip
        client.ask("listing.publish", **offer("bolt/mill", place={"lat": "55.7", "lon": "37.6", "radius_km": 5},
                                              ready={"from": "2026-05-01"}, accuracy="fine", envelope=[3, 2, 1]))  # fmt: skip
        client.ask("listing.publish", **offer("bolt/draft", draft=True))
        client.ask("listing.publish", **offer("bolt/old"))
        client.ask("listing.withdraw", listing="bolt/old")
        client.ask("listing.publish", **offer("bolt/hidden", budget=7, contact_hours="ten"))
        client.ask("listing.publish", **offer("bolt/paused"))
        client.ask("listing.pause", listing="bolt/paused")

    people, listings = desk / "people.jsonl", desk / "listings.jsonl"
    tool = export(daemon, "--participants")
    people.write_text(tool.stdout)
    assert "contacts and blocks of participants are not exported" in tool.stderr
    assert "1 suspended or excluded participants" in tool.stderr
    tool = export(daemon)
    listings.write_text(tool.stdout)
    assert "exported 5\n" in tool.stderr
    assert "LEFT OUT: 2 hidden values of 1 listings" in tool.stderr and "1  parts: budget\n" in tool.stderr
    assert "1 withdrawn or expired listings" in tool.stderr and "1 paused listings" in tool.stderr
    assert [json.loads(line)["listing"] for line in export(daemon, "--participant", "bolt", "--side", "offer",
            "--exchange", "parts", "--state", "withdrawn").stdout.splitlines()] == ["bolt/old"]  # fmt: skip

    public = desk / "public.jsonl"
    public.write_text("".join(line + "\n" for line in listings.read_text().splitlines() if "bolt/hidden" not in line))
    assert daemon.matchctl("publish", public).stdout == "stored 0, unchanged 4, refused 0\n"

    with running_daemon() as fresh:
        assert fresh.matchctl("participant", "register", people).stdout == "stored 3, unchanged 0, refused 0\n"
        assert fresh.matchctl("publish", listings).stdout == "stored 5, unchanged 0, refused 0\n"
        assert export(fresh).stdout == listings.read_text()
        assert fresh.ask("listing.show", listing="bolt/draft")["listing"]["state"] == "draft"


def test_standing_needs_are_not_exported(home):
    with running_daemon(SHIPPED) as daemon:
        register(daemon.client(), "acme")
        tool = export(daemon)
        assert tool.stdout == "" and "left out: 1 standing needs" in tool.stderr
        assert daemon.matchctl("export", "--participants", "--side", "need").returncode == USAGE
