"""A reader and a writer of vault files, format v1, made from docs/format.md and from nothing else.

    reader.py read   < requests.json     [{"file", "kind", "name", "identity"}, ...]
    reader.py write  < request.json      {"name", "recipients": {name: key}, "values": {key: {...}}}

`read` prints a list: for each request {"values": {key: {"base64", "since", ...}}}, or {"refused": why}.
`write` prints a new set. Needs the `age` command and pycryptodome; without the latter the exit status is 42.
"""

import base64
import calendar
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys

try:
    from Crypto.Cipher import ChaCha20_Poly1305
except ImportError:
    sys.exit(42)

MIB = 1024 * 1024
MAX_INTEGER = 4294967295


class Refused(Exception):
    """The file is not one of format v1, or was tampered with."""


def demand(condition, why):
    if not condition:
        raise Refused(why)


# --- Notation -------------------------------------------------------------------------------------


def u32(n):
    return n.to_bytes(4, "little")


def lp(x):
    x = x.encode() if isinstance(x, str) else x
    return u32(len(x)) + x


def hmac256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf(salt, key, info):
    """HKDF-SHA256 of 32 bytes (RFC 5869): one block of output."""
    return hmac256(hmac256(salt, key), info + b"\x01")


def b64(data):
    return base64.b64encode(data).decode().rstrip("=")


def unb64(text):
    demand(re.fullmatch(r"[A-Za-z0-9+/]*", text), "not Base64")
    demand(len(text) % 4 != 1, "not Base64")
    data = base64.b64decode(text + "=" * (-len(text) % 4))
    demand(b64(data) == text, "not canonical Base64")
    return data


def integer(text):
    demand(re.fullmatch(r"[1-9][0-9]{0,9}", text), "not an integer")
    demand(int(text) <= MAX_INTEGER, "not an integer")
    return int(text)


# --- Grammar --------------------------------------------------------------------------------------

FIELDS = {
    "vault": {"format": int, "kind": str, "name": str, "id": str, "epoch": str, "prev": str},
    "pull": {"type": str, "server": str},
    "recipients": {"to": str, "wrap": str, "seal": str},
    "departed": {"to": str, "until": int, "seal": str},
    "values": {"enc": str, "note": str, "expires": "date"},
}
OPTIONAL = {"prev", "note", "expires"}
SET_NAME = r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?"
KEY_NAME = r"[A-Za-z0-9_-]{1,64}"
MEMBER = r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)?"
DEVICES = {"con", "prn", "aux", "nul"} | {d + str(n) for d in ("com", "lpt") for n in range(1, 10)}


def parse_value(text, sort):
    if sort is int:
        return integer(text)
    if sort == "date":
        demand(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text), "not a date")
        year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
        demand(year >= 1 and 1 <= month <= 12, "no real day")
        demand(1 <= day <= calendar.monthrange(year, month)[1], "no real day")
        return text
    match = re.fullmatch(r'"((?:[^"\\]|\\["\\])*)"', text)
    demand(match, "not a string")
    return re.sub(r"\\(.)", r"\1", match[1])


def parse_header(line, tables):
    match = re.fullmatch(r'\[([a-z]+)(?:\.(?:([A-Za-z0-9_-]+)|"([A-Za-z0-9_./-]+)"))?\] *', line)
    demand(match, "not a header")
    table, bare, quoted = match.groups()
    name = bare or quoted
    demand(table in FIELDS, "unknown table")
    demand((name is None) == (table in ("vault", "pull")), "unknown table")
    if name is not None:
        demand((quoted is not None) == bool(set("./") & set(name)), "quotes")
        form = KEY_NAME if table == "values" else MEMBER
        demand(re.fullmatch(form, name) and len(name) <= 64, "bad name")
    demand((table, name) not in tables, "the same table twice")
    return table, name


def parse_lines(text):
    tables, current = {}, None
    lines = text.split("\n")
    demand(len(lines) - (lines[-1] == "") <= 1_000_000, "too many lines")
    for number, line in enumerate(lines, 1):
        if number < len(lines):
            line = line.removesuffix("\r")
        demand(len(line.encode()) <= 2 * MIB, "long line")
        demand(not re.search(r"[\x00-\x1f\x7f-\x9f]", line), "control character")
        if line.startswith("#") or not line.strip(" "):
            continue
        if line.startswith("["):
            current = parse_header(line, tables)
            tables[current] = {}
            continue
        match = re.fullmatch(r"([a-z]+) *= *(.*?) *", line)
        demand(match and current, "not a line")
        field, value = match.groups()
        fields = FIELDS[current[0]]
        demand(field in fields, "unknown field")
        demand(field not in tables[current], "the same field twice")
        tables[current][field] = parse_value(value, fields[field])
    for (table, _), found in tables.items():
        demand(set(FIELDS[table]) - OPTIONAL <= set(found), "missing field")
    return tables


# --- Fields ---------------------------------------------------------------------------------------

STANZAS = {
    "age": "X25519",
    "ssh-ed25519": "ssh-ed25519",
    "ssh-rsa": "ssh-rsa",
    "age1tag": "p256tag",
    "age1tagpq": "mlkem768p256tag",
}


def bech32_sort(text):
    """What stands before the last `1`, after the checksum was verified (BIP 173)."""
    charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    sort, _, data = text.rpartition("1")
    demand(sort and len(data) >= 6 and all(c in charset for c in data), "not Bech32")
    demand(text.isascii() and text == text.lower(), "not lower case")
    words = [ord(c) >> 5 for c in sort] + [0] + [ord(c) & 31 for c in sort]
    words += [charset.index(c) for c in data]
    check = 1
    for word in words:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ word
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    demand(check == 1, "bad checksum")
    return sort


def key_sort(key):
    demand(len(key.encode()) <= 4096, "long key")
    sort, space, data = key.partition(" ")
    if not space:
        sort = bech32_sort(key)
        demand(sort == "age" or sort.startswith("age1"), "no age key")
        return sort
    demand(sort in ("ssh-ed25519", "ssh-rsa"), "no ssh key")
    blob = unb64(data.rstrip("="))
    demand(base64.b64encode(blob).decode() == data, "padding")
    demand(blob.startswith(len(sort).to_bytes(4, "big") + sort.encode()), "another type")
    return sort


def check_wrap(wrap, sort):
    """The shape of an age file around 32 bytes for one recipient."""
    lines, rest, types = [], wrap, []

    def line():
        nonlocal rest
        found, end, rest = rest.partition(b"\n")
        demand(end and found.isascii(), "cut off")
        return found.decode()

    demand(line() == "age-encryption.org/v1", "no age file")
    while (head := line()).startswith("-> "):
        types.append(head.split(" ")[1])
        while True:
            body = line()
            demand(len(body) <= 64, "stanza")
            unb64(body)
            if len(body) < 64:
                break
    demand(head.startswith("--- ") and len(unb64(head[4:])) == 32, "header MAC")
    demand(len(rest) == 64, "payload")
    real = [t for t in types if not t.endswith("-grease")]
    demand(len(real) == 1, "not one stanza")
    if sort in STANZAS:
        demand(real[0] == STANZAS[sort], "stanza type")
    else:
        demand(real[0] not in [*STANZAS.values(), "scrypt"], "stanza type")


class File:
    """A parsed file; nothing in it is trusted before `open`."""

    def __init__(self, data, kind, name):
        demand(len(data) <= 16 * MIB, "too large")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("not UTF-8") from None
        demand(not text.startswith("\ufeff"), "byte order mark")
        tables = parse_lines(text)
        demand(("vault", None) in tables, "no [vault]")
        self.tables = tables
        self.head(tables[("vault", None)], kind, name)
        self.recipients = self.named("recipients")
        self.departed = self.named("departed")
        self.values = self.named("values")
        demand(1 <= len(self.recipients) <= 1000, "recipients")
        demand(len(self.departed) <= 1000 and len(self.values) <= 50_000, "too many")
        for name_, record in [*self.recipients.items(), *self.departed.items()]:
            key, _, own = record["to"].rpartition(" ")
            demand(own == name_, "another name")
            record["key"], record["sort"] = key, key_sort(key)
            record["sealed"] = unb64(self.token(record["seal"]))
            demand(len(record["sealed"]) == 32, "seal")
        keys = [record["key"] for record in self.recipients.values()]
        demand(len(keys) == len(set(keys)), "the same key twice")
        for record in self.recipients.values():
            record["age"] = unb64(self.token(record["wrap"]))
            demand(len(record["age"]) <= 16 * 1024, "long wrap")
            check_wrap(record["age"], record["sort"])
        for record in self.departed.values():
            demand(record["until"] < self.epoch, "until")
        self.entries()

    def named(self, table):
        return {name: fields for (of, name), fields in self.tables.items() if of == table}

    def head(self, vault, kind, name):
        demand(vault["format"] == 1, "newer format")
        demand(vault["kind"] in ("set", "pull") and vault["kind"] == kind, "kind")
        demand(re.fullmatch(SET_NAME, vault["name"]) and len(vault["name"]) <= 64, "name")
        demand(vault["name"].lower() not in DEVICES and vault["name"] == name, "name")
        demand(vault["id"].startswith("b64:"), "id")
        self.kind, self.name, self.id = kind, name, unb64(vault["id"][4:])
        demand(len(self.id) == 16, "id")
        match = re.fullmatch(r"([0-9]+):([0-9a-f]{64})", vault["epoch"])
        demand(match, "epoch")
        self.epoch, self.commitment = integer(match[1]), match[2]
        links = vault["prev"].split(" ") if "prev" in vault else []
        demand(len(links) <= 2, "prev")
        epochs = []
        for link in links:
            match = re.fullmatch(r"([0-9]+):([0-9a-f]{8}):([^:]*)", link)
            demand(match and len(unb64(match[3])) == 32, "prev")
            epochs.append(integer(match[1]))
        demand(epochs == sorted(epochs, reverse=True), "prev")
        demand(all(epoch < self.epoch for epoch in epochs), "prev")
        pull = self.tables.get(("pull", None))
        demand((pull is not None) == (kind == "pull"), "[pull]")
        self.scope = b""
        if pull is not None:
            types = ("docker", "acr", "gar", "ecr", "ghcr", "quay", "generic")
            demand(pull["type"] in types, "type")
            demand(re.fullmatch(r'[!#-\[\]-~]{1,512}', pull["server"]), "server")
            self.scope = lp(pull["type"]) + lp(pull["server"])

    def token(self, text):
        """What follows `E:K:`, which must be the file's."""
        parts = text.split(":", 2)
        demand(len(parts) == 3, "token")
        demand(integer(parts[0]) == self.epoch, "another epoch")
        demand(parts[1] == self.commitment[:8], "another key id")
        return parts[2]

    def entries(self):
        if self.kind == "pull":
            demand(set(self.values) == {"username", "password"}, "entries")
        for record in self.values.values():
            match = re.fullmatch(r"([0-9]+)\.([0-9]+):(.*)", self.token(record["enc"]))
            demand(match, "enc")
            record["since"], record["rev"] = integer(match[1]), integer(match[2])
            record["data"] = unb64(match[3])
            demand(record["since"] <= self.epoch, "since")
            demand(len(record["data"]) <= 1_081_384, "long value")
            demand(1 <= len(record.get("note", "x").encode()) <= 500, "note")


# --- Keys, seals, entries -------------------------------------------------------------------------


class Keys:
    """Everything that comes from a data key."""

    def __init__(self, file, data_key):
        place = lp(file.kind) + lp(file.name) + lp(file.scope)
        self.file, self.place = file, place
        self.enc, self.nonce, self.seal = (
            hkdf(file.id, data_key, b"vault/v1/" + label) for label in (b"enc", b"nonce", b"seal")
        )
        info = b"vault/v1/commit" + place + u32(file.epoch)
        self.commitment = hkdf(file.id, data_key, info)

    def bound(self, label):
        return lp(label) + self.file.id + self.place

    def recipient_seal(self, name, record):
        message = lp(name) + lp(record["to"]) + lp(record["age"]) + u32(self.file.epoch)
        return hmac256(self.seal, self.bound("vault/v1/recipient") + message)

    def departure_seal(self, name, record):
        message = lp(name) + lp(record["to"]) + u32(record["until"]) + u32(self.file.epoch)
        return hmac256(self.seal, self.bound("vault/v1/departed") + message)

    def aad(self, key, entry):
        counts = u32(self.file.epoch) + u32(entry["since"]) + u32(entry["rev"])
        plain = lp(entry.get("note") or "") + lp(entry.get("expires") or "")
        return self.bound("vault/v1/value") + lp(key) + counts + plain

    def cipher(self, nonce, aad):
        cipher = ChaCha20_Poly1305.new(key=self.enc, nonce=nonce)
        cipher.update(aad)
        return cipher

    def decrypt(self, key, entry):
        data = entry["data"]
        demand(len(data) >= 40, "too short")
        try:
            p = self.cipher(data[:24], self.aad(key, entry)).decrypt_and_verify(data[24:-16], data[-16:])
        except ValueError:
            raise Refused("entry " + key) from None
        demand(p[:1], "padding")
        demand(p[0] == 0, "made by a newer vault")
        m = p.rstrip(b"\0")
        demand(m[-1:] == b"\x80", "padding")
        m = m[:-1]
        demand(len(p) == padme(max(64, len(m) + 1)) and len(m) - 1 <= MIB, "padding")
        return m[1:]

    def encrypt(self, key, entry, value):
        m = b"\0" + value
        p = (m + b"\x80").ljust(padme(max(64, len(m) + 1)), b"\0")
        aad = self.aad(key, entry)
        nonce = hmac256(self.nonce, os.urandom(32) + u32(len(aad)) + aad + p)[:24]
        return nonce + b"".join(self.cipher(nonce, aad).encrypt_and_digest(p))


def padme(length):
    e = length.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return -(-length // step) * step


def public_key(identity):
    with open(identity, "rb") as file:
        ssh = file.read().startswith(b"-----BEGIN")
    command = ["ssh-keygen", "-y", "-f"] if ssh else ["age-keygen", "-y"]
    printed = subprocess.run([*command, identity], capture_output=True, check=True).stdout.decode()
    return " ".join(printed.split()[: 2 if ssh else 1])


def open_file(data, kind, name, identity):
    file = File(data, kind, name)
    public = public_key(identity)
    own = [record for record in file.recipients.values() if record["key"] == public]
    demand(own, "not a reader")
    unwrapped = subprocess.run(["age", "-d", "-i", identity], input=own[0]["age"], capture_output=True)
    demand(unwrapped.returncode == 0 and len(unwrapped.stdout) == 32, "own wrap")
    keys = Keys(file, unwrapped.stdout)
    demand(hmac.compare_digest(keys.commitment.hex(), file.commitment), "commitment")
    for name_, record in file.recipients.items():
        demand(hmac.compare_digest(keys.recipient_seal(name_, record), record["sealed"]), "seal")
    for name_, record in file.departed.items():
        demand(hmac.compare_digest(keys.departure_seal(name_, record), record["sealed"]), "seal")
    values = {}
    for key, entry in file.values.items():
        value = keys.decrypt(key, entry)
        values[key] = {
            "base64": b64(value),
            "length": len(value),
            "sha256": hashlib.sha256(value).hexdigest(),
            **{field: entry.get(field) for field in ("since", "rev", "note", "expires")},
        }
    return values


# --- Writing --------------------------------------------------------------------------------------

COMMENT = "# vault v1: encrypted values. Change it with `vault set` or `vault edit`, not by hand."


class New:
    """What `Keys` needs to know of a file that is being written."""

    kind, scope, epoch = "set", b"", 1

    def __init__(self, name):
        self.name, self.id = name, os.urandom(16)


def write_set(name, recipients, values):
    file, data_key = New(name), os.urandom(32)
    keys = Keys(file, data_key)
    commitment = keys.commitment.hex()
    token = f"1:{commitment[:8]}:"
    tables = [
        f'[vault]\nformat = 1\nkind = "set"\nname = "{name}"\n'
        f'id = "b64:{b64(file.id)}"\nepoch = "1:{commitment}"\n'
    ]
    for member, key in sorted(recipients.items(), key=lambda item: item[0].encode()):
        wrap = subprocess.run(["age", "-r", key], input=data_key, capture_output=True, check=True)
        record = {"to": f"{key} {member}", "age": wrap.stdout}
        seal = keys.recipient_seal(member, record)
        header = f'"{member}"' if set("./") & set(member) else member
        tables.append(
            f'[recipients.{header}]\nto = "{record["to"]}"\n'
            f'wrap = "{token}{b64(wrap.stdout)}"\nseal = "{token}{b64(seal)}"\n'
        )
    for key, entry in sorted(values.items(), key=lambda item: item[0].encode()):
        entry = {**entry, "since": 1, "rev": 1}
        enc = keys.encrypt(key, entry, unb64(entry["base64"]))
        table = f'[values.{key}]\nenc = "{token}1.1:{b64(enc)}"\n'
        if entry.get("note"):
            note = entry["note"].replace("\\", "\\\\").replace('"', '\\"')
            table += f'note = "{note}"\n'
        if entry.get("expires"):
            table += f'expires = {entry["expires"]}\n'
        tables.append(table)
    return COMMENT + "\n" + "\n".join(tables)


def answer(request):
    with open(request["file"], "rb") as file:
        data = file.read()
    try:
        return {"values": open_file(data, request["kind"], request["name"], request["identity"])}
    except Refused as why:
        return {"refused": str(why)}


def main():
    request = json.load(sys.stdin)
    if sys.argv[1] == "write":
        sys.stdout.buffer.write(write_set(**request).encode())
    else:
        json.dump([answer(one) for one in request], sys.stdout)


main()
