"""The maps that are shipped for public tables, on rows of their form that are invented here.

Without this an exchange could change its vocabulary, or a map its mind, and the first to notice would be an operator with
forty thousand refusals.
"""

import csv
import gzip
import io
import json
import re
import subprocess

import pytest
from daemon_process import MATCHCTL, REPOSITORY, SHIPPED
from people import inn

MAPS = REPOSITORY / "examples" / "maps"
LOAD_REAL = REPOSITORY / "scripts" / "load-real"
OGRN = "1000000000000"

MEASURE = {
    "Регион": "Москва",
    "Наименование меры поддержки": "Подать заявку на пример",
    "Вид поддержки": "субсидии и гранты",
    "Уровень поддержки": "региональные меры",
    "Наименование ответственного органа власти, администрирующего данную меру поддержки": "Департамент примеров",
    "ОКВЭД": "62 - Разработка; и ещё;25 - Производство",
    "Требуется вхождение в реестр МСП": "Да",
}
ENTITY = {
    "inn": inn(101), "name": 'ООО "ПРИМЕР"', "kind": "1", "category": "микро",
    "okved": ["25.62", "Обработка"], "okved_extra": ["62.01"],
}  # fmt: skip
ORGANISATION = {"ogrn": OGRN, "name": "Институт примеров", "short_name": "", "grnti": ["55.22.19"]}
RESULT = {
    "id": "625000000000-1", "ogrn": OGRN, "type": "Изобретение", "name": "Способ", "using_ways": "Везде",
    "grnti": [{"code": "55.22.19", "name": "Рубрика"}], "protections": [{"protection_way": "Осуществлена государственная регистрация"}],
}  # fmt: skip
ROOM = {
    "Название площадки": "Помещение 126,9 кв.м", "Преференциальный режим": "Отсутствует",
    "Объект инфраструктуры поддержки": "Технопарк", "Муниципальное образование": "Юго-Восточный административный округ, район Печатники",
    "Адрес объекта": "г. Москва, ул. Примерная, д. 1", "Формат площадки": "Помещение", "Форма сделки": "Аренда",
    "Стоимость, руб./год за кв.м.": "9000", "Свободная площадь здания, сооружения, помещения, кв. м": "126,94",
    "Наименование собственника / администратора объекта": "АО Пример", "ИНН собственника": inn(102),
    "Водоснабжение Наличие (Да/Нет)": "Да", "Водоотведение Наличие (Да/Нет)": "Возможно создание", "Газоснабжение Наличие (Да/Нет)": "Нет",
    "Теплоснабжение Наличие (Да/Нет)": "Да", "Наличие подъездных путей (Да/Нет)": "Да", "Наличие ж/д (Да/Нет)": "Нет",
    "Наличие парковки грузового транспорта": "Да", "Класс опасности объекта": "V", "Координаты (точка)": "37.721265,55.71019",
    "Перечень видов экономической деятельности, возможных к реализации на площадке": "25 - Производство;33 - Ремонт",
}  # fmt: skip
PLOT = {
    **ROOM, "Название площадки": "Земельный участок 0,35 га", "Объект инфраструктуры поддержки": "Без льгот",
    "Формат площадки": "Земельный участок", "Форма сделки": "Продажа через аукцион", "Свободная площадь ЗУ, га": "0,35",
    "Перечень видов экономической деятельности, возможных к реализации на площадке": "Нет ограничений",
}  # fmt: skip
PARK = {
    "Категория объекта": "Технопарк", "Наименование объекта": "Пример", "Муниципальное образование": "Северный административный округ",
    "Общая площадь, кв. м": "10709,5", "Минимальная стоимость аренды, руб./кв.м/год": "0", "Список отраслей": "72 - Исследования;25 - Металл",
    "Название администратора объекта": "АО Парк", "Наличие режима свободной таможенной зоны (да/нет), условия": "Нет",
}  # fmt: skip

# The files that load-real looks for (those that EXPECTED names).
TABLES = {
    "moscow_investmap/support_measures.csv": [MEASURE],
    "fns_msp/legal_entities.jsonl": [ENTITY],
    "egisu_moscow/orgs.jsonl": [ORGANISATION],
    "egisu_moscow/rids.jsonl.gz": [RESULT, {**RESULT, "id": "x", "type": "Иное"}],
    "fips_ru/patents_inid.csv": [
        {"INID11": "2 627 117", "INID13": "C2", "INID22": "29.11.2012", "INID51": "G10L 15/30 (2013.01); H04L 12/66 (2006.01)",
         "INID54": "Способ", "INID73": "АО Пример (RU)", "status": "Статус: действует (последнее изменение статуса: 29.08.2016)"},
        {"INID11": "2005 136 460", "INID13": "A", "INID22": "01.01.2005", "INID54": "Заявка", "INID73": ""},
    ],
    "fips_ru/software_registry.csv": [
        {"registration number": "940274", "right holders": "ООО Пример", "program name": "«Пример»", "actual": "true"},
    ],
    "nasa_patents/nasa_patents.csv": [
        {"Center": "NASA Example Center", "Status": "Issued", "Case Number": "EX-1 with EX-2", "Application SN": "13/033,085",
         "Title": "Example", "Patent Expiration Date": "10 March 2035"},
        {"Center": "NASA Example Center", "Status": "GM", "Case Number": "EX-3", "Title": "Other"},
    ],
    "moscow_investmap/premises.csv": [ROOM, PLOT],
    "moscow_investmap/oez_technoparks.csv": [PARK],
    "moscow_suppliers/suppliers.csv": [
        {"id": "7", "name": "ПРИМЕР", "opf": "ООО", "products": "Метизы и крепежные изделия"},
        {"id": "8", "name": "ИНОЙ", "opf": "ООО", "products": "Общестроительные материалы"},
    ],
    "needs_ru/goszakup_kz_lots.csv": [
        {"lot_number": "1-ЗЦП1", "lot_name": "Саморез", "customer_name": "Школа", "customer_bin": "990740001265",
         "ktru_code": "259411.900.000164", "ktru_name": "Саморез", "additional_characteristics": "Оцинкованный"},
    ],
    "vc_investors/investors.csv": [
        {"Name": "Example Ventures", "Countries": "US/Canada, Germany", "Stage": "Pre-seed, Idea, Seed, Series+", "Overview": "We invest",
         "Type": "VC", "Industry": "SaaS, B2B", "Cheque_range": "$250K - $2M"},
        {"Name": "Example Agnostics", "Countries": "Global", "Stage": "Seed", "Type": "Family office", "Industry": "Sector Agnostic",
         "Cheque_range": "$1KK - 5M"},
    ],
    "crunchbase_2013/startups.csv.gz": [
        {"name": "Example", "country_code": "USA", "amount_raised": "1e+05", "category_code": "software", "number_of_employees": "5",
         "founded_year": "2008"},
    ],
}  # fmt: skip

# map: (its table, what the fields of its first listing are; None: it makes participants only)
EXPECTED = {
    "support-measures": ("moscow_investmap/support_measures.csv", {
        "form": ["subsidy", "grant"], "category": "financial", "level": "regional", "okved": ["62", "25"],
        "size": ["micro", "small", "medium"], "region": "77"}),
    "sme-registry": ("fns_msp/legal_entities.jsonl", None),
    "rnd-organisations": ("egisu_moscow/orgs.jsonl", None),
    "rnd-results": ("egisu_moscow/rids.jsonl.gz", {
        "object": "invention", "reg_number": "625000000000-1", "domain": ["55.22.19"], "territories": "ru",
        "rights": "nonexclusive-licence", "in_force": {"any_of": [True]}}),
    "rnd-seekers": ("egisu_moscow/orgs.jsonl", {
        "object": ["invention", "utility-model", "software", "database", "know-how"], "domain": ["55.22.19"], "territories": "ru",
        "rights": "nonexclusive-licence"}),
    "fips-patents": ("fips_ru/patents_inid.csv", {
        "object": "invention", "reg_number": "2627117", "ipc": ["G10L 15/30", "H04L 12/66"], "protected_until": "2032-11-29",
        "in_force": {"any_of": [True]}, "territories": "ru", "rights": "nonexclusive-licence"}),
    "fips-software": ("fips_ru/software_registry.csv", {
        "object": "software", "reg_number": "940274", "in_force": True, "territories": "ru", "rights": "nonexclusive-licence"}),
    "nasa-patents": ("nasa_patents/nasa_patents.csv", {
        "object": "invention", "reg_number": ["EX-1 with EX-2", "13/033,085"], "protected_until": "2035-03-10", "territories": "us",
        "rights": ["nonexclusive-licence", "exclusive-licence"]}),
    "premises": ("moscow_investmap/premises.csv", {
        "kind": ["production", "light-industrial", "office", "laboratory"], "deal": "rent", "procedure": "direct", "area": "126.9",
        "rate": 9000, "district": ["yuvao"], "place": {"lat": "55.71019", "lon": "37.721265"}, "water": "present", "sewer": "possible",
        "gas": "none", "heat": "present", "infrastructure": ["truck-access", "truck-parking"], "activity": ["25", "33"],
        "hazard_class": "v", "site_regime": ["technopark"]}),
    "technoparks": ("moscow_investmap/oez_technoparks.csv", {
        "kind": ["production", "light-industrial", "laboratory", "office"], "deal": "rent", "procedure": "direct",
        "area": {"to": "10709.5"}, "district": ["sao"], "activity": ["72", "25"], "site_regime": ["technopark"]}),
    "premises-seekers": ("fns_msp/legal_entities.jsonl", {
        "kind": ["production", "light-industrial", "laboratory", "office"], "deal": "rent", "area": {"from": 20, "to": 150},
        "activity": "25.62"}),
    "suppliers": ("moscow_suppliers/suppliers.csv", {"role": "supplier", "products": ["25.94", "25.93"]}),
    "procurement-lots": ("needs_ru/goszakup_kz_lots.csv", {
        "role": "supplier", "products": ["25.94.11"], "markets": {"any_of": ["kz"], "prefer": True}}),
    "investors": ("vc_investors/investors.csv", {
        "sectors": ["it.saas"], "business_model": ["b2b"], "countries": ["us", "ca", "de"],
        "round": ["pre-seed", "seed", "series-a", "series-b", "series-c"], "ticket_usd": {"from": 250000, "to": 2000000},
        "investor_type": "venture-fund"}),
    "startups": ("crunchbase_2013/startups.csv.gz", {"sectors": "it", "countries": "us", "raised": 100000000}),
}  # fmt: skip


def write(path, rows, more=()):
    """As the table's name says; `more` are columns that no row has."""
    columns = list(dict.fromkeys([*(key for row in rows for key in row), *more]))
    out = io.StringIO()
    if ".jsonl" in path.name:
        out.writelines(json.dumps({column: row.get(column) for column in columns}) + "\n" for row in rows)
    else:
        writer = csv.DictWriter(out, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    path.parent.mkdir(exist_ok=True)
    content = out.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def matchctl(*arguments):
    return subprocess.run([MATCHCTL, "import", *arguments], text=True, capture_output=True, timeout=20, check=False)


@pytest.fixture
def tables(home):
    """The folder that load-real takes, each table with all the columns that its maps name."""
    missing = {}
    for name, (table, _) in EXPECTED.items():
        write(home / table, TABLES[table])
        told = matchctl("--map", MAPS / f"{name}.yaml", "--check", home / table).stderr
        missing.setdefault(table, []).extend(re.findall(r'there is no column "(.*)", which', told))
    for table, columns in missing.items():
        write(home / table, TABLES[table], columns)
    return home


def test_every_shipped_map_is_tried_here():
    assert {path.stem for path in MAPS.glob("*.yaml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_map_makes_what_its_exchange_takes(name, tables):
    table, fields = EXPECTED[name]
    tool = matchctl("--map", MAPS / f"{name}.yaml", "--dry-run", "--validate", SHIPPED, tables / table)
    assert tool.returncode == 0, tool.stderr
    made = [json.loads(line) for line in tool.stdout.splitlines()]
    listings = [one for one in made if "listing" in one]
    assert (listings[0]["fields"] if listings else None) == fields


def test_all_tables_are_loaded_and_every_row_is_accounted_for(tables, home):
    tool = subprocess.run([LOAD_REAL, tables], cwd=home, text=True, capture_output=True, timeout=50, check=False)
    assert tool.returncode == 0, tool.stderr
    report = json.loads((home / "load-real.json").read_text(encoding="utf-8"))
    exchanges = report["exchanges"]
    assert set(exchanges) == {"support-measures", "patents", "premises", "partners", "investment"}
    for name, row in exchanges.items():
        assert row["read"] == row["stored"] + row["unchanged"] + sum(row["refused"].values())
        assert name in tool.stdout and row["seconds"] >= 0
    assert exchanges["patents"]["refused"] == {
        "of a kind that the exchange has no object for": 1,
        "no owner is named (applications, mostly)": 1,
        "neither issued nor applied for": 1,
    }
    # The entity finds the room in its own activity; the park lists it, too. It qualifies for the one measure.
    assert (exchanges["premises"]["matches"], exchanges["premises"]["told"]) == (2, 2)
    assert exchanges["support-measures"]["matches"] >= 1
    # The screws of the lot are the fasteners of the supplier; one investor of two invests in software, both in America.
    assert exchanges["partners"]["matches"] == 1
    assert exchanges["investment"]["matches"] == 2
    # Its own result is no match for the institute.
    assert exchanges["patents"]["matches"] == 0
