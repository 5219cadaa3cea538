/**
 * Every key of a daemon's configuration, once: what its parser may read, and what the manual page says about it.
 *
 * @module
 */

/** One key of a table. */
export interface KeySpec {
  /** What its value is, as in `"ADDRESS"` or `true`. */
  readonly value: string;
  /** Sentences for the manual page. */
  readonly help: string;
  /** What holds without the key, where that is not plainly nothing. */
  readonly default?: string;
  /** Whether the table needs it. */
  readonly required?: true;
}

/** A table with its keys. */
export interface TableSpec {
  /** As it is written, with its brackets. */
  readonly header: string;
  readonly help: string;
  readonly keys: Readonly<Record<string, KeySpec>>;
}

/** The tables, in the order in which they are shown. */
export const DAEMON_KEYS = {
  daemon: {
    header: "[daemon]",
    help: "The daemon itself.",
    keys: {
      bind: {
        value: '"ADDRESS"',
        help: 'The address to listen on. "::" is every address of the machine, "127.0.0.1" this machine only.',
        default: '"::"',
      },
      port: { value: "NUMBER", help: "The port for clients, 1 to 65535.", default: "9031" },
      data_port: {
        value: '"FIRST-LAST"',
        help:
          "The ports on which data arrives, for firewalls: a range with a port for each processor, at least 2 and at " +
          'most 8 ("9040-9047" is enough anywhere), or a single port, with which one thread serves everybody. A client ' +
          "that cannot reach them goes through the port for clients.",
        default: "whatever is free",
      },
      motd: { value: '"TEXT"', help: "What clients are greeted with, up to 4096 characters." },
      root: { value: '"DIRECTORY"', help: "The directory behind server://path, the default root." },
      root_read_only: {
        value: "true|false",
        help: "Whether the default root refuses every write; needs root.",
        default: "false",
      },
      log_format: {
        value: '"text"|"json"',
        help: "How the log on standard error is written.",
        default: "text on a terminal, JSON lines elsewhere",
      },
      no_mdns: {
        value: "true|false",
        help: "Whether the local network is not told that the daemon is there.",
        default: "false",
      },
      mdns_name: {
        value: '"NAME"',
        help: "What the daemon is called there: 1 to 48 bytes without dots and control characters.",
        default: "the name of the machine",
      },
      metrics: {
        value: '"ADDRESS:PORT"',
        help:
          "Where GET /metrics answers with numbers for Prometheus: transfers, bytes, files, errors, active jobs, data " +
          'streams and stalls. Whoever reaches the address can read them, so "127.0.0.1:9032" is a good choice.',
        default: "there are none",
      },
    },
  },
  module: {
    header: "[[module]]",
    help: "A directory that is exported; one table for each. Everybody who can reach the port can use it.",
    keys: {
      name: {
        value: '"NAME"',
        help: "What it is called: 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first.",
        required: true,
      },
      path: {
        value: '"DIRECTORY"',
        help: "Where it is. It has to exist when the daemon starts. Symbolic links below it are never followed.",
        required: true,
      },
      comment: { value: '"TEXT"', help: "Shown in the list of modules, up to 256 characters." },
      read_only: { value: "true|false", help: "Whether it refuses every write.", default: "false" },
      trusted: {
        value: "true|false",
        help:
          "Whether clients may set owners, set-user-id and set-group-id bits and create device nodes. Only for clients " +
          "that you would give the machine's root password.",
        default: "false",
      },
    },
  },
  delegation: {
    header: "[delegation]",
    help: "From which other daemons this one may pull when a client asks it to.",
    keys: {
      sources: {
        value: '["SOURCE", ...]',
        help:
          "Names, addresses or subnets, each with a port where it is not 9031. Loopback, link-local and private addresses " +
          'are reached only through a rule that names them as addresses: "10.0.0.0/8", not "nas.lan".',
        default: "none",
      },
    },
  },
} as const satisfies Readonly<Record<string, TableSpec>>;

/** The keys that a table may have. */
export type KeyOf<Table extends keyof typeof DAEMON_KEYS> = keyof typeof DAEMON_KEYS[Table]["keys"] & string;
