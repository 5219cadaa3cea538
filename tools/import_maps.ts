/**
 * The two import maps: `deno.json` has what a checkout and CI use, all of it from npm; `import_map.jsr.json` has what is
 * published, with the Deno standard library from JSR.
 *
 * @module
 */

/** Names to what they stand for. */
export type ImportMap = Readonly<Record<string, string>>;

/** The standard library as one package on npm. */
const ON_NPM = /^npm:deno-std@(\d+)\.\d+\.\d+\/(.+?)(?:\/mod)?\.js$/;
/** A part of it on JSR, from a version on, below the next major one. */
const ON_JSR = /^jsr:@std\/([\w-]+)@\^(\d+)\.\d+\.\d+((?:\/[\w-]+)*)$/;

/** Where the maps differ in more than where the standard library comes from, a sentence each. */
export function compareMaps(checkout: ImportMap, published: ImportMap): string[] {
  const names = [...new Set([...Object.keys(checkout), ...Object.keys(published)])].sort();
  return names.flatMap((name) => {
    const [here, there] = [checkout[name], published[name]];
    if (here === undefined) return [`"${name}" is in import_map.jsr.json only`];
    if (there === undefined) return [`"${name}" is in deno.json only`];
    if (here === there && !ON_NPM.test(here)) return [];
    return isSamePart(name, here, there)
      ? []
      : [`"${name}" is ${here} in deno.json and ${there} in import_map.jsr.json`];
  });
}

/** Whether both are the module of the standard library that the name says, of one major version. */
function isSamePart(name: string, here: string, there: string): boolean {
  const [, npmMajor, npmPath] = ON_NPM.exec(here) ?? [];
  const [, part, jsrMajor, rest] = ON_JSR.exec(there) ?? [];
  if (npmPath === undefined || part === undefined) return false;
  const path = `${part}${rest}`;
  return npmMajor === jsrMajor && `@std/${path}` === name && npmPath.replaceAll("_", "-") === path;
}
