/* completion prints a shell's part, which is small: it hands the words to `matchctl complete`. */

#include "client/matchctl/complete.h"

#include <string.h>

static const char bash[] =
    "# Completion of matchctl in bash: source it, or put it into\n"
    "# /usr/share/bash-completion/completions/matchctl.bash\n"
    "_matchctl()\n"
    "{\n"
    "	local line\n"
    "	COMPREPLY=()\n"
    "	while IFS= read -r line; do\n"
    "		COMPREPLY+=(\"$line\")\n"
    "	done < <(\"$1\" complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "	if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *[/=] ]]; then\n"
    "		compopt -o nospace\n"
    "	fi\n"
    "}\n"
    "complete -o bashdefault -o default -F _matchctl matchctl\n";

static const char zsh[] =
    "#compdef matchctl\n"
    "# Completion of matchctl in zsh: put it as _matchctl into a directory of $fpath.\n"
    "_matchctl()\n"
    "{\n"
    "	local -a found open\n"
    "	found=(${(f)\"$(\"$words[1]\" complete -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\"})\n"
    "	if (( ! ${#found} )); then\n"
    "		_files\n"
    "		return\n"
    "	fi\n"
    "	open=(${(M)found:#*[/=]})\n"
    "	found=(${found:#*[/=]})\n"
    "	(( ${#found} )) && compadd -- $found\n"
    "	(( ${#open} )) && compadd -S '' -- $open\n"
    "	return 0\n"
    "}\n"
    "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
    "	_matchctl \"$@\"\n"
    "else\n"
    "	compdef _matchctl matchctl\n"
    "fi\n";

int
cmd_completion(struct tool *t)
{
	const char *shell = t->operands[0];
	if (strcmp(shell, "bash") == 0 || strcmp(shell, "zsh") == 0) {
		fputs(*shell == 'b' ? bash : zsh, stdout);
		return EXIT_DONE;
	}
	fputs(TR("matchctl: completion is there for bash and zsh\n",
		 "matchctl: автодополнение есть для bash и zsh\n"),
	      stderr);
	return EXIT_USAGE;
}

int
cmd_complete(struct tool *t)
{
	complete_words(t, t->operands, t->n_operands, stdout);
	return EXIT_DONE;
}
