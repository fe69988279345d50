# SPDX-License-Identifier: MIT
"""Writes cpio newc, right or wrong on purpose."""

FILE, DIRECTORY, SYMLINK, DEVICE, FIFO = 0o100644, 0o40755, 0o120777, 0o20666, 0o10644


def entry(name, data=b"", mode=FILE, **fields):
    """One archive entry. @fields override what the header says: filesize, namesize, nlink, ino, magic."""
    name = name if isinstance(name, bytes) else name.encode()
    head = {"ino": 1, "mode": mode, "uid": 0, "gid": 0, "nlink": 1, "mtime": 0, "filesize": len(data), "devmajor": 0,
            "devminor": 0, "rdevmajor": 0, "rdevminor": 0, "namesize": len(name) + 1, "check": 0}
    magic = fields.pop("magic", b"070701")
    head.update(fields)
    out = magic + b"".join(b"%08X" % (v & 0xffffffff) for v in head.values()) + name + b"\0"
    out += bytes(-len(out) % 4)
    return out + data + bytes(-len(data) % 4)


TRAILER = entry("TRAILER!!!")


def exit_record(**values):
    """What the guest's init says at the end of a run."""
    record = {"outcome": "exited", "status": 0, "message": "", "wall_us": 1000, "user_us": 1000, "system_us": 1000,
              "peak_bytes": 4096, "skipped_more": 0, "stamp_start": 1, "stamp_ready": 2, "stamp_exec": 3,
              "stamp_end": 4, "stamp_packed": 5, **values}
    return "".join(f"{k}={v}\n" for k, v in record.items()).encode()


def result(*entries, stdout=b"", skipped=b"", end=None):
    """A whole output bundle with @entries between the streams and the end."""
    parts = [entry("stdout", stdout), entry("stderr"), *entries, entry("skipped", skipped),
             entry("exit", exit_record() if end is None else end), TRAILER]
    data = b"".join(parts)
    return data + bytes(-len(data) % 4096)
