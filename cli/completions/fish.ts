/**
 * Completions for fish 3 and later.
 *
 * @module
 */

import { choicesOf, type CompletedFlag, type CompletedVerb, type CompletionModel, type WordKind } from "./model.ts";

/** The script. fish quotes by itself what it inserts, and takes answers line by line. */
export function fishScript({ program, identifier, verbs, families }: CompletionModel): string {
  const name = `__${identifier}`;
  const first = [
    ...verbs.filter(({ words }) => words.length === 1).map(({ words: [word], summary }) => [word, summary] as const),
    ...families,
    ["help", "Explain a verb"] as const,
  ];
  const complete = `complete -c ${program}`;
  return `# Completions of ${program} for fish, made by "${program} completions fish".
# To try them: ${program} completions fish | source
# To keep them: ${program} completions fish > ~/.config/fish/completions/${program}.fish

# Prints the verb, then how many arguments follow it (-1 where a flag waits for its value), then those arguments.
function ${name}_words
    set -l words (commandline -opc)[2..]
    set -l help
    if test "$words[1]" = help
        set help help
        set -e words[1]
    end
    set -l verb $words[1]
    set -e words[1]
    if contains -- "$verb" ${[...families.keys()].join(" ")}; and set -q words[1]
        set verb "$verb $words[1]"
        set -e words[1]
    end
    set -l positional
    set -l open
    set -l waiting
    for word in $words
        if test -n "$waiting"
            set waiting
        else if test -z "$open" -a "$word" = --
            set open yes
        else if test -z "$open"; and string match -q -- '-?*' $word
            contains -- "$verb $word" ${name}_none ${valueFlags(verbs).map(quote).join(" ")}; and set waiting yes
        else
            set -a positional $word
        end
    end
    echo "$help$verb"
    if test -n "$waiting"
        echo -1
    else
        count $positional
    end
    string join \\n -- $positional
end

# Whether the cursor is at a place of a verb: its flags (without a number), or its argument of this number.
function ${name}_at
    set -l words (${name}_words)
    test "$words[1]" = "$argv[1]"; or return
    test (count $argv) -eq 1 -o "$words[2]" = "$argv[2]"
end

# Whether the cursor is behind all of so many arguments of a verb.
function ${name}_after
    set -l words (${name}_words)
    test "$words[1]" = "$argv[1]" -a "$words[2]" -ge "$argv[2]"
end

# The word at the cursor without its quotes.
function ${name}_token
    set -l token (commandline -ct)
    string unescape -- $token; or string replace -r '^["\\']' '' -- $token
end

# Asks the program for words that only a server knows.
function ${name}_ask
    ${program} completions query -- "$argv[1]" 2>/dev/null </dev/null
end

function ${name}_places
    ${name}_ask place:(${name}_token | string replace -r -- '^--[a-z-]+=' '' | string collect --allow-empty)
end

function ${name}_servers
    ${name}_ask server:(${name}_token | string collect --allow-empty)
end

function ${name}_jobs
    ${name}_ask job:(${name}_words)[3]
end

# Whether the word at the cursor is or can become a path here.
function ${name}_is_here
    not string match -qr -- '^(\\[|[^/]*:)' (${name}_token | string collect --allow-empty)
end

${complete} -f
${first.map(([word, summary]) => `${complete} -n '${name}_at ""' -a ${word} -d ${quote(summary)}`).join("\n")}
${complete} -n '${name}_at ""' -s h -l help -d 'Print this text'
${complete} -n '${name}_at ""' -s V -l version -d 'Print the version'
${first.map(([word, summary]) => `${complete} -n '${name}_at help' -a ${word} -d ${quote(summary)}`).join("\n")}
${[...families.keys()].map((family) => familyLines(family, verbs, complete, name)).join("\n")}
${verbs.map((verb) => verbLines(verb, complete, name)).join("\n")}
`;
}

function familyLines(family: string, verbs: readonly CompletedVerb[], complete: string, name: string): string {
  const members = verbs.filter(({ words }) => words[0] === family && words.length > 1);
  return members.flatMap(({ words, summary }) =>
    [family, `help${family}`].map((at) => `${complete} -n '${name}_at ${at}' -a ${words[1]} -d ${quote(summary)}`)
  ).join("\n");
}

function verbLines({ words, flags, arguments: kinds, repeats }: CompletedVerb, complete: string, name: string): string {
  const at = `${name}_at "${words.join(" ")}"`;
  const positional = kinds.flatMap((kind, i) => {
    const isLast = i === kinds.length - 1;
    const condition = isLast && repeats ? `${name}_after "${words.join(" ")}" ${i}` : `${at} ${i}`;
    return argumentLines(kind, condition, complete, name);
  });
  return [...flags.map((flag) => flagLine(flag, at, complete)), ...positional].join("\n");
}

function flagLine({ spellings, help, value }: CompletedFlag, at: string, complete: string): string {
  const names = spellings.map((text) => text.startsWith("--") ? `-l ${text.slice(2)}` : `-s ${text.slice(1)}`);
  const values: Partial<Record<WordKind, string>> = {
    file: "-r -F",
    directory: "-x -a '(__fish_complete_directories)'",
  };
  const choices = value === undefined ? undefined : choicesOf(value);
  const plain = choices === undefined ? "-x" : `-x -a ${quote(choices.join(" "))}`;
  const argument = value === undefined ? [] : [values[value] ?? plain];
  return [complete, "-n", quote(at), ...names, ...argument, "-d", quote(help)].join(" ");
}

function argumentLines(kind: WordKind, condition: string, complete: string, name: string): string[] {
  const answers: Partial<Record<WordKind, string>> = {
    place: `(${name}_places)`,
    server: `(${name}_servers)`,
    job: `(${name}_jobs)`,
  };
  const words = answers[kind] ?? choicesOf(kind)?.join(" ");
  const isLocal = kind === "place" || kind === "file" || kind === "directory";
  const lines = words === undefined ? [] : [`${complete} -n ${quote(condition)} -a ${quote(words)}`];
  return isLocal ? [...lines, `${complete} -n ${quote(`${condition}; and ${name}_is_here`)} -F`] : lines;
}

/** Each verb with each of its flags that take a value, as `${verb} ${flag}`. */
function valueFlags(verbs: readonly CompletedVerb[]): string[] {
  return verbs.flatMap(({ words, flags }) =>
    flags.filter(({ value }) => value !== undefined).flatMap(({ spellings }) =>
      spellings.map((spelling) => `${words.join(" ")} ${spelling}`)
    )
  );
}

/** A word of fish that stands for exactly this text. */
function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
