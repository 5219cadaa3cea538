import { assertEquals } from "@std/assert";
import { configDirectory } from "./config_directory.ts";

Deno.test("configDirectory() follows XDG_CONFIG_HOME, then HOME", () => {
  for (const platform of ["linux", "darwin"] as const) {
    assertEquals(configDirectory({ XDG_CONFIG_HOME: "/x/", HOME: "/home/u" }, platform), "/x/blit");
    assertEquals(configDirectory({ XDG_CONFIG_HOME: "", HOME: "/home/u/" }, platform), "/home/u/.config/blit");
    assertEquals(configDirectory({ HOME: "/" }, platform), "/.config/blit");
  }
});

Deno.test("configDirectory() follows APPDATA on Windows only", () => {
  const environment = { APPDATA: "C:\\Users\\u\\AppData\\Roaming", HOME: "/home/u", XDG_CONFIG_HOME: "/x" };
  assertEquals(configDirectory(environment, "windows"), "C:\\Users\\u\\AppData\\Roaming\\blit");
  assertEquals(configDirectory({ APPDATA: "\\\\server\\u\\" }, "windows"), "\\\\server\\u\\blit");
  assertEquals(configDirectory({ APPDATA: "C:\\Users" }, "linux"), undefined);
});

Deno.test("configDirectory() never depends on the working directory", () => {
  assertEquals(configDirectory({ XDG_CONFIG_HOME: "config", HOME: "/home/u" }, "linux"), "/home/u/.config/blit");
  assertEquals(configDirectory({ XDG_CONFIG_HOME: "config", HOME: "." }, "linux"), undefined);
  assertEquals(configDirectory({ APPDATA: "C:Roaming" }, "windows"), undefined);
  assertEquals(configDirectory({}, "linux"), undefined);
  assertEquals(configDirectory({}, "windows"), undefined);
});
