"""A Postfix of the tests' own: its configuration, queue and data in a temporary folder, on a free loopback port.

It touches nothing of the machine's own mail server and asks no name server: where mail goes is in its transport table.
It gives up after seconds and not after days. Its queue must belong to the user `postfix`, so it takes root, which
Debian's continuous integration and containers have.
"""

import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.infrastructure.network import free_port
from tests.infrastructure.waiting import until

_PROGRAM: Final = "/usr/sbin/postfix"

_MASTER: Final = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""

_MAIN: Final = """\
compatibility_level = 3.6
config_directory = {folder}/config
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/maillog
maillog_file_prefixes = {folder}
myhostname = mx.court.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
disable_dns_lookups = yes
smtp_host_lookup = native
smtp_tls_security_level = none
smtputf8_enable = yes
recipient_delimiter = +
maximal_queue_lifetime = {lifetime}s
bounce_queue_lifetime = {lifetime}s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
delay_warning_time = {warning}s
transport_maps = inline:{{{transports}}}
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = inline:{{{boxes}}}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""


def _inline(table: Mapping[str, str]) -> str:
    return ", ".join(f"{{{key} = {value}}}" for key, value in table.items())


class PostfixServer:
    """A running mail server; `stop` ends it and removes its folder. `logged` gives what it has to say.

    `routes` lead from domains to loopback ports, `boxes` from addresses to the names of folders here, as Maildir.
    `lifetime` and `warning` are seconds: until a mail is given up, and until its sender is told that it waits.
    """

    def __init__(self, routes: Mapping[str, int], boxes: Mapping[str, str], *, lifetime: int, warning: int) -> None:
        if not Path(_PROGRAM).exists():
            message = "postfix is not installed; run tools/prepare-tests"
            raise FileNotFoundError(message)
        if os.geteuid() != 0:
            message = "only root can start Postfix: run this test as root"
            raise PermissionError(message)
        self._folder = Path(tempfile.mkdtemp(prefix="songda-postfix-"))
        self._folder.chmod(0o755)
        for part in ("config", "queue", "data", "log", "boxes"):
            (self._folder / part).mkdir()
        owner = pwd.getpwnam("postfix")
        for part in ("data", "boxes"):
            os.chown(self._folder / part, owner.pw_uid, owner.pw_gid)
        self.port = free_port()
        ways = {domain: f"smtp:[127.0.0.1]:{port}" for domain, port in routes.items()}
        ways |= {address.rpartition("@")[2]: "virtual:" for address in boxes}
        main = _MAIN.format(
            folder=self._folder,
            lifetime=lifetime,
            warning=warning,
            transports=_inline(ways),
            boxes=_inline({address: f"{name}/" for address, name in boxes.items()}),
            uid=owner.pw_uid,
            gid=owner.pw_gid,
        )
        (self._folder / "config" / "main.cf").write_text(main, encoding="utf-8")
        (self._folder / "config" / "master.cf").write_text(_MASTER.format(port=self.port), encoding="utf-8")
        try:
            self._control("start")
            until(self._answers, seconds=60)
        except BaseException:
            self.stop()
            raise

    def _control(self, word: str) -> None:
        subprocess.run(
            [_PROGRAM, "-c", str(self._folder / "config"), word],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )

    def _answers(self) -> bool:
        with suppress(OSError), smtplib.SMTP("127.0.0.1", self.port, timeout=5) as client:
            return client.noop()[0] == 250
        return False

    def box(self, name: str) -> Path:
        """A mailbox; the folder is there once something came."""
        return self._folder / "boxes" / name

    def logged(self) -> str:
        path = self._folder / "log" / "maillog"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End the server and remove what it wrote."""
        with suppress(subprocess.CalledProcessError):  # it was not running
            self._control("stop")
        shutil.rmtree(self._folder, ignore_errors=True)
