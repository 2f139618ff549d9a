#!/usr/bin/env python3
"""An age plugin for tests, written from the plugin protocol: `age-plugin-toy`, or whatever this file
is called. The same 32 bytes are its recipient and its identity, so it protects nothing.

    age-plugin-toy --generate SEED       prints an identity file

TOY_LOG names a file that gets a line for each start; TOY_ASKS makes it ask for a PIN (`pin`), a
choice (`confirm`) or a word (`word`) before it unwraps anything; TOY_EXTRA makes it wrap in another
way than the format allows.
"""

import base64
import hashlib
import os
import sys

NAME = os.path.basename(sys.argv[0]).removeprefix("age-plugin-")
LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def checksum(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check


def expand(prefix):
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def bech32(prefix, data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]
    check = checksum(expand(prefix) + values + [0] * 6) ^ 1
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(LETTERS[value] for value in values)


def unbech32(text):
    text = text.lower()
    digits = text[text.rindex("1") + 1 : -6]
    bits = "".join(f"{LETTERS.index(digit):05b}" for digit in digits)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - len(bits) % 8, 8))


def encode(data):
    return base64.b64encode(data).decode().rstrip("=")


def decode(text):
    return base64.b64decode(text + "=" * (-len(text) % 4))


def send(*words, body=b""):
    text = encode(body)
    lines = [text[i : i + 64] for i in range(0, len(text) + 1, 64)]
    sys.stdout.write(f"-> {' '.join(words)}\n" + "".join(line + "\n" for line in lines))
    sys.stdout.flush()


def receive():
    words = sys.stdin.readline().rstrip("\n").split(" ")
    if words[0] != "->":
        sys.exit("no stanza")
    text = ""
    while True:
        line = sys.stdin.readline().rstrip("\n")
        text += line
        if len(line) < 64:
            return words[1:], decode(text)


def call(*words, body=b""):
    send(*words, body=body)
    return receive()


def everything():
    while True:
        words, body = receive()
        if words[0] == "done":
            return
        yield words, body


def mask(key, salt):
    return hashlib.sha256(key + salt).digest()[:16]


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def wrap():
    keys, file_key = [], None
    for words, body in everything():
        if words[0] == "add-recipient":
            keys.append(unbech32(words[1]))
        elif words[0] == "wrap-file-key":
            file_key = body
    extra = os.environ.get("TOY_EXTRA", "")
    for key in keys:
        salt = os.urandom(16)
        tag = encode(hashlib.sha256(key).digest()[:4])
        kind = "scrypt" if extra == "scrypt" else NAME
        for _ in range(2 if extra == "two" else 1):
            call("recipient-stanza", "0", kind, tag, encode(salt), body=xor(file_key, mask(key, salt)))
    send("done")


def unwrap():
    keys, stanzas = [], []
    for words, body in everything():
        if words[0] == "add-identity":
            keys.append(unbech32(words[1]))
        elif words[0] == "recipient-stanza":
            stanzas.append((words[2:], body))
    log(f"{len(stanzas)} stanzas")
    mine = [(key, s, b) for key in keys for s, b in stanzas if s[0] == NAME and fits(key, s)]
    if mine and not agreed():
        call("error", "internal", body=b"it was not allowed")
    elif mine:
        key, stanza, body = mine[0]
        call("file-key", "0", body=xor(body, mask(key, decode(stanza[2]))))
    send("done")


def fits(key, stanza):
    return stanza[1] == encode(hashlib.sha256(key).digest()[:4])


def agreed():
    asks = os.environ.get("TOY_ASKS")
    if asks == "msg":
        return call("msg", body=b"touch \x1b[31mit")[0] == ["ok"]
    if asks == "pin":
        return call("request-secret", body=b"PIN of the toy") == (["ok"], b"1234")
    if asks == "word":
        return call("request-public", body=b"the word") == (["ok"], b"please")
    if asks == "confirm":
        words = "confirm", encode(b"open it"), encode(b"leave it")
        return call(*words, body=b"What now?")[0] == ["ok", "yes"]
    return call("some-grease", body=b"x" * 100)[0] == ["unsupported"]


def log(text):
    if path := os.environ.get("TOY_LOG"):
        with open(path, "a", encoding="utf-8") as file:
            print(text, file=file)


def main():
    argument = sys.argv[1]
    if argument == "--generate":
        key = hashlib.sha256(sys.argv[2].encode()).digest()
        print(f"#    Recipient: {bech32('age1' + NAME, key)}")
        print(bech32(f"age-plugin-{NAME}-", key).upper())
        return
    names = " ".join(sorted(name for name in os.environ if name.startswith("VAULT_")))
    log(f"{argument} in {os.getcwd()} with {names or 'nothing'}")
    {"--age-plugin=recipient-v1": wrap, "--age-plugin=identity-v1": unwrap}[argument]()


main()
