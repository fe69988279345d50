#compdef pe
# SPDX-License-Identifier: MIT
# zsh completion for pe. It asks pe itself which commands and options there
# are, so it is never of another version.

_pe_images()
{
	local -a images=(${(f)"$(${(Q)_pe_program} image ls 2>/dev/null | sed '1d; s/[[:space:]].*//')"})
	compadd -a images
}

_pe_programs()
{
	local -a programs=(${(f)"$(${(Q)_pe_program} catalog ls 2>/dev/null | sed '1d; s/[[:space:]].*//')"})
	compadd -a programs
}

# Set reply to the action of _arguments for the word $1 of the help.
_pe_action()
{
	case $1 in
	*PROGRAM*) reply=_pe_programs ;;
	*FILE*|STDIN) reply=_files ;;
	*DIR*) reply='_files -/' ;;
	*\|*) reply="(${1//|/ })" ;;
	*IMAGE*) reply=_pe_images ;;
	*) reply=' ' ;;
	esac
}

# What may stand after the name of command $1.
_pe_arguments()
{
	local row reply specs=('(- *)'{-h,--help}'[this command'\''s help]')
	local -a field
	for row in $_pe_rows; do
		field=("${(@ps:\t:)row}")
		[[ $field[1] == option && $field[2] == $1 ]] || continue
		local value='' help=${field[6]//(#m)[\[\]:\\]/\\$MATCH}
		if [[ $field[5] != - ]]; then
			_pe_action $field[5]
			value=":${field[5]//:/\\:}:$reply"
			[[ $field[3] == - ]] || specs+=("*-$field[3]+[$help]$value")
			specs+=("*--$field[4]=[$help]$value")
		else
			[[ $field[3] == - ]] || specs+=("*-$field[3][$help]")
			specs+=("*--$field[4][$help]")
		fi
	done
	for row in $_pe_rows; do
		field=("${(@ps:\t:)row}")
		[[ $field[1] == command && $field[2] == $1 ]] || continue
		_pe_action ${(M)${(z)field[3]}:#(PROGRAM|IMAGE|FILE|DIR)}
		specs+=("1:operand:$reply" '*::argument:_default')
	done
	_arguments -s -S $specs
}

_pe()
{
	setopt local_options extended_glob
	local _pe_program=$words[1] row
	local -a _pe_rows=(${(f)"$(${(Q)words[1]} help --format rows 2>/dev/null)"}) field firsts seconds names

	for row in $_pe_rows; do
		field=("${(@ps:\t:)row}")
		[[ $field[1] == command ]] || continue
		names+=($field[2])
		if [[ $field[2] == *' '* ]]; then
			[[ $field[2] != "$words[2] "* ]] || seconds+=("${field[2]#* }:${field[4]//:/\\:}")
			[[ -n ${(M)firsts:#${field[2]%% *}:*} ]] || firsts+=("${field[2]%% *}:${field[2]%% *} commands")
		else
			firsts+=("$field[2]:${field[4]//:/\\:}")
		fi
	done

	if ((CURRENT == 2)); then
		_describe command firsts
	elif ((CURRENT == 3 && $#seconds)) && [[ $words[3] != -* ]]; then
		_describe command seconds
	elif ((CURRENT > 3)) && [[ -n ${(M)names:#"$words[2] $words[3]"} ]]; then
		local command="$words[2] $words[3]"
		words=("${(@)words[3,-1]}")
		((CURRENT -= 2))
		_pe_arguments $command
	else
		local command=$words[2]
		words=("${(@)words[2,-1]}")
		((CURRENT -= 1))
		_pe_arguments $command
	fi
}

_pe "$@"
