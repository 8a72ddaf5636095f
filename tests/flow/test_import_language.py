"""The analyst reads Russian: what is wrong with his map and his table is told in Russian, and his scripts notice nothing.

Without this half of what import says could stay English, or a script that reads --json and --errors could depend on the
locale of whoever runs it.
"""

import json
import pathlib
import re

import pytest
from daemon_process import REPOSITORY
from people import need, offer, register
from test_import import DONE, FILE, LONG, REFUSED, SUPPLIERS, USAGE, supplier, table
from test_matchctl_language import CYRILLIC

EXCHANGES = pathlib.Path(__file__).parent / "exchanges"

BAD_MAP = """\
map: x
file: {encoding: klingon, delimiter: ";;"}
colour: red
listings:
  key: {copy: a, id: b}
  side: need
  title: {template: "no column"}
  fields:
    quantity: {number: n, decimal: "!", round: many}
"""


@pytest.fixture
def desk(home):
    (home / "map.yaml").write_text(SUPPLIERS, encoding="utf-8")
    (home / "t.csv").write_bytes(table(
        supplier(1),
        supplier(2, material="сталь,титан"),
        supplier(3, status="закрыт"),
        supplier(4, number="1234567890"),
        supplier(5, price="договорная"),
        supplier(6, place="где-то", price="1", material="-"),
        supplier(7, name="-"),
    ))  # fmt: skip
    return home


def run(daemon, language, *arguments, command="import", status=DONE):
    tool = daemon.matchctl("--lang", language, command, *arguments, timeout=50)
    assert tool.returncode == status, (tool.stdout, tool.stderr)
    return tool


def test_mistakes_of_a_map_are_told_in_russian(daemon, home):
    (home / "m.yaml").write_text(BAD_MAP)
    said = run(daemon, "ru", "--map", home / "m.yaml", "--check", status=FILE).stderr
    for told in (
        "m.yaml:2: file.delimiter: нужен один символ ASCII, не кавычка",
        "m.yaml:2: file.encoding: неизвестная кодировка; известные перечислит `iconv -l`",
        "m.yaml:3: colour: такого ключа нет; возможны: map, about, file",
        "m.yaml:4: listings.exchange: нет обязательного ключа",
        "m.yaml:5: listings.key: copy и id сразу; один ключ заполняет одно преобразование",
        "m.yaml:7: listings.title.template: здесь нет ни одного {столбца}",
        'm.yaml:9: listings.fields.quantity.decimal: нужно "." или ","',
        "m.yaml:9: listings.fields.quantity.round: «many» здесь быть не может; нужно целое число от 0 до ",
    ):
        assert told in said, said
    assert all(CYRILLIC.search(line) for line in said.splitlines()), said
    good = run(daemon, "ru", "--map", REPOSITORY / "examples" / "maps" / sorted(maps())[0], "--check").stdout
    assert good.endswith(": правильная карта\n")


def maps():
    return [path.name for path in (REPOSITORY / "examples" / "maps").glob("*.yaml")]


def test_columns_that_the_table_lacks_are_named_in_russian(daemon, desk):
    (desk / "bad.csv").write_bytes(table(supplier(2)).replace("Цена".encode("cp1251"), "Цены".encode("cp1251")))
    said = run(daemon, "ru", "--map", desk / "map.yaml", desk / "bad.csv", status=FILE).stderr
    assert said == f"matchctl: {desk}/bad.csv: нет столбца «Цена», который назван в строке 23 карты\n"
    assert "--map говорит, как из строк получаются объекты" in run(daemon, "ru", desk / "t.csv", status=USAGE).stderr


def test_bad_rows_and_the_sums_are_told_in_russian(daemon, desk):
    tool = run(daemon, "ru", "--map", desk / "map.yaml", desk / "t.csv", status=FILE)
    for told in (
        "t.csv:3: Материал: «титан» нет в таблице [not_in_table]",
        "t.csv:6: Цена: «договорная»: «договорная» — не часть числа [no_number]",
        "t.csv:5: inn-1234567890: ИНН: в ИНН неверная длина или контрольные цифры (",
        "t.csv:8: Название: name нечем заполнить, а без него нельзя [empty]",
        "; ожидается: ",
    ):
        assert told in tool.stderr, tool.stderr
    assert all(CYRILLIC.search(line) for line in tool.stderr.splitlines()), tool.stderr
    assert tool.stdout == (
        "строк прочитано 7 = принято 3 + пропущено 1 + с ошибками 3\n"
        "  пропущено           1  closed\n"
        "  с ошибками          1  not_in_table\n"
        "  с ошибками          1  no_number\n"
        "  с ошибками          1  empty\n"
        "поля, опущенные из-за ошибок или обрезанные\n"
        "                   1  place: no_place\n"
        "объектов отправлено 6 = сохранено 4 + без изменений 0 + отклонено 2\n"
        "  участники: отправлено 3, сохранено 2, без изменений 0, отклонено 1\n"
        "  отклонено          1  inn_invalid\n"
        "  parts: отправлено 3, сохранено 2, без изменений 0, отклонено 1\n"
        "  отклонено          1  unknown_participant\n"
    )


def test_files_that_cannot_be_read_and_imports_that_go_on_are_told_in_russian(daemon, desk):
    (desk / "long.yaml").write_text(LONG)
    register(daemon.client(), "acme")
    (desk / "long.csv").write_text('n,process,lot\n1,milling,1\n2,milling\n3,"milling,3\n')
    arguments = ["--map", desk / "long.yaml", "--resume", desk / "state", desk / "long.csv"]
    said = run(daemon, "ru", *arguments, status=FILE).stderr
    assert "long.csv:3: число ячеек в строке — 2, а названий столбцов — 3 [wrong_columns]" in said
    assert "long.csv:4: кавычка, открытая в этой строке, не закрыта [open_quote]" in said
    assert f"дальше {desk}/long.csv не читается" in said
    assert f"продолжаем после строки данных 2 файла {desk}/long.csv" in run(daemon, "ru", *arguments, status=FILE).stderr
    (desk / "long.csv").write_text("n,process,lot\n1,milling,1\n")
    assert "состояние загрузки других файлов; укажите другой" in run(daemon, "ru", *arguments, status=FILE).stderr


def test_what_programs_read_is_the_same_byte_for_byte_in_both_languages(daemon, desk):
    """Objects, errors and states; the sums are the same but for the time that they took."""
    (desk / "m.yaml").write_text(BAD_MAP)
    imports = (
        ([], FILE),
        (["--dry-run", "--validate", EXCHANGES], FILE),
        (["--json", "--errors", "ERRORS", "--resume", "STATE"], FILE),
        (["--errors", "ERRORS", "--dry-run", "--validate", EXCHANGES], FILE),
    )
    # Imported once, so that all later ones are answered alike.
    run(daemon, "en", "--map", desk / "map.yaml", desk / "t.csv", status=FILE)
    for options, status in imports:
        read = []
        for language in ("en", "ru"):
            here = {"ERRORS": desk / f"errors-{language}", "STATE": desk / f"state-{language}"}
            tool = run(daemon, language, *["--json", *(here.get(o, o) for o in options)], "--map", desk / "map.yaml",
                       desk / "t.csv", status=status)  # fmt: skip
            kept = [path.read_bytes() for path in here.values() if path.exists()]
            read.append((re.sub(r'"seconds":[^,}]*', "", tool.stdout + tool.stderr), kept))
            for path in here.values():
                path.unlink(missing_ok=True)
        assert read[0] == read[1]
        assert "is not in the table" in read[1][0] + "".join(map(bytes.decode, read[1][1]))
    mistakes = [run(daemon, language, "--json", "--map", desk / "m.yaml", "--check", status=FILE) for language in ("en", "ru")]
    assert mistakes[0].stderr == mistakes[1].stderr and "unknown key" in mistakes[1].stderr
    dry = [run(daemon, language, "--dry-run", "--map", desk / "map.yaml", desk / "t.csv", status=FILE).stdout
           for language in ("en", "ru")]  # fmt: skip
    assert dry[0] == dry[1] and json.loads(dry[1].splitlines()[0])["kind"] == "legal_entity"
    (desk / "late.json").write_text(json.dumps(offer("acme/x", valid_until="tomorrow")))
    late = [run(daemon, language, "--json", desk / "late.json", command="publish", status=REFUSED).stderr.splitlines()[0]
            for language in ("en", "ru")]  # fmt: skip
    assert late[0] == late[1] and "no time" in late[1]


def test_export_tells_in_russian_what_it_leaves_out(daemon):
    with daemon.client() as client:
        register(client, "acme")
        client.ask("listing.publish", **need("acme/order", budget=7))
        client.ask("listing.publish", **need("acme/old"))
        client.ask("listing.withdraw", listing="acme/old")
    said = run(daemon, "ru", command="export").stderr
    assert "выгружено 1\n" in said and "НЕ ВЫГРУЖЕНО: скрытых значений — 1, объявлений с ними — 1" in said
    assert "не выгружено снятых и истёкших объявлений: 1; их выгружает --state" in said
    assert "контакты и блокировки участников не выгружаются" in run(daemon, "ru", "--participants", command="export").stderr
    assert run(daemon, "ru", command="export").stdout == run(daemon, "en", command="export").stdout


def test_mistakes_of_an_exchange_file_are_told_in_russian(daemon, home):
    (home / "e.yaml").write_text("exchange: e\nfields:\n  price: {type: money}\n", encoding="utf-8")
    said = run(daemon, "ru", "check", home / "e.yaml", command="exchange", status=FILE).stdout
    assert said and all(CYRILLIC.search(line) for line in said.splitlines()), said
    both = [run(daemon, language, "check", "--json", home / "e.yaml", command="exchange", status=FILE).stdout
            for language in ("en", "ru")]  # fmt: skip
    assert both[0] == both[1]


def test_every_mistake_that_a_reader_of_files_can_tell_has_its_russian_text():
    """From the sources: whoever adds a mistake adds its translation."""
    literal = r'(?:"(?:[^"\\]|\\.)*"\s*)+'

    def text(piece):
        return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', piece))

    table_of_texts = (REPOSITORY / "client" / "matchctl" / "mistakes.c").read_text(encoding="utf-8")
    known = {text(pair[1]) for pair in re.finditer(rf"\{{({literal}),", table_of_texts)}
    places = [*(REPOSITORY / "src" / "intake").glob("*_file.c"), *(REPOSITORY / "src" / "intake").glob("reader.c"),
              REPOSITORY / "src" / "intake" / "document.c",
              *(REPOSITORY / "client" / "matchctl").glob("map_*.c")]  # fmt: skip
    told = set()
    for path in places:
        source = path.read_text(encoding="utf-8")
        calls = rf"\b(?:wrong|wrong_key|mistake_add|mistake_words)\([^;\"]*(?:\"\w*\",\s*)?({literal})[,);:]"
        for call in re.finditer(calls, source):
            told.add(text(call[1]))
        told |= {text(found[1]) for found in re.finditer(rf"[?:] ({literal})[:)\n,]", source)}
    told = {one for one in told if re.search("[a-z`] ", one)}
    assert len(told) > 75 and not told - known, told - known
