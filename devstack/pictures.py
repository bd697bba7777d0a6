"""Takes pictures of pages with a headless browser, without any library: DevTools commands go through a pipe."""

import fcntl
import json
import os
import signal
import struct
import tempfile
import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SWITCHES = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)
# The pixels of a PNG as numbers of colours: shades that differ by less than 8 become the commonest of them. That leaves
# a page of text about 200 colours, one byte each.
_TO_FEW_COLOURS = """(async () => {
    const image = await createImageBitmap(await (await fetch("data:image/png;base64,%s")).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
    const count = new Map();
    for (const pixel of pixels) count.set(pixel, (count.get(pixel) ?? 0) + 1);
    const colours = [], numbers = new Map(), numberOf = new Map();
    for (const [pixel] of [...count].sort((a, b) => b[1] - a[1])) {
        const bucket = pixel & 0xf8f8f8;
        if (!numbers.has(bucket)) numbers.set(bucket, colours.push(pixel & 0xffffff) - 1);
        numberOf.set(pixel, numbers.get(bucket));
    }
    const bytes = new Blob([Uint8Array.from(pixels, pixel => numberOf.get(pixel))]);
    const reader = new FileReader();
    await new Promise(done => { reader.onload = done; reader.readAsDataURL(bytes); });
    return {width: image.width, height: image.height, colours, pixels: reader.result.split(",")[1]};
})()"""


class Browser:
    """One tab of a browser that listens on a pipe, JSON ended by a zero byte."""

    def __init__(self, commands: BinaryIO, answers: BinaryIO) -> None:
        self._commands = commands
        self._answers = answers
        self._received = bytearray()
        self._number = 0
        self._session: dict[str, str] = {}
        target = self._command("Target.createTarget", url="about:blank")["targetId"]
        session = self._command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}
        self._frame = self._command("Page.getFrameTree")["frameTree"]["frame"]["id"]

    def picture(self, html: str, *, width: int, scheme: str) -> bytes:
        """A PNG of the page in a ``light`` or ``dark`` scheme, ``width`` pixels wide and as high as the page is."""
        self._command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._resize(width, 1)
        self._command("Page.setDocumentContent", frameId=self._frame, html=html)
        self._resize(width, self._evaluated("document.documentElement.scrollHeight"))
        shot = self._command("Page.captureScreenshot", format="png")["data"]
        return _with_few_colours(shot, self._evaluated(_TO_FEW_COLOURS % shot))

    def _evaluated(self, expression: str) -> Any:
        answer = self._command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return answer["result"]["value"]

    def _resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self._command("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False)

    def _command(self, method: str, **params: object) -> dict[str, Any]:
        """Sends a command and waits for its answer; what the browser tells of its own accord is passed over."""
        self._number += 1
        request = {"id": self._number, "method": method, "params": params, **self._session}
        self._commands.write(json.dumps(request).encode() + b"\0")
        self._commands.flush()
        while (answer := self._next_answer()).get("id") != self._number:
            continue
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _next_answer(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            if not (more := os.read(self._answers.fileno(), 1 << 16)):
                raise RuntimeError("the browser has stopped")
            self._received += more
        end = self._received.index(b"\0")
        answer: dict[str, Any] = json.loads(self._received[:end])
        del self._received[: end + 1]
        return answer


@contextmanager
def running_browser(executable: str) -> Iterator[Browser]:
    """Starts a browser with a profile of its own; it reads commands from descriptor 3 and answers on 4."""
    commands, to_browser = os.pipe()
    from_browser, answers = os.pipe()
    theirs = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (commands, answers)]  # out of the way of 3 and 4
    for end in (commands, answers):
        os.close(end)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to run as root otherwise
        process = os.posix_spawn(
            executable,
            [executable, *_SWITCHES, *sandbox, f"--user-data-dir={profile}"],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, theirs[0], 3),
                (os.POSIX_SPAWN_DUP2, theirs[1], 4),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
        for end in theirs:
            os.close(end)
        try:
            with os.fdopen(to_browser, "wb") as into, os.fdopen(from_browser, "rb") as out:
                yield Browser(into, out)
        finally:
            os.kill(process, signal.SIGTERM)
            os.waitpid(process, 0)


def _with_few_colours(shot: str, few: dict[str, Any]) -> bytes:
    """The same picture with a palette, a third of the size; as it was when the palette would not hold its colours."""
    width, height, colours, pixels = few["width"], few["height"], few["colours"], b64decode(few["pixels"])
    if len(colours) > 256:  # noqa: PLR2004 -- a palette has one byte
        return b64decode(shot)
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # eight bits, palette
    palette = b"".join(colour.to_bytes(3, "little") for colour in colours)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
