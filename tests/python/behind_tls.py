"""Puts TLS before a schema registry and registers through it: python behind_tls.py DIR

DIR/behind_tls.json names the program and the port of the registry on this machine. The program
must refuse an authority it does not know, and reach the registry where SSL_CERT_FILE names it.
Exits with 1 when it does not. Needs the openssl command.
"""

import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading


def certificate(folder: pathlib.Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        target.close()


def front(folder: pathlib.Path, port: int) -> int:
    """A port on which TLS is taken off what goes to `port`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def one(plain: socket.socket) -> None:
        try:
            inside = context.wrap_socket(plain, server_side=True)
        except OSError:
            return  # the other side does not trust us
        outside = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=pump, args=(outside, inside), daemon=True).start()
        pump(inside, outside)

    def accept() -> None:
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def register(asked: dict, folder: pathlib.Path, port: int, authority: pathlib.Path) -> subprocess.CompletedProcess:
    own = {name: value for name, value in os.environ.items() if not name.startswith("BUTTERQUANT_")}
    words = ["--data-dir", folder, "schemas", "register", "--schema-registry", f"https://localhost:{port}"]
    return subprocess.run([asked["binary"], *words], env=own | {"SSL_CERT_FILE": str(authority)},
                          capture_output=True, text=True, timeout=120)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    asked = json.loads((folder / "behind_tls.json").read_text())
    certificate(folder)
    port = front(folder, asked["port"])
    other = folder / "other"
    other.mkdir()
    certificate(other)
    stranger = register(asked, folder, port, other / "cert.pem")
    if stranger.returncode != 2 or "certificate" not in stranger.stderr:
        print(f"a stranger was trusted: {stranger}", file=sys.stderr)
        return 1
    friend = register(asked, folder, port, folder / "cert.pem")
    if friend.returncode != 0 or "is there" not in friend.stdout:
        print(f"not registered: {friend}", file=sys.stderr)
        return 1
    print("registered over TLS")
    return 0


if __name__ == "__main__":
    sys.exit(main())
