"""A mail server that takes everything and keeps nothing: each reply after a given delay, in a process of its own."""

import asyncio
import ssl
import sys


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, secure: ssl.SSLContext
) -> None:
    async def say(text: str) -> None:
        if delay:
            await asyncio.sleep(delay)
        writer.write(f"{text}\r\n".encode())
        await writer.drain()

    await say("220 mail.example ESMTP")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"EHLO":
            await say("250-mail.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-STARTTLS\r\n250 DSN")
        elif verb == b"STAR":
            await say("220 go on")
            await writer.start_tls(secure)
        elif verb == b"DATA":
            await say("354 go on")
            await reader.readuntil(b"\r\n.\r\n")
            await say("250 2.0.0 taken")
        elif verb == b"QUIT":
            await say("221 bye")
            break
        else:
            await say("250 2.0.0 fine")
    writer.close()


async def main() -> None:
    """Listen on the given port; then come the delay of each reply in seconds, certificate and key."""
    delay = float(sys.argv[2])
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(sys.argv[3], sys.argv[4])
    server = await asyncio.start_server(lambda r, w: _serve(r, w, delay, secure), "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
