/**
 * Answers for somebody who has pressed Tab: soon, or not at all.
 *
 * @module
 */

import { discover, serverText } from "../../core/discovery/mod.ts";
import { parseServer, type ServerAddress } from "../../core/endpoint.ts";
import { BlitError } from "../../core/errors.ts";
import { loadLater } from "../../core/load_later.ts";
import { cleanText, decodeText, encodeText } from "../../core/paths/bytes.ts";
import type { ControlClient } from "../../core/wire/control/client.ts";
import { knownServers } from "./known_servers.ts";

/** How long a server is waited for, from looking up its name to its last word. */
export const ANSWER_MS = 300;

/** More are no help to anybody; a server that names more than these within the time is not believed. */
const MOST_ANSWERS = 10_000;

const FORMS = "Questions are place:TEXT, server:TEXT and job:SERVER";

/** A beginning of `server:port:/module/path`: the server with its port, and what follows the colon. */
const REMOTE = /^((?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\])(?::\d{1,5}(?=:))?):(.*)$/s;

/**
 * The words that a question has for answers, each whole and as it is: what inserts one quotes it. A server that does not answer,
 * or not completely in time, has no words.
 *
 * @throws {BlitError} "usage" for what is no question
 */
export async function answerQuestion(question: string): Promise<string[]> {
  const [, kind, text] = /^(place|server|job):(.*)$/s.exec(question) ?? [];
  if (kind === undefined) {
    throw new BlitError("usage", `Cannot complete "${question}": it is no question`, { hint: FORMS });
  }
  const words = kind === "server"
    ? await serversThereAre()
    : kind === "job"
    ? await jobsOf(text)
    : await placesFor(text);
  const wanted = kind === "job" ? "" : text;
  return words.filter((word) => word.startsWith(wanted) && isPrintable(word));
}

/** What a terminal or a list of lines would not survive cannot be offered. */
function isPrintable(word: string): boolean {
  return cleanText(word) === word && !word.includes("\ufffd");
}

/**
 * Servers that are known, and those that the local network tells of. Only where nothing but a server can stand: a word that may
 * be a local path would wait for the network each time.
 */
async function serversThereAre(): Promise<string[]> {
  const found = discover({ waitMs: ANSWER_MS }).then((daemons) => daemons.map(serverText), () => []);
  const [known, there] = await Promise.all([knownServers(), found]);
  return [...new Set([...known, ...there])];
}

async function placesFor(text: string): Promise<string[]> {
  const [, server, place] = REMOTE.exec(text) ?? [];
  if (server === undefined) return (await knownServers()).map((known) => `${known}:`);
  const [, root, module, path] = /^\/(?:(\/)|([^/]+)\/)(.*)$/s.exec(place) ?? [];
  if (path === undefined) {
    return await ask(server, async (client, signal) => {
      const modules = await client.listModules({ signal });
      return modules.map(({ name }) => name === "" ? `${server}://` : `${server}:/${name}/`);
    });
  }
  const parents = path.split("/").slice(0, -1);
  if (parents.includes("..")) return [];
  return await ask(server, async (client, signal) => {
    const above = `${server}:${root === undefined ? `/${module}/` : "//"}${parents.map((name) => `${name}/`).join("")}`;
    const words: string[] = [];
    const asked = { module, path: parents.filter((name) => name !== "" && name !== ".").map(encodeText) };
    for await (const { entries } of client.list(asked, { signal })) {
      for (const { name, kind } of entries) {
        const word = above + decodeText(name) + (kind === "directory" ? "/" : "");
        // A name that is not UTF-8 cannot be an argument of this program.
        if (decodeText(name) !== undefined && word.startsWith(text)) words.push(word);
      }
      if (words.length > MOST_ANSWERS) return [];
    }
    return words.sort();
  });
}

async function jobsOf(server: string): Promise<string[]> {
  return await ask(server, async (client, signal) => {
    const { active } = await client.service.getState({}, { signal });
    return active.map(({ id }) => id);
  });
}

/** Asks a server; whatever goes wrong, the answer is nothing. Loading the program that asks does not count as waiting. */
async function ask(
  server: string,
  question: (client: ControlClient, signal: AbortSignal) => Promise<string[]>,
): Promise<string[]> {
  try {
    const address: ServerAddress = parseServer(server);
    const { connectControl } = await loadLater<typeof import("../../core/wire/control/client.ts")>(
      new URL("../../core/wire/control/client.ts", import.meta.url),
    );
    const signal = AbortSignal.timeout(ANSWER_MS);
    const over = new Promise<string[]>((resolve) => signal.addEventListener("abort", () => resolve([])));
    const answers = connectControl({ ...address, signal }).then(async (client) => {
      using _ = client;
      return await question(client, signal);
    });
    // Nothing that forgets to look at the signal may keep anybody waiting.
    return await Promise.race([answers, over]);
  } catch {
    return []; // whoever presses Tab wants words, not reasons
  }
}
