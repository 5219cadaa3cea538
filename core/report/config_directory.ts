/**
 * Where the configuration of a user is.
 *
 * @module
 */

/** The environment variables that decide; what is unset or empty does not count. */
export interface ConfigEnvironment {
  readonly XDG_CONFIG_HOME?: string | undefined;
  readonly HOME?: string | undefined;
  readonly APPDATA?: string | undefined;
}

/**
 * The directory of Blit's settings and history: `%APPDATA%\blit` on Windows, elsewhere `$XDG_CONFIG_HOME/blit` or
 * `~/.config/blit`. Relative values are ignored, as the XDG base directory specification demands: the place must not depend
 * on where a program is started. `undefined` when nothing is left that tells.
 *
 * @param platform as in `Deno.build.os`
 */
export function configDirectory(
  environment: ConfigEnvironment,
  platform: typeof Deno.build.os,
): string | undefined {
  if (platform === "windows") {
    const { APPDATA = "" } = environment;
    return /^([A-Za-z]:[\\/]|\\\\)/.test(APPDATA) ? `${APPDATA.replace(/[\\/]+$/, "")}\\blit` : undefined;
  }
  const { XDG_CONFIG_HOME = "", HOME = "" } = environment;
  if (XDG_CONFIG_HOME.startsWith("/")) return `${withoutSlash(XDG_CONFIG_HOME)}/blit`;
  return HOME.startsWith("/") ? `${withoutSlash(HOME)}/.config/blit` : undefined;
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, "");
}
