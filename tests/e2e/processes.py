"""The processes of a stack and where they listen, from /proc."""

import socket
from pathlib import Path

_LISTENING = "0A"


def descendants(pid: int) -> set[int]:
    """The process and everything that it has started, directly or not."""
    children: dict[int, set[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            children.setdefault(_parent(folder), set()).add(int(folder.name))
    found, new = set[int](), {pid}
    while new:
        found |= new
        new = {child for each in new for child in children.get(each, ())} - found
    return found


def alive(pids: set[int]) -> set[int]:
    """Those of the processes that have not ended; a zombie has."""
    return {pid for pid in pids if _state(pid) not in ("", "Z")}


def listeners(pids: set[int]) -> dict[str, set[int]]:
    """The addresses on which the processes listen, each with its ports."""
    sockets = {link for pid in pids for link in _sockets(pid)}
    found: dict[str, set[int]] = {}
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in sockets:
                host, _, port = fields[1].partition(":")
                found.setdefault(_address(host), set()).add(int(port, 16))
    return found


def _sockets(pid: int) -> set[str]:
    """The inodes of a process's sockets."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # closed since
            continue
        if target.startswith("socket:["):
            found.add(target.removeprefix("socket:[").removesuffix("]"))
    return found


def _address(kernels: str) -> str:
    """An address as people write it; the kernel shows words in the byte order of the machine."""
    words = [bytes.fromhex(kernels[start : start + 8])[::-1] for start in range(0, len(kernels), 8)]
    packed = b"".join(words)
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):  # ended since
        return 0


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
