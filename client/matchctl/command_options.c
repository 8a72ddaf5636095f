/* The options of every command, and those that all have. The words in capitals are the same in both
 * languages: they name kinds of values, and completion goes by them. */

#include "client/matchctl/command_options.h"

#define NO_OPTION                                                                                  \
	{                                                                                          \
		NULL, 0, NULL, TEXTS(NULL, NULL)                                                   \
	}
const struct option_spec global_options[] = {
    {"endpoint", 'e', "WHERE",
     TEXTS("matchd's runtime directory, or COMMANDS,FEED (default: $MATCHD_RUNTIME, "
	   "$XDG_RUNTIME_DIR/matchd, /run/matchd)",
	   "рабочий каталог matchd или КОМАНДЫ,ЛЕНТА (иначе $MATCHD_RUNTIME, "
	   "$XDG_RUNTIME_DIR/matchd, /run/matchd)")},
    {"context", 'c', "CONTEXT",
     TEXTS("the settings of that name (default: $MATCHCTL_CONTEXT, or the one in use)",
	   "настройки с этим именем (иначе $MATCHCTL_CONTEXT или выбранные)")},
    {"client", 0, "NAME",
     TEXTS(
	 "who you are to matchd: whose subscriptions and keys these are (default: $MATCHD_CLIENT, "
	 "matchctl.USER)",
	 "кем вы представляетесь matchd: чьи подписки и ключи (иначе $MATCHD_CLIENT, "
	 "matchctl.USER)")},
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
#define KEY_OPTION                                                                                 \
	{                                                                                          \
		"key", 0, "TEXT",                                                                  \
		    TEXTS("carry it out once, however often it is given with this key",            \
			  "выполнить один раз, сколько бы раз ни подали с этим ключом")            \
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

const struct option_spec publish_options[] = {
    FORMAT_OPTION,
    KEY_OPTION,
    NO_OPTION,
};

const struct option_spec format_options[] = {
    FORMAT_OPTION,
    NO_OPTION,
};

const struct option_spec register_options[] = {
    FORMAT_OPTION,
    {"status", 's', "STATUS",
     TEXTS("applicant or member, for those whose file does not say",
	   "applicant или member для тех, у кого в файле не сказано")},
    KEY_OPTION,
    NO_OPTION,
};

const struct option_spec participant_revise_options[] = {
    {"set", 's', "NAME=JSON",
     TEXTS("an attribute and its new value; null removes it (repeatable)",
	   "свойство и его новое значение; null убирает его (можно повторять)")},
    EXPECT_OPTION,
    FORMAT_OPTION,
    KEY_OPTION,
    NO_OPTION,
};

const struct option_spec key_options[] = {
    KEY_OPTION,
    NO_OPTION,
};

const struct option_spec participant_list_options[] = {
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

const struct option_spec revise_options[] = {
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
    KEY_OPTION,
    NO_OPTION,
};

#define WINDOW_OPTION                                                                              \
	{                                                                                          \
		"window", 'w', "N",                                                                \
		    TEXTS("so many requests in flight, 1 to 1000 (default: 256)",                  \
			  "сколько запросов одновременно ждут ответа, от 1 до 1000 (иначе 256)")   \
	}

const struct option_spec import_options[] = {
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

const struct option_spec export_options[] = {
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

const struct option_spec expect_options[] = {
    EXPECT_OPTION,
    KEY_OPTION,
    NO_OPTION,
};

const struct option_spec reject_options[] = {
    {"reason", 'r', "TEXT", TEXTS("why, for the publisher", "причина — для того, кто опубликовал")},
    EXPECT_OPTION,
    KEY_OPTION,
    NO_OPTION,
};

const struct option_spec renew_options[] = {
    {"until", 'u', "DATE",
     TEXTS("the new end (default: the exchange's default lifetime from now)",
	   "новый конец (иначе обычный срок площадки с этого момента)")},
    EXPECT_OPTION,
    KEY_OPTION,
    NO_OPTION,
};

const struct option_spec list_options[] = {
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

const struct option_spec matches_options[] = {
    {"limit", 'n', "N", TEXTS("at most so many (default: 20)", "не больше N (иначе 20)")},
    AFTER_OPTION,
    ALL_OPTION,
    WATCH_OPTION,
    NO_OPTION,
};

const struct option_spec view_options[] = {
    WATCH_OPTION,
    NO_OPTION,
};

const struct option_spec watch_options[] = {
    {"from", 'f', "N",
     TEXTS("begin with fact number N (default: what happens from now on)",
	   "начать с факта N (иначе с того, что произойдёт дальше)")},
    {"count", 'n', "N", TEXTS("stop after so many facts", "закончить после N фактов")},
    {"durable", 'd', "SUBSCRIPTION",
     TEXTS("consume this durable subscription", "читать эту долговременную подписку")},
    {"exec", 'x', "COMMAND-LINE",
     TEXTS("run it by /bin/sh for each fact, which it gets as a line of JSON; with --durable",
	   "для каждого факта запускать её через /bin/sh, факт — строкой JSON на вводе; с "
	   "--durable")},
    {"forward", 'F', "unix:PATH",
     TEXTS("send each fact to that socket as a line of JSON; with --durable",
	   "отправлять каждый факт в этот сокет строкой JSON; с --durable")},
    NO_OPTION,
};

const struct option_spec subscription_create_options[] = {
    {"exchange", 'E', "EXCHANGE", TEXTS("only facts of this exchange", "только этой площадки")},
    {"side", 's', "SIDE",
     TEXTS("only facts about needs, or about offers, and matches",
	   "только о потребностях (need) или предложениях (offer), и совпадения")},
    {"participant", 'p', "PARTICIPANT",
     TEXTS("only facts about this participant", "только об этом участнике")},
    {"listing", 'l', "LISTING",
     TEXTS("only facts about this listing", "только об этом объявлении")},
    {"kind", 'k', "FACT",
     TEXTS("only such facts, as match.made (repeatable)",
	   "только такие факты, например match.made (можно повторять)")},
    {"min-score", 'm', "N",
     TEXTS("of matches: only while the score is at least N, 0 to 1000",
	   "из совпадений: только пока оценка не ниже N, от 0 до 1000")},
    {"field", 'F', "NAME=JSON",
     TEXTS(
	 "only listings that meet this statement, written as the other side writes it (repeatable)",
	 "только объявления, отвечающие этому условию, как его пишет другая сторона (можно "
	 "повторять)")},
    {"file", 'f', "FILE",
     TEXTS("take all this from a JSON or YAML file; - is JSON on the standard input",
	   "взять всё это из файла JSON или YAML; - это JSON со стандартного ввода")},
    {"start", 0, "START",
     TEXTS("now, state, the number of a fact, or a time (default: now)",
	   "now, state, номер факта или время (иначе now)")},
    {"ack-timeout", 0, "SECONDS",
     TEXTS("give again what is not acknowledged for so long (default: 30)",
	   "давать снова то, что столько не подтверждено (иначе 30)")},
    NO_OPTION,
};

const struct option_spec subscription_list_options[] = {
    {"everyone", 'A', NULL, TEXTS("those of all clients", "подписки всех клиентов")},
    LIMIT_OPTION,
    AFTER_OPTION,
    ALL_OPTION,
    WATCH_OPTION,
    NO_OPTION,
};

#define DATA_OPTION                                                                                            \
	{                                                                                                      \
		"data", 'd', "DIRECTORY",                                                                      \
		    TEXTS("the store (default: data-directory of /etc/matchd/matchd.yaml, else "               \
			  "/var/lib/matchd)",                                                                  \
			  "хранилище (иначе data-directory из /etc/matchd/matchd.yaml или " \
			  "/var/lib/matchd)")                                                                  \
	}

const struct option_spec data_options[] = {
    DATA_OPTION,
    NO_OPTION,
};

const struct option_spec verify_options[] = {
    DATA_OPTION,
    {"live", 'l', NULL,
     TEXTS("check the matches of the running matchd instead",
	   "вместо этого проверить совпадения работающего matchd")},
    {"exchange", 'E', "EXCHANGE",
     TEXTS("with --live: only of this exchange", "с --live: только этой площадки")},
    {"sample", 'n', "N",
     TEXTS("with --live: of so many open listings at most, evenly spread (default: 200)",
	   "с --live: не больше чем N открытых объявлений, взятых равномерно (иначе 200)")},
    {"all", 'a', NULL,
     TEXTS("with --live: of all open listings", "с --live: всех открытых объявлений")},
    NO_OPTION,
};

const struct option_spec backup_options[] = {
    DATA_OPTION,
    {"force", 0, NULL, TEXTS("replace a FILE that is there", "заменить FILE, если он есть")},
    NO_OPTION,
};

const struct option_spec facts_options[] = {
    {"from", 0, "N",
     TEXTS("from this fact on (default: the oldest)", "с этого факта (иначе с первого)")},
    {"to", 0, "N",
     TEXTS("up to this fact (default: the last)", "по этот факт (иначе по последний)")},
    {"kind", 'k', "FACT",
     TEXTS("only this kind, such as match.made; \"match\" is all of match.*",
	   "только этого вида, например match.made; «match» — все match.*")},
    {"listing", 'l', "LISTING", TEXTS("only what concerns it", "только о нём")},
    {"participant", 'p', "PARTICIPANT",
     TEXTS("only what concerns it or its listings", "только о нём и его объявлениях")},
    DATA_OPTION,
    NO_OPTION,
};
