"""What a browser's camera sees: a QR as a raw film, which Chromium plays to whoever asks for a camera."""

from pathlib import Path

import segno

WIDTH, HEIGHT, WHITE, BLACK = 640, 480, 235, 16


def hold_up(film: Path, text: str) -> None:
    """Write the QR of `text` where Chromium's camera looks (YUV4MPEG2, grey, a second long)."""
    modules = [list(row) for row in segno.make(text, micro=False).matrix_iter(scale=1, border=4)]
    scale = HEIGHT // len(modules)
    edge = (WIDTH - scale * len(modules)) // 2
    rows = [
        bytes([WHITE] * edge + [BLACK if dark else WHITE for dark in row for _ in range(scale)]).ljust(
            WIDTH, bytes([WHITE])
        )
        for row in modules
    ]
    grey = b"".join(row * scale for row in rows).ljust(WIDTH * HEIGHT, bytes([WHITE]))
    frame = b"FRAME\n" + grey + bytes([128]) * (WIDTH * HEIGHT // 2)
    film.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10)


def arguments(film: Path) -> list[str]:
    """For Chromium: a camera that shows this film, and a yes to whoever asks for it."""
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    return [*fake, f"--use-file-for-fake-video-capture={film}"]
