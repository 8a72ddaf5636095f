"""From a template to a published listing, checked before it is sent, and edited afterwards.

Without this a newcomer needs the manual to publish anything, and a typing error costs a published mistake.
"""

import json
import os
import pathlib
import re
import stat
import subprocess

import pytest
import yaml
from daemon_process import MATCHCTL, SHIPPED, running_daemon
from people import company, need, offer, register
from protocol_client import Refused
from test_matchctl import DONE, FILE, REFUSED, USAGE, ctl, lines, objects


@pytest.fixture
def market(daemon):
    with daemon.client() as client:
        register(client, "acme", "bolt")
        client.ask("participant.register", participant=company("newcomer"))
        client.ask("listing.publish", **need("acme/order", unit_price="899.50", quantity=100, budget=50000,
                                             text="One.\n\n  Two: #3\n", envelope=[300, 20], place={"lat": "55.7", "lon": "37.6"}))  # fmt: skip
    return daemon


# --- dry runs ---


def kept(client):
    status = client.ask("status")
    return {key: status[key] for key in ("digest", "head", "stamp", "participants", "listings", "queue", "told")}


def test_a_dry_run_answers_as_the_real_one_and_changes_nothing(market):
    with market.client() as client:
        real = [
            ("listing.publish", need("acme/new", quantity=5)),
            ("listing.publish", need("acme/order", quantity=7)),
            ("listing.publish", offer("newcomer/first", draft=True)),
            ("listing.revise", {"listing": "acme/order", "title": "Else"}),
            ("participant.register", {"participant": company("fresh"), "status": "member"}),
        ]
        for cmd, arguments in real:
            before = kept(client)
            dry = client.ask(cmd, dry_run=True, **arguments)
            assert kept(client) == before, "not even time goes on"
            answer = client.ask(cmd, dry_run=False, **arguments)
            for key in ("result", "revision", "state", "status", "listing", "note"):
                assert dry.get(key) == answer.get(key), (cmd, key)
        again = client.ask("listing.publish", dry_run=True, **need("acme/new", quantity=5))
        assert (again["result"], again["revision"], again["state"]) == ("unchanged", 1, "open")


def test_a_dry_run_refuses_what_would_be_refused_and_changes_nothing(market):
    with market.client() as client:
        for cmd, arguments in (
            ("listing.publish", need("acme/new", quantity="few")),
            ("listing.publish", need("nobody/new")),
            ("listing.publish", {**need("acme/new"), "exchange": "flea-market"}),
            ("listing.publish", {**need("acme/new"), "fields": {}}),
            ("listing.revise", {"listing": "acme/order", "expect_revision": 9}),
            ("listing.revise", {"listing": "acme/none"}),
            ("participant.register", {"participant": {**company("acme"), "name": "Other"}}),
        ):
            before, errors = kept(client), []
            with pytest.raises(Refused) as dry:
                client.ask(cmd, dry_run=True, **arguments)
            assert kept(client) == before
            with pytest.raises(Refused) as real:
                client.ask(cmd, **arguments)
            errors = [str(dry.value), str(real.value)]
            assert errors[0] == errors[1]


def test_validate_checks_files_as_publish_would(market):
    path = market.home / "mixed.jsonl"
    path.write_text(lines(company("fresh"), offer("bolt/mill"), offer("bolt/bad", quantity="few"), need("acme/order")))
    before = market.ask("status")["digest"]
    tool = market.matchctl("validate", path)
    assert tool.returncode == REFUSED
    assert tool.stdout == "good 3, refused 1; nothing was stored\n"
    assert tool.stderr.startswith(f"{path}:3: fields.quantity:")
    assert market.ask("status")["digest"] == before
    path.write_text(lines(offer("bolt/mill")))
    assert ctl(market, "validate", "--format", "jsonl", path) == "good 1, refused 0; nothing was stored\n"
    assert objects(market.matchctl("validate", "-j", path).stdout)[0]["state"] == "open"
    path.write_text("{oops\n")
    assert market.matchctl("validate", path).returncode == FILE


# --- templates ---


def filled(text):
    """The template with every optional line taken in, but for its times."""
    text = re.sub(r"^( *)# (?=[a-z_]+: )(?!valid_)(?!.*: comes from)(?=[^ ]+: [\[{\w])", r"\1", text, flags=re.MULTILINE)
    return text.replace("fields: {}", "fields:")


def unwrapped(text):
    return re.sub(r"\n *# ", " ", text)


def sides(daemon):
    for exchange in [entry["name"] for entry in objects(ctl(daemon, "exchange", "list", "-j"))]:
        definition = objects(ctl(daemon, "exchange", "show", exchange, "-j"))[0]
        for side in ("need", "offer"):
            if "from" not in definition[side]:
                yield exchange, side, definition


@pytest.mark.parametrize("exchanges", [SHIPPED, None])
def test_a_template_publishes_as_it_is_and_with_everything_in_it(exchanges):
    codes = {"okved2": "25.62", "okpd2": "25.62", "activity": "62.01", "ipc": "B23B", "grnti": "55"}
    codes |= {"sectors": "it", "countries": "ru"}
    with running_daemon(*([exchanges] if exchanges else [])) as daemon, daemon.client() as client:
        register(client, "acme")
        tried = 0
        for exchange, side, definition in sides(daemon):
            text = ctl(daemon, "template", exchange, side)
            for name, field in definition["fields"].items():
                title = field[side].get("title") or field.get("title")
                assert name in text and ("from" in field[side] or title["en"] in unwrapped(text))
                if field["type"] == "code" and "from" not in field[side]:
                    assert f"codes of the tree {field['tree']}" in unwrapped(text)
                    text = text.replace(f"{name}: [CODE]", f'{name}: ["{codes[field["tree"]]}"]')
            text = text.replace("PARTICIPANT/KEY", f"acme/{exchange}.{side}")
            for content in (text, filled(text)):
                path = daemon.home / "t.yaml"
                path.write_text(content)
                tool = daemon.matchctl("validate", path)
                assert tool.returncode == DONE, (exchange, side, tool.stderr, content)
                assert f"acme/{exchange}.{side}: changed" in ctl(daemon, "publish", path)
            stated = yaml.safe_load(filled(text))["fields"]
            given = [name for name, field in definition["fields"].items() if "from" in field[side]]
            assert set(stated) == set(definition["fields"]) - set(given)
            tried += 1
        assert tried >= 3


def test_a_template_speaks_the_readers_language_and_refuses_what_there_is_not(market):
    out = unwrapped(ctl(market, "template", "parts", "need", "--lang", "ru"))
    assert "Количество: число или {from: …, to: …}, единица: piece" in out
    assert "Операции (обязательно): любые слова\n  process: [word]\n" in out
    assert "steel (Сталь)" in out and "участвует в подборе и никому не показывается" in out
    out = ctl(market, "template", "parts", "offer")
    assert "# region: comes from participant.region" in out and "(30 days if not stated, 60 days at most)" in out
    assert out.index("process:") < out.index("# material:"), "what is required comes first"
    assert "need or offer" in ctl(market, "template", "parts", "both", status=USAGE)
    assert "stands by itself" in ctl(market, "template", "measures", "need", status=REFUSED)
    assert "matchctl exchange list" in ctl(market, "template", "flea-market", "need", status=REFUSED)


# --- edit ---


def edit(daemon, listing, script, status=DONE, **environment):
    """Edits with a shell script as the editor, which finds the file in $1."""
    editor = daemon.home / "editor"
    editor.write_text(f"#!/bin/sh\nset -e\n{script}\n")
    editor.chmod(0o755)
    tool = subprocess.run(
        [MATCHCTL, "-e", daemon.runtime, "edit", listing], capture_output=True, text=True, check=False, timeout=30,
        env={**os.environ, "EDITOR": str(editor), "TMPDIR": str(daemon.home), **environment},
    )  # fmt: skip
    assert tool.returncode == status, (tool.stdout, tool.stderr)
    return tool.stdout + tool.stderr


def show(daemon, listing):
    return daemon.ask("listing.show", listing=listing)["listing"]


def test_edit_shows_the_listing_and_changes_only_what_was_changed(market):
    before, seen = show(market, "acme/order"), market.home / "seen"
    out = edit(market, "acme/order", f'cp "$1" {seen}; stat -c %a "$1" >{seen}.mode; sed -i "s/quantity: 100/quantity: 7/" "$1"')
    assert out == "acme/order: revised, revision 2\n"
    text = seen.read_text()
    assert "# acme/order, parts, need, open" in text and "  # Quantity\n  quantity: 100\n" in text
    assert "50000" not in text and "budget: hidden" in text
    assert (market.home / "seen.mode").read_text() == "600\n"
    after = show(market, "acme/order")
    assert after["fields"] == {**before["fields"], "quantity": 7}
    assert {key: after[key] for key in ("title", "text", "valid_until", "language")} == {
        key: before[key] for key in ("title", "text", "valid_until", "language")
    }
    stored = yaml.safe_load(text)
    assert stored["text"] == "One.\n\n  Two: #3\n" and stored["fields"]["unit_price"] == {"to": 899.5}
    assert not list(market.home.glob("matchctl-*")), "the file is gone"


def test_what_is_hidden_stays_in_force(market):
    market.ask("listing.publish", **offer("bolt/dear", budget=60000, quantity=100))
    assert not market.ask("match.explain", need="acme/order", offer="bolt/dear")["meets"]
    edit(market, "acme/order", 'sed -i "s/^title: .*/title: New/" "$1"')
    assert not market.ask("match.explain", need="acme/order", offer="bolt/dear")["meets"]
    edit(market, "acme/order", 'echo "  budget: 70000" >>"$1.x"; sed -i "/^fields:/r $1.x" "$1"')
    assert market.ask("match.explain", need="acme/order", offer="bolt/dear")["meets"], "unless it is stated anew"


def test_what_is_taken_away_is_removed_and_what_is_added_is_stored(market):
    edit(market, "acme/order", 'sed -i "/unit_price/d; /^text:/,/Two/d; s/^fields:/&\\n  material: [steel]/" "$1"')
    shown = show(market, "acme/order")
    assert "unit_price" not in shown["fields"] and shown["fields"]["material"] == "steel" and shown["text"] is None
    edit(market, "acme/order", 'printf "variants:\\n  - {quantity: 1}\\n  - {quantity: 2}\\n" >>"$1"')
    assert show(market, "acme/order")["variants"] == [{"quantity": 1}, {"quantity": 2}]
    edit(market, "acme/order", 'sed -i "s/{quantity: 2}/{quantity: 3}/" "$1"')
    assert show(market, "acme/order")["variants"] == [{"quantity": 1}, {"quantity": 3}]
    edit(market, "acme/order", 'sed -i "s/^valid_until: .*/valid_until: 2020-01-01/" "$1"', status=REFUSED)


def test_leaving_the_text_as_it_is_changes_nothing(market):
    assert "nothing was changed" in edit(market, "acme/order", "true")
    assert show(market, "acme/order")["revision"] == 1
    assert "set $VISUAL or $EDITOR" in edit(market, "acme/order", "exit 3", status=FILE)
    assert "nothing was changed" in edit(market, "acme/order", "exit 3", VISUAL="true"), "$VISUAL comes first"
    assert show(market, "acme/order")["revision"] == 1


def test_a_refusal_comes_back_into_the_editor(market):
    count, seen = market.home / "count", market.home / "seen"
    script = f"""
        echo x >>{count}
        case $(wc -l <{count}) in
        1) sed -i "s/quantity: 100/quantity: few/" "$1" ;;
        2) cp "$1" {seen}.1; sed -i "s/quantity: few/quantity: [/" "$1" ;;
        3) cp "$1" {seen}.2; sed -i "s/quantity: \\[/quantity: 8/" "$1" ;;
        esac"""
    out = edit(market, "acme/order", script)
    assert "revision 2" in out and "[bad_type]" in out or "[bad_value]" in out
    assert pathlib.Path(f"{seen}.1").read_text().startswith("# fields.quantity: ")
    second = pathlib.Path(f"{seen}.2").read_text()
    assert re.match(r"# line \d+: ", second) and "fields.quantity: " not in second
    assert show(market, "acme/order")["fields"]["quantity"] == 8


def test_giving_up_keeps_the_text(market):
    count = market.home / "count"
    script = f'echo x >>{count}; [ $(wc -l <{count}) -gt 1 ] || sed -i "s/quantity: 100/quantity: few/" "$1"'
    out = edit(market, "acme/order", script, status=REFUSED)
    path = pathlib.Path(re.search(r"your text is kept in (\S+)", out).group(1))
    assert "quantity: few" in path.read_text() and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert show(market, "acme/order")["revision"] == 1


def test_somebody_elses_change_meanwhile_is_not_overwritten(market):
    script = f'sed -i "s/quantity: 100/quantity: 9/" "$1"; {MATCHCTL} -e {market.runtime} pause acme/order >/dev/null'
    out = edit(market, "acme/order", script, status=REFUSED)
    assert "[stale_revision]" in out and "kept in" in out
    assert show(market, "acme/order")["fields"]["quantity"] == 100
    assert "[unknown_listing]" in edit(market, "acme/none", "true", status=REFUSED)
