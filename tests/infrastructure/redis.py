"""A Redis server of the tests' own, in memory only, on a free loopback port."""

import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import redis

from tests.infrastructure.network import free_port
from tests.infrastructure.waiting import until


class RedisServer:
    """A running server; `stop` ends it."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            message = "redis-server is not installed; run tools/prepare-tests"
            raise FileNotFoundError(message)
        self._folder = Path(tempfile.mkdtemp(prefix="songda-redis-"))
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [program, *options, "--dir", str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(self._answers, seconds=60)
        except BaseException:
            self.stop()
            raise

    def _answers(self) -> bool:
        with suppress(redis.ConnectionError), redis.Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False

    def empty(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._process.kill()
        self._process.wait(timeout=30)
        shutil.rmtree(self._folder, ignore_errors=True)
