/* The table of commands. */

#include "client/matchctl/command_options.h"

#define NO_HELP TEXTS(NULL, NULL)

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
#define KEYS_EN                                                                                    \
	"With --key each object's key is TEXT:1, TEXT:2 and so on in the order given; one that "   \
	"has "                                                                                     \
	"a\n`key` of its own goes by that.\n"
#define KEYS_RU                                                                                                                              \
	"С --key у объектов по порядку ключи TEXT:1, TEXT:2 и так далее; где есть свой `key`,\n" \
	"действует он.\n"
#define MANY 1000000

#define OWN_EN                                                                                     \
	"Works on the store's directory itself, beside a running matchd too, as matchd's user "    \
	"or\n"                                                                                     \
	"root.\n"
#define OWN_RU                                                                                                                                             \
	"Работает с самим каталогом хранилища, в том числе при запущенном matchd; от имени\n" \
	"пользователя matchd или root.\n"

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
    {"participant status", "PARTICIPANT STATUS", 2, 2, key_options, cmd_participant_status,
     TEXTS("set a participant's status", "задать статус участника"),
     TEXTS("STATUS is applicant, member, suspended or excluded. Only members' listings match.\n",
	   "STATUS — applicant (заявитель), member (участник), suspended (приостановлен) или\n"
	   "excluded (исключён). В подборе только объявления тех, у кого member.\n")},
    {"participant show", "PARTICIPANT", 1, 1, NULL, cmd_participant_show,
     TEXTS("show a participant", "показать участника"), NO_HELP},
    {"participant list", "", 0, 0, participant_list_options, cmd_participant_list,
     TEXTS("list participants", "перечислить участников"), NO_HELP},
    {"publish", "FILE...", 1, MANY, publish_options, cmd_publish,
     TEXTS("publish needs and offers", "опубликовать потребности и предложения"),
     TEXTS(
	 FILES_EN
	 "Each object has `listing` (PARTICIPANT/KEY), `exchange`, `side`, `title`, `fields` and\n"
	 "whatever else listing.publish takes. Publishing a key again revises it; what has not\n"
	 "changed makes no difference, so a file can be published any number of times.\n" DATES_EN
	     KEYS_EN,
	 FILES_RU
	 "В объекте — `listing` (УЧАСТНИК/КЛЮЧ), `exchange`, `side`, `title`, `fields` и прочее,\n"
	 "что принимает listing.publish. Повторная публикация ключа меняет объявление, а без\n"
	 "изменений не делает ничего: файл можно публиковать сколько угодно раз.\n" DATES_RU
	     KEYS_RU)},
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
     TEXTS(
	 "A STREAM is x.EXCHANGE or p.PARTICIPANT; without one, everything is followed. Nothing "
	 "is\n"
	 "missed, also when matchd restarts meanwhile; facts that matchd does not keep any more, "
	 "and\n"
	 "a store that is another, are told.\n\n"
	 "With --durable a subscription says what is followed (`matchctl subscription create` "
	 "makes\n"
	 "it) and matchd remembers how far you have come, so it goes on there when it is given "
	 "again.\n"
	 "A fact is done with once it is printed; with --exec once the command exits with 0; with\n"
	 "--forward once the receiver has answered a line `ok`. What fails is tried again, in "
	 "order,\n"
	 "after pauses that grow from a quarter of a second to a minute. After a crash the last "
	 "facts\n"
	 "may come twice: `number`, and with what stood at the beginning `place`, tell them "
	 "apart.\n"
	 "Lines {\"lagged\": [FROM, TO]} and {\"epoch_changed\": EPOCH} are given like facts.\n",
	 "STREAM — x.EXCHANGE или p.PARTICIPANT; без него видны все события. Ничего не теряется,\n"
	 "даже если matchd тем временем перезапустится; о том, что факты уже не хранятся или\n"
	 "хранилище другое, сообщается.\n\n"
	 "С --durable за чем следить, говорит подписка (её создаёт `matchctl subscription "
	 "create`), а\n"
	 "matchd помнит, докуда вы дошли: та же команда продолжает с этого места. Факт считается\n"
	 "обработанным, когда он напечатан; с --exec — когда команда завершилась с кодом 0; с\n"
	 "--forward — когда получатель ответил строкой `ok`. Неудачное повторяется по порядку с\n"
	 "паузами от четверти секунды до минуты. После сбоя последние факты могут прийти снова: "
	 "их\n"
	 "отличают `number` и, у исходного состояния, `place`. Строки {\"lagged\": [ОТ, ДО]} и\n"
	 "{\"epoch_changed\": ЭПОХА} передаются так же, как факты.\n")},
    {"subscription create", "NAME", 1, 1, subscription_create_options, cmd_subscription_create,
     TEXTS("make a durable subscription", "создать долговременную подписку"),
     TEXTS("Without options every fact passes. The same again changes nothing. --field makes it a\n"
	   "standing search, with --exchange and --side: with --side offer the fields are written "
	   "as a\n"
	   "need states them. A FILE is a map of what subscription.create takes; options go before "
	   "it.\n"
	   "With --start state, what stands comes first. A whole number there is a fact's; a time "
	   "is\n"
	   "YYYY-MM-DD (UTC) or RFC 3339. A subscription belongs to a client: see --client.\n",
	   "Без ключей проходят все факты. Повтор той же команды ничего не меняет. С --field, "
	   "--exchange\n"
	   "и --side это постоянный поиск: при --side offer поля пишутся так, как их пишет "
	   "потребность.\n"
	   "В FILE — словарь того, что принимает subscription.create; ключи команды важнее. С "
	   "--start\n"
	   "state сначала приходит то, что есть. Целое число — номер факта; время — ГГГГ-ММ-ДД "
	   "(UTC)\n"
	   "или RFC 3339. Подписка принадлежит клиенту: см. --client.\n")},
    {"subscription list", "", 0, 0, subscription_list_options, cmd_subscription_list,
     TEXTS("list your durable subscriptions", "перечислить ваши долговременные подписки"),
     TEXTS(
	 "LAG is how many facts, of any kind, happened since the last acknowledged one. READ says "
	 "whether\nsomebody waits for facts at this moment; LOST are facts that were due and are "
	 "not "
	 "kept any more;\nMISFIT says that the exchange has changed and nothing passes.\n",
	 "ОТСТАЁТ — сколько любых фактов случилось после последнего подтверждённого. ЧИТАЕТСЯ — "
	 "ждёт\n"
	 "ли кто-то факты сейчас; ПОТЕРЯНО — факты, которые уже не хранятся; НЕ ПОДХОДИТ — "
	 "площадка\n"
	 "изменилась, и ничего не проходит.\n")},
    {"subscription show", "SUBSCRIPTION", 1, 1, NULL, cmd_subscription_show,
     TEXTS("show a durable subscription and how far it has come",
	   "показать долговременную подписку и докуда она дошла"),
     NO_HELP},
    {"subscription delete", "SUBSCRIPTION", 1, 1, NULL, cmd_subscription_delete,
     TEXTS("end a durable subscription", "удалить долговременную подписку"), NO_HELP},
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
     TEXTS("What is typed goes before the environment ($MATCHD_RUNTIME, $MATCHD_CLIENT,\n"
	   "$MATCHCTL_LANG), the environment before the context in use, and that before the "
	   "defaults.\n",
	   "Ключи команды важнее переменных ($MATCHD_RUNTIME, $MATCHD_CLIENT, $MATCHCTL_LANG),\n"
	   "те важнее выбранного контекста, а он важнее умолчаний.\n")},
    {"context show", "[CONTEXT]", 0, 1, NULL, cmd_context_show,
     TEXTS("show a context, or the one in use", "показать контекст (без имени — выбранный)"),
     NO_HELP},
    {"context set", "CONTEXT KEY=VALUE...", 2, 20, NULL, cmd_context_set,
     TEXTS("make a context, or change it", "создать или изменить контекст"),
     TEXTS("The keys are endpoint, timeout, lang, color and client, as the options of these names; "
	   "an\n"
	   "empty value takes one away. They are kept in $XDG_CONFIG_HOME/matchctl/config.yaml.\n",
	   "Ключи — endpoint, timeout, lang, color и client, как одноимённые ключи команд; пустое\n"
	   "значение убирает ключ. Хранятся в $XDG_CONFIG_HOME/matchctl/config.yaml.\n")},
    {"context remove", "CONTEXT", 1, 1, NULL, cmd_context_remove,
     TEXTS("remove a context", "удалить контекст"), NO_HELP},
    {"status", "", 0, 0, view_options, cmd_status,
     TEXTS("show how matchd is", "показать состояние matchd"), NO_HELP},
    {"doctor", "", 0, 0, NULL, cmd_doctor,
     TEXTS("look whether all is well, and say what to do",
	   "проверить, всё ли в порядке, и что делать"),
     TEXTS(
	 "Sockets and who may use them, gateway and core, versions, store, space, clock, queue,\n"
	 "index. Exits with 0, also after warnings; with 3 where matchd cannot be reached, with 1\n"
	 "where something else fails.\n",
	 "Сокеты и права на них, шлюз и ядро, версии, хранилище, место, часы, очередь, индекс.\n"
	 "Код завершения 0, в том числе с предупреждениями; 3, если matchd недоступен; 1, если\n"
	 "не в порядке что-то ещё.\n")},
    {"backup", "FILE", 1, 1, backup_options, cmd_backup,
     TEXTS("back the store up into a file", "сделать резервную копию хранилища в файл"),
     TEXTS(OWN_EN
	   "FILE is the store as of one moment, with everything that was answered before. It is\n"
	   "read back before it gets its name (FILE.partial until then). A copy of data.mdb made\n"
	   "while matchd runs is no backup.\n",
	   OWN_RU
	   "FILE — хранилище на один момент, со всем, на что до этого был дан ответ. Имя файл\n"
	   "получает после проверки (до того — FILE.partial). Копия data.mdb, снятая при\n"
	   "запущенном matchd, резервной копией не является.\n")},
    {"restore", "FILE", 1, 1, data_options, cmd_restore,
     TEXTS("make a store from a backup", "восстановить хранилище из резервной копии"),
     TEXTS(
	 "The directory may hold no store, and matchd may not run there. All of the backup is\n"
	 "checked first; what fails leaves nothing behind. Facts keep their numbers, and the "
	 "store\n"
	 "gets a new epoch, by which followers learn that later numbers mean other facts.\n",
	 "В каталоге не должно быть хранилища, и matchd там не должен работать. Сначала копия\n"
	 "проверяется целиком; от неудачи ничего не остаётся. Номера фактов сохраняются, а эпоха\n"
	 "новая: по ней подписчики узнают, что дальше под теми же номерами другие факты.\n")},
    {"verify", "[FILE]", 0, 1, verify_options, cmd_verify,
     TEXTS("check everything that the store, or a backup, holds, or the matches of matchd",
	   "проверить всё, что есть в хранилище или в резервной копии, или совпадения matchd"),
     TEXTS(
	 OWN_EN
	 "The journal's chain, rows, asides and heads of streams, the market that the rows make,\n"
	 "and, where no fact was dropped, the market that all facts make. Takes the memory of a\n"
	 "second matchd. Exits with 1 where something is damaged.\n\n"
	 "With --live the running matchd is asked instead: listings are judged with all of the\n"
	 "other side by the rule of matching, and what its index finds, and what was told, must "
	 "be\n"
	 "the same. Exits with 1 where it is not. That goes on beside everything else, a few\n"
	 "milliseconds at a time; --all judges every pair there is.\n",
	 OWN_RU
	 "Цепь журнала, строки, записи сервиса, головы потоков, рынок из строк и, если факты не\n"
	 "удалялись, рынок из всех фактов. Памяти нужно как второму matchd. Код завершения 1,\n"
	 "если что-то повреждено.\n\n"
	 "С --live вместо этого спрашивают работающий matchd: объявления сравниваются по правилам\n"
	 "подбора со всеми объявлениями другой стороны, и то, что находит индекс и что было\n"
	 "сообщено, должно быть тем же. Код завершения 1, если это не так. Проверка идёт рядом с\n"
	 "обычной работой, по нескольку миллисекунд; --all сравнивает все пары.\n")},
    {"facts", "", 0, 0, facts_options, cmd_facts, TEXTS("print the journal", "напечатать журнал"),
     TEXTS(OWN_EN
	   "A line names the fact and whom it concerns. With --json a fact is whole, as it is\n"
	   "stored: contacts, blocks and hidden values among it, so mind who gets it. Values are\n"
	   "canonical: numbers scaled by their decimals, dates in days, places in metres.\n",
	   OWN_RU
	   "Строка называет факт и тех, кого он касается. С --json факт целиком, как он хранится:\n"
	   "с контактами, списками блокировок и скрытыми значениями, — следите, кому его даёте.\n"
	   "Значения канонические: числа в долях единицы, даты в днях, места в метрах.\n")},
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
