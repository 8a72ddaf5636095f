/* The table of commands, and what every command may be given. The words in capitals are the same
 * in both languages: they name kinds of values, and completion goes by them. */

#include "client/matchctl/command.h"

#define NO_OPTION                                                                                  \
	{                                                                                          \
		NULL, 0, NULL, TEXTS(NULL, NULL)                                                   \
	}
#define NO_HELP TEXTS(NULL, NULL)

const struct option_spec global_options[] = {
    {"endpoint", 'e', "WHERE",
     TEXTS("matchd's runtime directory, or COMMANDS,FEED (default: $MATCHD_RUNTIME, "
	   "$XDG_RUNTIME_DIR/matchd, /run/matchd)",
	   "рабочий каталог matchd или КОМАНДЫ,ЛЕНТА (иначе $MATCHD_RUNTIME, "
	   "$XDG_RUNTIME_DIR/matchd, /run/matchd)")},
    {"context", 'c', "CONTEXT",
     TEXTS("the settings of that name (default: $MATCHCTL_CONTEXT, or the one in use)",
	   "настройки с этим именем (иначе $MATCHCTL_CONTEXT или выбранные)")},
    {"json", 'j', NULL,
     TEXTS("print JSON, one object a line", "печатать JSON, по объекту в строке")},
    {"timeout", 't', "SECONDS",
     TEXTS("how long to wait for an answer (default: 5)", "сколько ждать ответа (иначе 5)")},
    {"lang", 0, "LANGUAGE",
     TEXTS("ru or en (default: $MATCHCTL_LANG, or by the locale)",
	   "ru или en (иначе $MATCHCTL_LANG или по локали)")},
    {"color", 0, "WHEN",
     TEXTS("auto, always or never (default: auto, at a terminal without $NO_COLOR)",
	   "auto, always или never (иначе auto: на терминале без $NO_COLOR)")},
    {"no-pager", 0, NULL,
     TEXTS("do not show long tables by $MATCHCTL_PAGER, $PAGER or less",
	   "не показывать длинное через $MATCHCTL_PAGER, $PAGER или less")},
    {"version", 'V', NULL, TEXTS("print the version", "напечатать версию")},
    {"help", 'h', NULL, TEXTS("print help", "напечатать справку")},
    NO_OPTION,
};

#define FORMAT_OPTION                                                                              \
	{                                                                                          \
		"format", 'f', "FORMAT",                                                           \
		    TEXTS("json, jsonl or yaml (default: by the file's name; - is json)",          \
			  "json, jsonl или yaml (иначе по имени файла; - это json)")               \
	}
#define EXPECT_OPTION                                                                              \
	{                                                                                          \
		"expect", 'x', "N",                                                                \
		    TEXTS("refuse if another revision is stored",                                  \
			  "отказать, если хранится другая ревизия")                                \
	}
#define LIMIT_OPTION                                                                               \
	{                                                                                          \
		"limit", 'n', "N", TEXTS("at most so many", "не больше N")                         \
	}
#define AFTER_OPTION                                                                               \
	{                                                                                          \
		"after", 0, "N",                                                                   \
		    TEXTS("go on where a page ended, which said so",                               \
			  "продолжить с места, которое назвала предыдущая страница")               \
	}
#define ALL_OPTION                                                                                 \
	{                                                                                          \
		"all", 'a', NULL, TEXTS("all of them", "все")                                      \
	}
#define REVERSE_OPTION                                                                             \
	{                                                                                          \
		"reverse", 'r', NULL, TEXTS("the other way round", "в обратном порядке")           \
	}
#define WATCH_OPTION                                                                               \
	{                                                                                          \
		"watch", 'w', "[=SECONDS]",                                                        \
		    TEXTS("show it anew every so many seconds (default: 2), until Ctrl-C",         \
			  "обновлять каждые SECONDS секунд (иначе 2), до Ctrl-C")                  \
	}

static const struct option_spec format_options[] = {
    FORMAT_OPTION,
    NO_OPTION,
};

static const struct option_spec register_options[] = {
    FORMAT_OPTION,
    {"status", 's', "STATUS",
     TEXTS("applicant or member, for those whose file does not say",
	   "applicant или member для тех, у кого в файле не сказано")},
    NO_OPTION,
};

static const struct option_spec participant_revise_options[] = {
    {"set", 's', "NAME=JSON",
     TEXTS("an attribute and its new value; null removes it (repeatable)",
	   "свойство и его новое значение; null убирает его (можно повторять)")},
    EXPECT_OPTION,
    FORMAT_OPTION,
    NO_OPTION,
};

static const struct option_spec participant_list_options[] = {
    {"status", 's', "STATUS", TEXTS("only those with this status", "только с этим статусом")},
    {"kind", 'k', "KIND",
     TEXTS("legal_entity, sole_proprietor, person or foreign_entity",
	   "legal_entity, sole_proprietor, person или foreign_entity")},
    {"region", 'R', "REGION", TEXTS("only of this region", "только из этого региона")},
    {"text", 'T', "TEXT",
     TEXTS("only with this text in id or name", "только с этим текстом в id или названии")},
    {"sort", 'o', "KEY",
     TEXTS("by id, name, status, kind, region or listings (default: as registered)",
	   "по id, name, status, kind, region или listings (иначе по порядку регистрации)")},
    REVERSE_OPTION,
    LIMIT_OPTION,
    AFTER_OPTION,
    ALL_OPTION,
    WATCH_OPTION,
    NO_OPTION,
};

static const struct option_spec revise_options[] = {
    {"field", 'F', "NAME=JSON",
     TEXTS("a field and its new statement; null removes it (repeatable)",
	   "поле и его новое значение; null убирает его (можно повторять)")},
    {"title", 'T', "TEXT", TEXTS("the new title", "новое название")},
    {"text", 'X', "TEXT",
     TEXTS("the new text; empty removes it", "новый текст; пустой убирает его")},
    {"from", 0, "DATE", TEXTS("the new valid_from", "новое начало (valid_from)")},
    {"until", 0, "DATE", TEXTS("the new valid_until", "новый конец (valid_until)")},
    EXPECT_OPTION,
    FORMAT_OPTION,
    NO_OPTION,
};

#define WINDOW_OPTION                                                                              \
	{                                                                                          \
		"window", 'w', "N",                                                                \
		    TEXTS("so many requests in flight, 1 to 1000 (default: 256)",                  \
			  "сколько запросов одновременно ждут ответа, от 1 до 1000 (иначе 256)")   \
	}

static const struct option_spec import_options[] = {
    {"map", 'm', "MAP",
     TEXTS("the map: how rows become participants and listings",
	   "карта: как из строк получаются участники и объявления")},
    {"check", 'c', NULL,
     TEXTS("only check the map, and that the files have its columns",
	   "только проверить карту и есть ли в файлах её столбцы")},
    {"dry-run", 'n', NULL,
     TEXTS("send nothing; print what would be sent, one object a line",
	   "ничего не отправлять; напечатать, что было бы отправлено")},
    {"validate", 'v', "DIR",
     TEXTS("check objects by the exchange files there before they are sent",
	   "до отправки проверить объекты по файлам площадок из этого каталога")},
    {"errors", 'E', "FILE",
     TEXTS("write what was wrong there, one JSON object a line",
	   "записать туда ошибки, по объекту JSON в строке")},
    {"resume", 'r', "FILE",
     TEXTS("keep there how far it has come, and go on from there",
	   "хранить там, сколько сделано, и продолжать с этого места")},
    WINDOW_OPTION,
    {"progress", 0, NULL,
     TEXTS("show progress, also where it is no terminal", "показывать ход и не на терминале")},
    {"no-progress", 0, NULL, TEXTS("do not show progress", "не показывать ход")},
    NO_OPTION,
};

static const struct option_spec export_options[] = {
    {"participants", 'P', NULL,
     TEXTS("participants, not listings", "выгрузить участников, а не объявления")},
    {"participant", 'p', "PARTICIPANT", TEXTS("only this participant's", "только этого участника")},
    {"exchange", 'E', "EXCHANGE", TEXTS("only of this exchange", "только этой площадки")},
    {"side", 's', "SIDE", TEXTS("need or offer", "need (потребности) или offer (предложения)")},
    {"state", 'S', "STATE",
     TEXTS("draft, pending, scheduled, open, paused, withdrawn or expired",
	   "draft, pending, scheduled, open, paused, withdrawn или expired")},
    WINDOW_OPTION,
    NO_OPTION,
};

static const struct option_spec expect_options[] = {
    EXPECT_OPTION,
    NO_OPTION,
};

static const struct option_spec reject_options[] = {
    {"reason", 'r', "TEXT", TEXTS("why, for the publisher", "причина — для того, кто опубликовал")},
    EXPECT_OPTION,
    NO_OPTION,
};

static const struct option_spec renew_options[] = {
    {"until", 'u', "DATE",
     TEXTS("the new end (default: the exchange's default lifetime from now)",
	   "новый конец (иначе обычный срок площадки с этого момента)")},
    EXPECT_OPTION,
    NO_OPTION,
};

static const struct option_spec list_options[] = {
    {"participant", 'p', "PARTICIPANT", TEXTS("only this participant's", "только этого участника")},
    {"exchange", 'E', "EXCHANGE", TEXTS("only of this exchange", "только этой площадки")},
    {"side", 's', "SIDE", TEXTS("need or offer", "need (потребности) или offer (предложения)")},
    {"state", 'S', "STATE",
     TEXTS("draft, pending, scheduled, open, paused, withdrawn or expired",
	   "draft, pending, scheduled, open, paused, withdrawn или expired")},
    {"member", 'm', "YES|NO",
     TEXTS("only members' listings, or only others'",
	   "только объявления участников со статусом member или только прочие")},
    {"told", 0, "YES|NO",
     TEXTS("only with told matches, or only without",
	   "только с сообщёнными совпадениями или без них")},
    {"until-before", 0, "DATE", TEXTS("only what ends before", "только то, что кончается раньше")},
    {"text", 'T', "TEXT",
     TEXTS("only with this text in the title", "только с этим текстом в названии")},
    {"sort", 'o', "KEY",
     TEXTS("by listing, exchange, state, title, told, revision, opened or until (default: as "
	   "published)",
	   "по listing, exchange, state, title, told, revision, opened или until (иначе по порядку "
	   "публикации)")},
    REVERSE_OPTION,
    LIMIT_OPTION,
    AFTER_OPTION,
    ALL_OPTION,
    WATCH_OPTION,
    NO_OPTION,
};

static const struct option_spec matches_options[] = {
    {"limit", 'n', "N", TEXTS("at most so many (default: 20)", "не больше N (иначе 20)")},
    AFTER_OPTION,
    ALL_OPTION,
    WATCH_OPTION,
    NO_OPTION,
};

static const struct option_spec view_options[] = {
    WATCH_OPTION,
    NO_OPTION,
};

static const struct option_spec watch_options[] = {
    {"from", 'f', "N",
     TEXTS("begin with fact number N (default: what happens from now on)",
	   "начать с факта N (иначе с того, что произойдёт дальше)")},
    {"count", 'n', "N", TEXTS("stop after so many facts", "закончить после N фактов")},
    NO_OPTION,
};

#define FILES_EN                                                                                   \
	"A FILE holds one JSON object, an array of them, one object a line (.jsonl), or YAML\n"    \
	"documents (.yaml); - is the standard input. Decimal numbers are passed on exactly.\n"
#define FILES_RU                                                                                                                               \
	"В FILE один объект JSON, их массив, по объекту в строке (.jsonl) или документы YAML\n" \
	"(.yaml); - это стандартный ввод. Десятичные числа передаются без округления.\n"
#define DATES_EN                                                                                   \
	"A DATE is milliseconds of Unix time, YYYY-MM-DD (UTC; as an end it includes the day), "   \
	"or\n"                                                                                     \
	"RFC 3339 such as 2026-05-01T09:00:00+03:00.\n"
#define DATES_RU                                                                                                                                         \
	"DATE — миллисекунды времени Unix, ГГГГ-ММ-ДД (UTC; как конец включает этот день) или\n" \
	"RFC 3339, например 2026-05-01T09:00:00+03:00.\n"
#define MANY 1000000

const struct command commands[] = {
    {"participant register", "FILE...", 1, MANY, register_options, cmd_participant_register,
     TEXTS("register participants", "зарегистрировать участников"),
     TEXTS(FILES_EN
	   "Each object has `id`, the participant's attributes, and optionally `status`.\n",
	   FILES_RU "В объекте — `id`, свойства участника и, если нужно, `status`.\n")},
    {"participant revise", "PARTICIPANT|FILE...", 1, MANY, participant_revise_options,
     cmd_participant_revise,
     TEXTS("change a participant's attributes", "изменить свойства участника"),
     TEXTS(
	 FILES_EN
	 "Each object has `id` and the attributes to replace; null removes one. With --set the\n"
	 "operand is one participant's id.\n",
	 FILES_RU
	 "В объекте — `id` и новые значения свойств; null убирает свойство. С --set вместо файла\n"
	 "даётся один участник.\n")},
    {"participant status", "PARTICIPANT STATUS", 2, 2, NULL, cmd_participant_status,
     TEXTS("set a participant's status", "задать статус участника"),
     TEXTS("STATUS is applicant, member, suspended or excluded. Only members' listings match.\n",
	   "STATUS — applicant (заявитель), member (участник), suspended (приостановлен) или\n"
	   "excluded (исключён). В подборе только объявления тех, у кого member.\n")},
    {"participant show", "PARTICIPANT", 1, 1, NULL, cmd_participant_show,
     TEXTS("show a participant", "показать участника"), NO_HELP},
    {"participant list", "", 0, 0, participant_list_options, cmd_participant_list,
     TEXTS("list participants", "перечислить участников"), NO_HELP},
    {"publish", "FILE...", 1, MANY, format_options, cmd_publish,
     TEXTS("publish needs and offers", "опубликовать потребности и предложения"),
     TEXTS(
	 FILES_EN
	 "Each object has `listing` (PARTICIPANT/KEY), `exchange`, `side`, `title`, `fields` and\n"
	 "whatever else listing.publish takes. Publishing a key again revises it; what has not\n"
	 "changed makes no difference, so a file can be published any number of times.\n" DATES_EN,
	 FILES_RU
	 "В объекте — `listing` (УЧАСТНИК/КЛЮЧ), `exchange`, `side`, `title`, `fields` и прочее,\n"
	 "что принимает listing.publish. Повторная публикация ключа меняет объявление, а без\n"
	 "изменений не делает ничего: файл можно публиковать сколько угодно раз.\n" DATES_RU)},
    {"revise", "LISTING|FILE...", 1, MANY, revise_options, cmd_revise,
     TEXTS("change parts of a listing", "изменить часть объявления"),
     TEXTS(
	 FILES_EN
	 "Each object has `listing` and what is to change. With --field, --title, --text, --from\n"
	 "or --until the operand is one listing's id.\n" DATES_EN,
	 FILES_RU
	 "В объекте — `listing` и то, что меняется. С --field, --title, --text, --from и --until\n"
	 "вместо файла даётся одно объявление.\n" DATES_RU)},
    {"template", "EXCHANGE SIDE", 2, 2, NULL, cmd_template,
     TEXTS("print a listing to fill in", "напечатать заготовку объявления"),
     TEXTS("The YAML names every field with its title, form and units, the required ones first.\n"
	   "Filled in, `matchctl publish` takes it.\n",
	   "В YAML названо каждое поле с его видом и единицами, обязательные сначала.\n"
	   "Заполненное принимает `matchctl publish`.\n")},
    {"validate", "FILE...", 1, MANY, format_options, cmd_validate,
     TEXTS("have files checked without storing anything", "проверить файлы, ничего не сохраняя"),
     TEXTS(FILES_EN
	   "matchd decides about each listing (or participant) as it would for publish (or\n"
	   "participant register) and changes nothing.\n",
	   FILES_RU "matchd решает о каждом объявлении (или участнике), как при publish (или\n"
		    "participant register), и ничего не меняет.\n")},
    {"edit", "LISTING", 1, 1, NULL, cmd_edit,
     TEXTS("edit a listing by $VISUAL or $EDITOR", "править объявление в $VISUAL или $EDITOR"),
     TEXTS("The listing comes as YAML. What matchd refuses comes back into the editor with the\n"
	   "reason above it; leaving it so gives up. What is hidden is not shown and stays.\n",
	   "Объявление открывается как YAML. При отказе редактор открывается снова, с причиной\n"
	   "сверху; выход без правки — отказ от изменений. Скрытое не видно и остаётся.\n")},
    {"import", "FILE...", 0, MANY, import_options, cmd_import,
     TEXTS("import rows of CSV or JSON lines by a map", "загрузить строки CSV или JSON по карте"),
     TEXTS("A FILE may be packed by gzip. What a map is and can do stands in docs/import.md. Rows "
	   "that\n"
	   "are wrong are told with file, line, column and reason, and the others are imported.\n"
	   "Importing again is answered `unchanged`. With --resume an import that was stopped or\n"
	   "killed goes on where it was when the same command is given again.\n",
	   "FILE может быть сжат gzip. Что такое карта и что она умеет — в docs/import.md.\n"
	   "О неверных строках сообщается: файл, строка, столбец, причина; прочие загружаются.\n"
	   "Повторная загрузка даёт `unchanged` — без изменений. С --resume прерванная загрузка\n"
	   "продолжается с того же места, если дать ту же команду снова.\n")},
    {"export", "", 0, 0, export_options, cmd_export,
     TEXTS("export listings or participants as publish and participant register read them",
	   "выгрузить объявления или участников так, как их читают publish и participant register"),
     TEXTS("One JSON object a line. What matchd does not show (hidden fields, contacts, blocks) is "
	   "left\nout; how much that is, is said on the error stream.\n",
	   "По объекту JSON в строке. Чего matchd не показывает (скрытые поля, контакты, списки\n"
	   "блокировок), то не выгружается; сколько этого, сообщается в поток ошибок.\n")},
    {"pause", "LISTING", 1, 1, expect_options, cmd_pause,
     TEXTS("take a listing out of matching for a while", "временно убрать объявление из подбора"),
     NO_HELP},
    {"resume", "LISTING", 1, 1, expect_options, cmd_resume,
     TEXTS("put a paused listing back", "вернуть приостановленное объявление"), NO_HELP},
    {"renew", "LISTING", 1, 1, renew_options, cmd_renew,
     TEXTS("give a listing a new end", "продлить объявление"), TEXTS(DATES_EN, DATES_RU)},
    {"withdraw", "LISTING", 1, 1, expect_options, cmd_withdraw,
     TEXTS("end a listing", "снять объявление"), NO_HELP},
    {"approve", "LISTING", 1, 1, expect_options, cmd_approve,
     TEXTS("let a pending listing in", "одобрить объявление, ждущее решения"),
     TEXTS("In a moderated exchange what is published waits for the operator. `matchctl list\n"
	   "--state pending` shows what waits.\n",
	   "На модерируемой площадке опубликованное ждёт решения оператора.\n"
	   "`matchctl list --state pending` покажет, что ждёт.\n")},
    {"reject", "LISTING", 1, 1, reject_options, cmd_reject,
     TEXTS("send a pending listing back as a draft", "вернуть ждущее объявление в черновики"),
     NO_HELP},
    {"show", "LISTING", 1, 1, NULL, cmd_show, TEXTS("show a listing", "показать объявление"),
     NO_HELP},
    {"list", "", 0, 0, list_options, cmd_list, TEXTS("list listings", "перечислить объявления"),
     NO_HELP},
    {"matches", "LISTING", 1, 1, matches_options, cmd_matches,
     TEXTS("show a listing's matches, best first",
	   "показать совпадения объявления, лучшие сначала"),
     TEXTS("TOLD says whether the match was announced to subscribers. BOXES are the variants that "
	   "suit\nbest, of the need and of the offer.\n",
	   "СООБЩЕНО говорит, узнали ли о совпадении подписчики. ВАРИАНТ — какой из вариантов\n"
	   "потребности и предложения подошёл лучше всего.\n")},
    {"explain", "NEED OFFER", 2, 2, NULL, cmd_explain,
     TEXTS("show field by field why two listings match, or not",
	   "показать по полям, почему два объявления подходят или нет"),
     TEXTS("A field that is not met excludes the pair unless the side that demands it only "
	   "prefers it;\nBLAMED names the sides that exclude. POINTS are the need's and the "
	   "offer's, 0 to 1000.\n",
	   "Поле, которое не сошлось, исключает пару, если требующая сторона не назвала его лишь\n"
	   "желательным; ИЗ-ЗА называет исключающую сторону. БАЛЛЫ потребности и предложения —\n"
	   "от 0 до 1000.\n")},
    {"watch", "[STREAM...]", 0, 1000, watch_options, cmd_watch,
     TEXTS("follow what happens", "следить за происходящим"),
     TEXTS("A STREAM is x.EXCHANGE or p.PARTICIPANT; without one, everything is followed. Nothing "
	   "is\nmissed, also when matchd restarts meanwhile.\n",
	   "STREAM — x.EXCHANGE или p.PARTICIPANT; без него видны все события. Ничего не\n"
	   "теряется, даже если matchd тем временем перезапустится.\n")},
    {"exchange list", "", 0, 0, view_options, cmd_exchange_list,
     TEXTS("list the exchanges", "перечислить площадки"), NO_HELP},
    {"exchange show", "EXCHANGE", 1, 1, NULL, cmd_exchange_show,
     TEXTS("show an exchange's definition", "показать описание площадки"), NO_HELP},
    {"exchange check", "FILE...", 1, MANY, NULL, cmd_exchange_check,
     TEXTS("check exchange and tree files, without matchd",
	   "проверить файлы площадок и деревьев без matchd"),
     TEXTS("Prints every mistake as FILE:LINE: FIELD: what is wrong.\n",
	   "Печатает каждую ошибку как ФАЙЛ:СТРОКА: ПОЛЕ: что не так.\n")},
    {"reload", "", 0, 0, NULL, cmd_reload,
     TEXTS("have exchanges, code trees and settings read again",
	   "перечитать площадки, деревья кодов и настройки"),
     TEXTS(
	 "Every file is read, and what differs is loaded; matches follow what changed. A\n"
	 "definition that stored listings would not fit is refused, and the one in force stays.\n",
	 "Читаются все файлы, загружается изменившееся; совпадения меняются вслед. Описание,\n"
	 "которому не отвечают хранимые объявления, отвергается, и действует прежнее.\n")},
    {"context list", "", 0, 0, NULL, cmd_context_list,
     TEXTS("list your contexts", "перечислить ваши контексты"), NO_HELP},
    {"context use", "CONTEXT", 1, 1, NULL, cmd_context_use,
     TEXTS("choose the context that commands go by", "выбрать контекст для команд"),
     TEXTS(
	 "What is typed goes before the environment ($MATCHD_RUNTIME, $MATCHCTL_LANG), the\n"
	 "environment before the context in use, and that before the defaults.\n",
	 "Ключи команды важнее переменных ($MATCHD_RUNTIME, $MATCHCTL_LANG), те важнее выбранного\n"
	 "контекста, а он важнее умолчаний.\n")},
    {"context show", "[CONTEXT]", 0, 1, NULL, cmd_context_show,
     TEXTS("show a context, or the one in use", "показать контекст (без имени — выбранный)"),
     NO_HELP},
    {"context set", "CONTEXT KEY=VALUE...", 2, 20, NULL, cmd_context_set,
     TEXTS("make a context, or change it", "создать или изменить контекст"),
     TEXTS(
	 "The keys are endpoint, timeout, lang and color, as the options of these names; an empty\n"
	 "value takes one away. They are kept in $XDG_CONFIG_HOME/matchctl/config.yaml.\n",
	 "Ключи — endpoint, timeout, lang и color, как одноимённые ключи команд; пустое значение\n"
	 "убирает ключ. Хранятся в $XDG_CONFIG_HOME/matchctl/config.yaml.\n")},
    {"context remove", "CONTEXT", 1, 1, NULL, cmd_context_remove,
     TEXTS("remove a context", "удалить контекст"), NO_HELP},
    {"status", "", 0, 0, view_options, cmd_status,
     TEXTS("show how matchd is", "показать состояние matchd"), NO_HELP},
    {"doctor", "", 0, 0, NULL, cmd_doctor,
     TEXTS("look whether all is well, and say what to do",
	   "проверить, всё ли в порядке, и что делать"),
     TEXTS(
	 "Sockets and who may use them, gateway and core, versions, store, space, clock, queue.\n"
	 "Exits with 0, also after warnings; with 3 where matchd cannot be reached, with 1 where\n"
	 "something else fails.\n",
	 "Сокеты и права на них, шлюз и ядро, версии, хранилище, место, часы, очередь.\n"
	 "Код завершения 0, в том числе с предупреждениями; 3, если matchd недоступен; 1, если\n"
	 "не в порядке что-то ещё.\n")},
    {"completion", "SHELL", 1, 1, NULL, cmd_completion,
     TEXTS("print the completion for bash or zsh", "напечатать автодополнение для bash или zsh"),
     TEXTS("Installed with matchctl; by hand: source <(matchctl completion bash)\n",
	   "Ставится вместе с matchctl; вручную: source <(matchctl completion bash)\n")},
    {"complete", "[WORD...]", 0, MANY, NULL, cmd_complete, TEXTS(NULL, NULL), NO_HELP},
    {"manual", "", 0, 0, NULL, cmd_manual, TEXTS(NULL, NULL), NO_HELP},
    {"help", "[COMMAND]", 0, 2, NULL, cmd_help, TEXTS("explain a command", "объяснить команду"),
     NO_HELP},
    {NULL, NULL, 0, 0, NULL, NULL, TEXTS(NULL, NULL), NO_HELP},
};
