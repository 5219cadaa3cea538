/**
 * What kind of file system a path is on, from the number that `statfs` gives.
 *
 * @module
 */

/** A file system as a whole. */
export interface FileSystemFacts {
  /** Its usual name, such as `ext4`, `tmpfs`, `nfs` or `fuse`; `unknown` for what is not in the list. */
  readonly type: string;
  /** Another program or machine answers for it, so that a call may never return. */
  readonly mayHang: boolean;
  /** Bytes that this user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Bytes that hold something. More are neither used nor free where some are kept for the administrator. */
  readonly usedBytes: number;
  /** Files and directories that can exist in all, and that can still be made; 0 where there is no such limit. */
  readonly totalEntries: number;
  readonly freeEntries: number;
}

/** The fields of `struct statfs` that matter here. Sizes are in blocks of `blockBytes`. */
export interface StatfsFields {
  readonly magic: number;
  readonly blockBytes: number;
  readonly blocks: number;
  /** Blocks that hold nothing. */
  readonly emptyBlocks: number;
  /** Blocks that this user may still write. */
  readonly freeBlocks: number;
  readonly files: number;
  readonly freeFiles: number;
}

/** Names by `f_type`, from `linux/magic.h` and the file systems' own sources. */
const local: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x01021994: "tmpfs",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x2fc12fc1: "zfs",
  0xca451a4e: "bcachefs",
  0xf2f52010: "f2fs",
  0x4d44: "vfat",
  0x2011bab0: "exfat",
  0x7366746e: "ntfs3",
  0x794c7630: "overlay",
  0x9660: "iso9660",
  0x73717368: "squashfs",
  0x9fa0: "proc",
  0x62656572: "sysfs",
};

const remote: Readonly<Record<number, string>> = {
  0x6969: "nfs",
  0xff534d42: "cifs",
  0xfe534d42: "smb2",
  0x65735546: "fuse",
  0x01021997: "9p",
  0x00c36400: "ceph",
  0x5346414f: "afs",
  0x6b414653: "afs",
};

/** The facts from what `statfs` tells. */
export function factsFrom(fields: StatfsFields): FileSystemFacts {
  const { magic, blockBytes, blocks, emptyBlocks, freeBlocks, files, freeFiles } = fields;
  const key = magic >>> 0;
  return {
    type: remote[key] ?? local[key] ?? "unknown",
    mayHang: key in remote,
    freeBytes: freeBlocks * blockBytes,
    totalBytes: blocks * blockBytes,
    usedBytes: (blocks - emptyBlocks) * blockBytes,
    totalEntries: files,
    freeEntries: freeFiles,
  };
}
