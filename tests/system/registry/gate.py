"""A gate of TLS and Basic credentials before a registry that has neither.

A registry that keeps bcrypt's hashes looks at 72 bytes of a password. This compares all of them, and it can want other
credentials for each part of the registry. Arguments: the port to listen on, the registry's port, certificate, key, and
a JSON file that maps the beginnings of paths to what `Authorization` must say; the longest that fits counts.
"""

import http.client
import http.server
import json
import ssl
import sys

port, registry, certificate, key, wanted = sys.argv[1:]
with open(wanted, encoding="utf-8") as file:
    WANTED = json.load(file)


def may_pass(path, said):
    if path == "/v2/":
        return said in WANTED.values()
    parts = [part for part in WANTED if path.startswith(f"/v2/{part}")]
    return bool(parts) and said == WANTED[max(parts, key=len)]


class Gate(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if not may_pass(self.path, self.headers.get("Authorization")):
            body = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'
            challenge = [("WWW-Authenticate", 'Basic realm="test"'), ("Content-Type", "application/json")]
            return self.answer(401, challenge, body)
        inside = http.client.HTTPConnection("127.0.0.1", int(registry), timeout=60)
        accepts = ", ".join(self.headers.get_all("Accept") or ["*/*"])
        inside.request(self.command, self.path, headers={"Host": self.headers["Host"], "Accept": accepts})
        response = inside.getresponse()
        kept = ("Content-Type", "Docker-Content-Digest", "Docker-Distribution-Api-Version")
        headers = [(name, response.headers[name]) for name in kept if response.headers[name]]
        body, length = response.read(), response.headers["Content-Length"]
        return self.answer(response.status, headers, body, length)

    do_HEAD = do_GET

    def answer(self, status, headers, body, length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        # Of a HEAD the length is that of what a GET would have.
        self.send_header("Content-Length", length or len(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", int(port)), Gate)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
# The handshake belongs to each connection's own thread.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
