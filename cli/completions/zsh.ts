/**
 * Completions for zsh.
 *
 * @module
 */

import { choicesOf, type CompletedFlag, type CompletedVerb, type CompletionModel, type WordKind } from "./model.ts";

/** The script, a function of zsh's completion system. Its `_arguments` knows which flags exclude each other. */
export function zshScript({ program, identifier, verbs, families }: CompletionModel): string {
  const name = `_${identifier}`;
  const single = verbs.filter(({ words }) => words.length === 1);
  const first = [
    ...single.map(({ words: [word], summary }) => [word, summary] as const),
    ...[...families].map(([word, members]) => [word, members] as const),
    ["help", "Explain a verb"] as const,
  ];
  const familyCases = [...families.keys()].map((family) => {
    const members = verbs.filter(({ words }) => words[0] === family && words.length > 1);
    return `    (${family})
      verbs=(
${members.map(({ words, summary }) => `        ${described(words[1], summary)}`).join("\n")}
      ) ;;`;
  });
  return `#compdef ${program}
# Completions of ${program} for zsh, made by "${program} completions zsh".
# To try them, after compinit: source <(${program} completions zsh)
# To keep them: ${program} completions zsh > a file _${program} in a directory of $fpath

# Offers the modules and directories of a server as they are typed.
${name}_place() {
  local word=\${(Q)PREFIX} head='' answer
  local -a answers files open
  if [[ ( $word == *:* && \${word%%:*} != */* ) || $word == \\[* ]]; then
    answers=("\${(@f)$(${program} completions query -- "place:$word" 2> /dev/null < /dev/null)}")
    if [[ $word == */* ]]; then
      head=\${word%/*}/
      compset -P '*/'
    fi
    for answer in "\${answers[@]}"; do
      answer=\${answer[$#head+1,-1]}
      if [[ $answer == */ ]]; then open+=("$answer"); elif [[ -n $answer ]]; then files+=("$answer"); fi
    done
    local result=1
    compadd -S '' -- "\${open[@]}" && result=0
    compadd -- "\${files[@]}" && result=0
    return result
  fi
  local result=1
  _files && result=0
  if [[ $word != */* && $word != '~'* ]]; then
    answers=("\${(@f)$(${program} completions query -- "place:$word" 2> /dev/null < /dev/null)}")
    compadd -S '' -- "\${(@)answers:#}" && result=0
  fi
  return result
}

${name}_server() {
  local -a answers
  answers=("\${(@f)$(${program} completions query -- "server:\${(Q)PREFIX}" 2> /dev/null < /dev/null)}")
  compadd -- "\${(@)answers:#}"
}

# The server is the first argument before the one at the cursor that is no flag.
${name}_job() {
  local word
  local -a answers
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ $word == -* ]]; then continue; fi
    answers=("\${(@f)$(${program} completions query -- "job:\${(Q)word}" 2> /dev/null < /dev/null)}")
    break
  done
  compadd -- "\${(@)answers:#}"
}

# Offers verbs; $1 is the first word of two, if it is there.
${name}_verbs() {
  local -a verbs
  case $1 in
    ('')
      verbs=(
${first.map(([word, summary]) => `        ${described(word, summary)}`).join("\n")}
      ) ;;
${familyCases.join("\n")}
  esac
  (( $#verbs )) && _describe verb verbs
}

${name}() {
  if (( CURRENT == 2 )); then
    ${name}_verbs ''
    return
  fi
  if [[ $words[2] == help ]]; then
    shift words
    (( CURRENT-- ))
    if (( CURRENT == 2 )); then ${name}_verbs ''; elif (( CURRENT == 3 )); then ${name}_verbs $words[2]; fi
    return
  fi
  local verb=$words[2]
  case $verb in
    (${[...families.keys()].join("|")})
      if (( CURRENT == 3 )); then
        ${name}_verbs $verb
        return
      fi
      verb+=" $words[3]"
      shift words
      (( CURRENT-- )) ;;
  esac
  shift words
  (( CURRENT-- ))
  case $verb in
${verbs.map((verb) => verbCase(verb, name)).join("\n")}
  esac
}

if [[ $funcstack[1] == ${name} ]]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

/** `'copy:Copy files'`, as _describe takes it. */
function described(word: string, summary: string): string {
  return quote(`${word}:${summary}`);
}

function verbCase({ words, flags, arguments: kinds, argumentNames, repeats }: CompletedVerb, name: string): string {
  const last = kinds.length - 1;
  const positional = kinds.map((kind, i) => {
    const place = i === last && repeats ? "*" : String(i + 1);
    return `${place}:${argumentNames[i]}:${actionOf(kind, name)}`;
  });
  const specs = [...flags.flatMap((flag) => flagSpecs(flag, name)), ...positional].map(quote);
  return `    (${quote(words.join(" "))})
      _arguments -s -S ${specs.map((spec) => `\\\n        ${spec}`).join(" ")} ;;`;
}

/** `(--other)--name=[help]:VALUE:action`, one for each spelling; `*` where it may be repeated. */
function flagSpecs({ spellings, help, value, placeholder, repeats, excludes }: CompletedFlag, name: string): string[] {
  return spellings.map((spelling) => {
    const others = repeats ? excludes : [...spellings, ...excludes];
    const excluded = others.length === 0 ? "" : `(${others.join(" ")})`;
    const text = help.replace(/[\\[\]:]/g, "\\$&");
    const argument = value === undefined ? "" : `:${placeholder}:${actionOf(value, name)}`;
    return `${excluded}${repeats ? "*" : ""}${spelling}${value === undefined ? "" : "="}[${text}]${argument}`;
  });
}

function actionOf(kind: WordKind, name: string): string {
  const actions: Partial<Record<WordKind, string>> = {
    place: `${name}_place`,
    server: `${name}_server`,
    job: `${name}_job`,
    file: "_files",
    directory: "_files -/",
  };
  return actions[kind] ?? (choicesOf(kind) === undefined ? " " : `(${choicesOf(kind)!.join(" ")})`);
}

/** A word of zsh that stands for exactly this text. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
