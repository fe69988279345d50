# SPDX-License-Identifier: MIT
# bash completion for pe. It asks pe itself which commands and options there
# are, so it is never of another version.

# The names of commands, in which "image build" is one.
_pe_names()
{
	local sort name rest
	while IFS=$'\t' read -r sort name rest; do
		[[ $sort != command ]] || printf '%s\n' "$name"
	done
}

# The options of command $1, each with its dashes and the word for its value.
_pe_options()
{
	local sort name letter long value rest
	while IFS=$'\t' read -r sort name letter long value rest; do
		[[ $sort == option && $name == "$1" ]] || continue
		[[ $letter == - ]] || printf '%s %s\n' "-$letter" "$value"
		printf '%s %s\n' "--$long" "$value"
	done
}

# Fill COMPREPLY with what starts with $2 and is of the kind that the word $1 means in the help.
_pe_offer()
{
	case $1 in
	*PROGRAM*)
		# After the program come its files.
		mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" catalog ls 2>/dev/null |
			sed '1d; s/[[:space:]].*//')" -- "$2" || compgen -f -- "$2") ;;
	*FILE* | STDIN)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "${2##*=}") ;;
	*DIR*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
	*\|*)
		mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$2") ;;
	*IMAGE*)
		mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" image ls 2>/dev/null |
			sed '1d; s/[[:space:]].*//')" -- "$2") ;;
	esac
}

_pe()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local rows names options first=${COMP_WORDS[1]} both="${COMP_WORDS[1]} ${COMP_WORDS[2]-}"
	local command='' value i

	COMPREPLY=()
	rows=$("${COMP_WORDS[0]}" help --format rows 2>/dev/null) || return
	names=$(_pe_names <<<"$rows")
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(sed 's/ .*//' <<<"$names" | sort -u) --help" -- "$cur")
		return
	fi
	if ((COMP_CWORD > 2)) && grep -qxF -- "$both" <<<"$names"; then
		command=$both
	elif grep -qxF -- "$first" <<<"$names"; then
		command=$first
	fi

	# What follows "--" is the program's.
	for ((i = 2; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != -- ]] || return
	done
	# "--name=value" comes as three words.
	if [[ $cur == = ]]; then
		cur=''
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	options=$(_pe_options "$command" <<<"$rows")
	value=$(sed -n "s/^$prev \([^-]\)/\1/p" <<<"$options")
	if [[ $prev == -* && $value ]]; then
		_pe_offer "$value" "$cur"
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(cut -d ' ' -f 1 <<<"$options" | grep '^--') --help" -- "$cur")
	elif ((COMP_CWORD == 2)) && grep -q "^$first " <<<"$names"; then
		mapfile -t COMPREPLY < <(compgen -W "$(sed -n "s/^$first //p" <<<"$names")" -- "$cur")
	else
		_pe_offer "$(awk -F '\t' -v c="$command" '$1 == "command" && $2 == c { print $3 }' <<<"$rows" |
			grep -o '\(^\| \)\(PROGRAM\|IMAGE\|FILE\|DIR\)' | tail -n 1)" "$cur"
	fi
}

complete -F _pe pe
