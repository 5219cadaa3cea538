/**
 * `blit completions`.
 *
 * @module
 */

import { BlitError, EXIT_STATUS } from "../../core/errors.ts";
import { completionScript, isShell } from "../completions/mod.ts";
import { CHOICES } from "../completions/model.ts";
import { answerQuestion } from "../completions/query.ts";
import type { Io } from "../io.ts";
import type { Command } from "../parse/mod.ts";
import { BLIT, type Program } from "../table/mod.ts";

/**
 * Runs the command and resolves with the exit status.
 *
 * @param program whose command lines are to be completed
 */
export async function run({ args: [shell, question] }: Command, io: Io, program: Program = BLIT): Promise<number> {
  if (shell === "query" && question !== undefined) {
    for (const answer of await answerQuestion(question)) io.stdout.write(`${answer}\n`);
  } else if (isShell(shell) && question === undefined) {
    io.stdout.write(completionScript(shell, program));
  } else throw wrongShell(shell, question, program);
  return EXIT_STATUS.done;
}

function wrongShell(shell: string, question: string | undefined, { name }: Program): BlitError {
  if (shell === "query") return new BlitError("usage", "Cannot use completions: QUESTION is missing");
  if (isShell(shell)) return new BlitError("usage", `Cannot use completions: one argument too many, "${question}"`);
  return new BlitError("usage", `Cannot complete for "${shell}": it is no shell that Blit knows`, {
    hint: `Known are ${CHOICES.shell.join(", ")}, as in "${name} completions bash"`,
  });
}
