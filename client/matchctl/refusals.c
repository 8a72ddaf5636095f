#include "client/matchctl/refusals.h"

#include <string.h>

#define NO_HINT TEXTS(NULL, NULL)

const struct refusal_words refusal_words[] = {
    {"malformed", "запрос не читается как MessagePack", NO_HINT},
    {"truncated", "длина в запросе больше, чем прислано", NO_HINT},
    {"trailing_bytes", "после запроса есть лишние байты", NO_HINT},
    {"too_deep", "слишком глубокая вложенность", NO_HINT},
    {"too_large", "сообщение, текст или число больше допустимого", NO_HINT},
    {"too_many_values", "слишком много значений", NO_HINT},
    {"bad_utf8", "текст не в UTF-8",
     TEXTS("Convert the file: iconv -f WINDOWS-1251 -t UTF-8 FILE",
	   "Перекодируйте файл: iconv -f WINDOWS-1251 -t UTF-8 FILE")},
    {"duplicate_field", "ключ повторяется", NO_HINT},
    {"unknown_message", "matchd не знает такой команды",
     TEXTS("matchd is older than this matchctl; `matchctl doctor` compares the versions.",
	   "matchd старше этого matchctl; `matchctl doctor` сравнит версии.")},
    {"unsupported_version", "matchd не говорит на этой версии протокола",
     TEXTS("Install matchctl and matchd of one version; `matchctl doctor` compares them.",
	   "Поставьте matchctl и matchd одной версии; `matchctl doctor` их сравнит.")},
    {"unknown_field", "такого поля нет",
     TEXTS("`matchctl template EXCHANGE SIDE` prints all fields that a listing may have.",
	   "`matchctl template EXCHANGE SIDE` напечатает все поля объявления.")},
    {"missing_field", "не хватает обязательного значения", NO_HINT},
    {"bad_type", "значение не того типа: числа — целые или десятичные в кавычках", NO_HINT},
    {"bad_value", "недопустимое значение", NO_HINT},
    {"not_finite", "это не число", NO_HINT},
    {"too_many_decimals", "знаков после запятой больше, чем хранит поле", NO_HINT},
    {"range_reversed", "`from` больше, чем `to`", NO_HINT},
    {"unknown_unit", "у поля нет такой единицы измерения", NO_HINT},
    {"unknown_currency", "поле в другой валюте; валюты не пересчитываются", NO_HINT},
    {"unknown_code", "кода нет в его дереве",
     TEXTS("`matchctl exchange show EXCHANGE` names the field's tree.",
	   "`matchctl exchange show EXCHANGE` называет дерево поля.")},
    {"empty_set", "`any_of` пусто, или `none_of` ничего от него не оставляет", NO_HINT},
    {"key_too_long", "имя, ключ или слово длиннее допустимого", NO_HINT},
    {"from_participant", "это поле берётся из данных участника",
     TEXTS("Change it there: matchctl participant revise ID --set NAME=JSON",
	   "Измените его там: matchctl participant revise ID --set NAME=JSON")},
    {"required_missing", "нет поля, обязательного на этой площадке",
     TEXTS("`matchctl template EXCHANGE SIDE` shows which fields are required.",
	   "`matchctl template EXCHANGE SIDE` покажет, какие поля обязательны.")},
    {"too_many_variants", "больше 16 вариантов", NO_HINT},
    {"inn_invalid", "в ИНН неверная длина или контрольные цифры", NO_HINT},
    {"inn_taken", "этот ИНН у другого участника", NO_HINT},
    {"ogrn_invalid", "в ОГРН или ОГРНИП неверная длина или контрольная цифра", NO_HINT},
    {"ogrn_taken", "этот ОГРН или ОГРНИП у другого участника", NO_HINT},
    {"region_not_admitted", "участники из этого региона не принимаются",
     TEXTS("The operator's setting admitted-regions lists those that are.",
	   "Принимаемые регионы перечислены в настройке admitted-regions.")},
    {"participant_exists", "такой участник уже есть",
     TEXTS("To change its attributes: matchctl participant revise FILE",
	   "Чтобы изменить его свойства: matchctl participant revise FILE")},
    {"unknown_participant", "такого участника нет",
     TEXTS("`matchctl participant list` shows all; `participant register` adds one.",
	   "`matchctl participant list` покажет всех, `participant register` добавит нового.")},
    {"unknown_block", "участника, которого хотят заблокировать, нет", NO_HINT},
    {"transition_not_allowed", "статус так измениться не может", NO_HINT},
    {"unknown_exchange", "такой площадки нет",
     TEXTS("`matchctl exchange list` shows which there are.",
	   "`matchctl exchange list` покажет, какие есть.")},
    {"unknown_listing", "такого объявления нет",
     TEXTS("`matchctl list --participant ID` shows which there are.",
	   "`matchctl list --participant ID` покажет, какие есть.")},
    {"listing_moved", "ключ занят на другой площадке или другой стороне",
     TEXTS("Choose another key: the earlier listing keeps this one.",
	   "Выберите другой ключ: у прежнего объявления он остаётся.")},
    {"too_many_listings", "у участника уже наибольшее число объявлений", NO_HINT},
    {"standing_need", "постоянную потребность можно только приостановить и возобновить",
     TEXTS("Its content comes from the participant: matchctl participant revise ID --set NAME=JSON",
	   "Её содержание — данные участника: matchctl participant revise ID --set NAME=JSON")},
    {"state_not_allowed", "состояние объявления этого не допускает",
     TEXTS("`matchctl show ID` tells its state.", "`matchctl show ID` покажет его состояние.")},
    {"expired_on_arrival", "`valid_until` уже прошло", NO_HINT},
    {"lifetime_too_long", "`valid_until` дальше, чем допускает площадка", NO_HINT},
    {"stale_revision", "хранится другая ревизия, чем ожидалась",
     TEXTS("Somebody changed it meanwhile: look at it again, then repeat with its revision.",
	   "Кто-то успел её изменить: посмотрите снова и повторите с новой ревизией.")},
    {"unknown_stream", "такого потока нет",
     TEXTS("`matchctl exchange list` and `matchctl participant list` give the names.",
	   "Имена дают `matchctl exchange list` и `matchctl participant list`.")},
    {"in_use", "хранимые объявления не отвечают новому описанию",
     TEXTS("Restore what they state in the file, or revise or withdraw them, then reload again.",
	   "Верните в файл то, что в них сказано, или измените либо снимите их и перечитайте "
	   "снова.")},
    {"unknown_tree", "площадка называет дерево кодов, которого нет",
     TEXTS("Put the tree's file into the folder trees beside the exchanges.",
	   "Положите файл дерева в папку trees рядом с площадками.")},
    {"bad_definition", "в файлах описаний есть ошибки: ничего не загружено",
     TEXTS("`matchctl exchange check FILE...` lists every mistake with its line.",
	   "`matchctl exchange check FILE...` назовёт каждую ошибку со строкой.")},
    {"not_a_pair", "это не потребность и предложение одной площадки",
     TEXTS("The need comes first, the offer second.", "Сначала потребность, потом предложение.")},
    {"core_unavailable", "ядро недоступно или не успевает",
     TEXTS("Repeat in a moment; if it lasts, `matchctl doctor` looks for the reason.",
	   "Повторите чуть позже; если не проходит, причину поищет `matchctl doctor`.")},
    {"too_many_requests", "слишком много запросов без ответа",
     TEXTS("Repeat in a moment.", "Повторите чуть позже.")},
    {"storage_failed", "сохранить не удалось, ничего не изменилось",
     TEXTS("Look for space on the disk: matchctl doctor",
	   "Проверьте место на диске: matchctl doctor")},
    {"idempotency_conflict", "с этим ключом был другой запрос",
     TEXTS("Give each request a key of its own.", "Дайте каждому запросу свой ключ.")},
    {NULL, NULL, NO_HINT},
};

const struct refusal_words *
refusals_find(const char *code)
{
	for (const struct refusal_words *w = refusal_words; w->code; w++)
		if (strcmp(w->code, code) == 0)
			return w;
	return NULL;
}

void
refusals_put(struct buf *out, const char *code, const char *message, const char *expected)
{
	const struct refusal_words *w = refusals_find(code);
	const char *ru = w && language_is_russian() ? w->ru : NULL;
	const char *const parts[] = {
	    ru ? ru : "",
	    ru ? " (" : "",
	    message,
	    ru ? ")" : "",
	    *expected ? TR("; expected: ", "; ожидается: ") : "",
	    expected,
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_put(out, parts[i], strlen(parts[i]));
}
