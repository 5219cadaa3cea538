/**
 * Completions for PowerShell 5 and later.
 *
 * @module
 */

import { CHOICES, type CompletedVerb, type CompletionModel } from "./model.ts";

/** The script. PowerShell inserts what it is given as it is, so names are put in quotes here. */
export function powershellScript({ program, verbs, families }: CompletionModel): string {
  const first = [
    ...verbs.filter(({ words }) => words.length === 1).map(({ words: [word], summary }) => [word, summary] as const),
    ...families,
    ["help", "Explain a verb"] as const,
  ];
  return `# Completions of ${program} for PowerShell, made by "${program} completions powershell".
# To try them: ${program} completions powershell | Out-String | Invoke-Expression
# To keep them: write them to a file, and run it in $PROFILE

Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $choices = @{
${choicesOf("", first)}
${[...families.keys()].map((family) => choicesOf(family, membersOf(family, verbs))).join("\n")}
    }
    $flags = @{
${verbs.map(flagsOf).join("\n")}
    }
    $arguments = @{
${verbs.map(argumentsOf).join("\n")}
    }

    # The value of the word at the cursor, without its quotes.
    $value = $wordToComplete -replace '^[''"]|[''"]$', ''
    $quoted = {
        param($text)
        if ($text -match '^[A-Za-z0-9_./\\\\:+=-]+$') { $text }
        else { "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($text) + "'" }
    }
    $offer = {
        param($text, $help)
        if (-not $text.StartsWith($value, [System.StringComparison]::Ordinal)) { return }
        if (-not $help) { $help = $text }
        [System.Management.Automation.CompletionResult]::new((& $quoted $text), $text, 'ParameterValue', $help)
    }
    $ask = {
        param($question)
        & '${program}' completions query '--' $question 2>$null | ForEach-Object { & $offer $_ '' }
    }

    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_.Value -is [string]) { $_.Value } else { $_.Extent.Text } })
    $helping = $words.Count -gt 0 -and $words[0] -ceq 'help'
    if ($helping) { $words = @($words | Select-Object -Skip 1) }
    $verb = ''
    $positional = @()
    $kind = ''
    $open = $false
    foreach ($word in $words) {
        if ($choices.ContainsKey($verb)) { $verb = ("$verb $word").Trim() }
        elseif ($kind) { $kind = '' }
        elseif (-not $open -and $word -ceq '--') { $open = $true }
        elseif (-not $open -and $word -like '-?*') {
            foreach ($flag in $flags[$verb]) { if ($flag[0] -ceq $word) { $kind = $flag[1] } }
        }
        else { $positional += $word }
    }
    if ($choices.ContainsKey($verb)) {
        foreach ($choice in $choices[$verb]) { & $offer $choice[0] $choice[1] }
        return
    }
    if ($helping) { return }
    if (-not $kind -and -not $open -and $value -like '-*') {
        foreach ($flag in $flags[$verb]) { & $offer $flag[0] $flag[2] }
        return
    }
    if (-not $kind -and $arguments.ContainsKey($verb)) {
        $kinds = @($arguments[$verb])
        if ($positional.Count -lt $kinds.Count) { $kind = $kinds[$positional.Count] }
        elseif ($kinds.Count -gt 0 -and $kinds[-1].EndsWith('...')) { $kind = $kinds[-1] }
    }
    switch ($kind.TrimEnd('.')) {
${
    Object.entries(CHOICES).map(([kind, words]) =>
      `        '${kind}' { foreach ($word in ${words.map(quote).join(", ")}) { & $offer $word '' } }`
    ).join("\n")
  }
        'server' { & $ask "server:$value" }
        'job' { if ($positional.Count -gt 0) { & $ask ('job:' + $positional[0]) } }
        { $_ -in 'place', 'file', 'directory' } {
            if ($_ -eq 'place' -and $value -notmatch '^([A-Za-z]:)?[./\\\\~]') { & $ask "place:$value" }
            if ($_ -ne 'place' -or $value -notmatch '^(\\[|[^/\\\\]{2,}:)') {
                [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
            }
        }
    }
}
`;
}

function membersOf(family: string, verbs: readonly CompletedVerb[]): (readonly [string, string])[] {
  return verbs.filter(({ words }) => words[0] === family && words.length > 1).map(({ words, summary }) =>
    [words[1], summary] as const
  );
}

function choicesOf(verb: string, choices: readonly (readonly [string, string])[]): string {
  const rows = choices.map(([word, summary]) => `            @(${quote(word)}, ${quote(summary)})`);
  return `        ${quote(verb)} = @(\n${rows.join("\n")}\n        )`;
}

/** Spelling, kind of its value, help. */
function flagsOf({ words, flags }: CompletedVerb): string {
  const rows = flags.flatMap(({ spellings, value = "", help }) =>
    spellings.map((spelling) => `            , @(${[spelling, value, help].map(quote).join(", ")})`)
  );
  return `        ${quote(words.join(" "))} = @(\n${rows.join("\n")}\n        )`;
}

function argumentsOf({ words, arguments: kinds, repeats }: CompletedVerb): string {
  const shown = kinds.map((kind, i) => repeats && i === kinds.length - 1 ? `${kind}...` : kind);
  return `        ${quote(words.join(" "))} = @(${shown.map(quote).join(", ")})`;
}

/** A text in PowerShell that stands for exactly this; its typographic quotes count as quotes, too. */
function quote(text: string): string {
  return `'${text.replace(/['‘’‚‛]/g, "$&$&")}'`;
}
