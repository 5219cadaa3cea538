/**
 * Completions for bash 4 and later.
 *
 * @module
 */

import { CHOICES, type CompletedVerb, type CompletionModel, type WordKind } from "./model.ts";

/**
 * The script. readline hands over words that it has broken at colons and equal signs, so the line is taken apart anew, by the
 * shell's rules for quotes and without expanding anything; what is offered begins where readline's last piece does.
 */
export function bashScript({ program, identifier, verbs, families }: CompletionModel): string {
  const name = `_${identifier}`;
  const firstWords = [
    ...families.keys(),
    ...verbs.filter(({ words }) => words.length === 1).map(({ words }) => words[0]),
  ];
  const cases = [
    `'') choices=(${[...new Set(firstWords), "help", "--help", "--version"].join(" ")}) ;;`,
    ...[...families.keys()].map((first) => `'${first}') choices=(${secondWords(first, verbs)} --help) ;;`),
    ...verbs.map(verbCase),
  ];
  return `# Completions of ${program} for bash, made by "${program} completions bash".
# To try them: source <(${program} completions bash)
# To keep them: ${program} completions bash > ~/.local/share/bash-completion/completions/${program}

# What can follow a verb: choices, flags (with what their values are), arguments.
${name}_table() {
  choices=() flags=() arguments=()
  case $1 in
${cases.map((line) => `    ${line}`).join("\n")}
  esac
}

# Takes a command line apart: the words that are complete, and of the last one its value, its text and an open quote.
${name}_split() {
  local line=$1 char next i
  words=() value='' raw='' quote=''
  for ((i = 0; i < \${#line}; i++)); do
    char=\${line:i:1}
    if [[ $quote == "'" ]]; then
      raw+=$char
      if [[ $char == "'" ]]; then quote=''; else value+=$char; fi
    elif [[ $char == '\\' ]]; then
      i=$((i + 1))
      next=\${line:i:1}
      raw+=$char$next
      if [[ $quote == '"' && $next != ['"$\`\\'] ]]; then value+=$char; fi
      value+=$next
    elif [[ $quote == '"' ]]; then
      raw+=$char
      if [[ $char == '"' ]]; then quote=''; else value+=$char; fi
    elif [[ $char == "'" || $char == '"' ]]; then
      raw+=$char quote=$char
    elif [[ $char == [[:space:]] ]]; then
      if [[ -n $raw ]]; then words+=("$value"); fi
      value='' raw=''
    else
      raw+=$char value+=$char
    fi
  done
}

# Writes a text so that the shell reads it as it is, behind the quote that is open where it goes.
${name}_quote() {
  local text=$1 char i
  quoted=''
  if [[ -z $text ]]; then
    return
  elif [[ -z $kept_quote ]]; then
    printf -v quoted %q "$text"
    return
  fi
  for ((i = 0; i < \${#text}; i++)); do
    char=\${text:i:1}
    if [[ $kept_quote == "'" ]]; then
      if [[ $char == "'" ]]; then quoted+="'\\\\''"; else quoted+=$char; fi
    else
      case $char in
        ['"$\`\\']) quoted+=\\\\$char ;;
        '!') quoted+="\\"'!'\\"" ;; # the only place where history is not looked up
        *) quoted+=$char ;;
      esac
    fi
  done
  # readline closes the quote, unless it takes the last character for the end of it.
  if [[ $text == *"'" && $kept_quote == "'" || $text == *['"!'] && $kept_quote == '"' ]]; then quoted+=$kept_quote; fi
}

# Offers those of the given words that begin with what is there.
${name}_offer() {
  local word quoted
  for word; do
    if [[ $word != "$value"* || $word != "$kept"* ]]; then continue; fi
    ${name}_quote "\${word:\${#kept}}"
    COMPREPLY+=("$quoted")
    if [[ $word == *[/:] ]]; then compopt -o nospace; fi
  done
}

# Offers words for the value that begins behind $before.
${name}_choose() {
  compopt +o default
  ${name}_offer "\${@/#/$before}"
}

# Asks the program for words that only a server knows.
${name}_ask() {
  local answer
  while IFS= read -r answer; do
    answers+=("$before$answer")
  done < <(${program} completions query -- "$1" 2> /dev/null < /dev/null)
}

# Offers words of a kind for the value that begins behind $before.
${name}_complete() {
  local text=\${value:\${#before}} answers=() file
  case $1 in
    file) ;;
    directory) compopt -o dirnames ;;
${Object.entries(CHOICES).map(([kind, words]) => `    ${kind}) ${name}_choose ${words.join(" ")} ;;`).join("\n")}
    server | job)
      compopt +o default
      if [[ $1 == job ]]; then ${name}_ask "job:\${positional[0]}"; else ${name}_ask "server:$text"; fi
      ${name}_offer "\${answers[@]}"
      ;;
    place)
      if [[ $text == *:* && \${text%%:*} != */* || $text == '['* ]]; then
        compopt +o default
        ${name}_ask "place:$text"
        ${name}_offer "\${answers[@]}"
      elif [[ $text != */* && $text != '~'* ]]; then
        ${name}_ask "place:$text"
        ${name}_offer "\${answers[@]}"
        # Where there is nothing else, readline completes names of files by itself.
        if ((\${#COMPREPLY[@]} == 0)); then return; fi
        while IFS= read -r file; do
          if [[ -d $file ]]; then file+=/; fi
          ${name}_offer "$before$file"
        done < <(compgen -f -- "$text")
      fi
      ;;
    *) compopt +o default ;;
  esac
}

${name}() {
  local IFS=$' \\t\\n'
  local words value raw quote kept kept_quote before='' choices flags arguments verb=() positional=() helping=''
  local word flag kind='' open='' i last
  COMPREPLY=()
  ${name}_split "\${COMP_LINE:0:COMP_POINT}"
  local all=("\${words[@]:1}") whole=$value typed=$raw
  if [[ $typed == *"$2" ]]; then typed=\${typed:0:\${#typed}-\${#2}}; fi
  ${name}_split "$typed"
  kept=$value kept_quote=$quote value=$whole
  ${name}_table ''
  if [[ \${all[0]-} == help ]]; then
    helping=1 all=("\${all[@]:1}")
  fi
  for word in "\${all[@]}"; do
    # What is redirected is not for this program.
    if [[ $word == [\\<\\>]* || $word == [0-9\\&][\\<\\>]* ]]; then return; fi
    if ((\${#choices[@]} > 0)); then
      verb+=("$word")
      ${name}_table "\${verb[*]}"
    elif [[ -n $kind ]]; then
      kind=''
    elif [[ -z $open && $word == -- ]]; then
      open=1
    elif [[ -z $open && $word == --*=* ]]; then
      continue
    elif [[ -z $open && $word == -?* ]]; then
      for flag in "\${flags[@]}"; do
        if [[ $flag == "$word="* ]]; then kind=\${flag#*=}; fi
      done
    else
      positional+=("$word")
    fi
  done
  if ((\${#choices[@]} > 0)); then
    compopt +o default
    ${name}_offer "\${choices[@]}"
  elif [[ -n $helping ]]; then
    compopt +o default
  elif [[ -n $kind ]]; then
    ${name}_complete "$kind"
  elif [[ -z $open && $value == --*=* ]]; then
    before=\${value%%=*}=
    for flag in "\${flags[@]}"; do
      if [[ $flag == "$before"* ]]; then ${name}_complete "\${flag#*=}"; fi
    done
  elif [[ -z $open && $value == -* ]]; then
    compopt +o default
    ${name}_offer "\${flags[@]%%=*}"
  elif ((\${#arguments[@]} > 0)); then
    i=\${#positional[@]} last=$((\${#arguments[@]} - 1))
    if [[ \${arguments[last]} == *... && $i -gt $last ]]; then i=$last; fi
    kind=\${arguments[i]-}
    if [[ -n $kind ]]; then ${name}_complete "\${kind%...}"; fi
  fi
} && complete -o default -F ${name} ${program}
`;
}

function secondWords(first: string, verbs: readonly CompletedVerb[]): string {
  return verbs.filter(({ words }) => words[0] === first && words.length > 1).map(({ words }) => words[1]).join(" ");
}

/** `'copy') flags=(--include=text -n --dry-run) arguments=(place place) ;;` */
function verbCase({ words, flags, arguments: kinds, repeats }: CompletedVerb): string {
  const spelled = flags.flatMap(({ spellings, value }) => spellings.map((text) => text + valueOf(value)));
  const last = kinds.length - 1;
  const shown = kinds.map((kind, i) => i === last && repeats ? `${kind}...` : kind);
  return `'${words.join(" ")}') flags=(${spelled.join(" ")}) arguments=(${shown.join(" ")}) ;;`;
}

function valueOf(value: WordKind | undefined): string {
  return value === undefined ? "" : `=${value}`;
}
