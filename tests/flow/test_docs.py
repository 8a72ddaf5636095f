"""What the pages say is what the programs say."""

import subprocess

import pytest
from daemon_process import BUILD, MATCHD, REPOSITORY

MANUALS = {
    "daemon/matchd.8": "--admitted-regions",
    "daemon/matchd-gateway.8": "--commands",
    "daemon/matchd.conf.5": "clock-jump-limit",
    "docs/matchctl.1": "participant register",
    "docs/ru/matchctl.1": "зарегистрировать участников",
    "docs/matchd-exchange.5": "demanded_by",
    "docs/matchd-protocol.7": "listing.publish",
    "docs/matchd-semantics.7": "opening number",
}


@pytest.mark.parametrize("flag", ["--print-options", "--print-events"])
def test_operations_has_the_tables_of_the_program(flag):
    table = subprocess.run([MATCHD, flag], capture_output=True, text=True, check=True).stdout
    assert table.count("\n") > 15
    assert table in (REPOSITORY / "docs/operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page, word", MANUALS.items())
def test_manual_pages_hold_what_their_sources_hold(page, word):
    text = (BUILD / page).read_text(encoding="utf-8").replace("\\-", "-").replace("\\.", ".").replace("\\_", "_")
    assert text.count(".SH") >= 4 and word in text
