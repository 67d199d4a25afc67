#!/usr/bin/env python3
"""Checks a socai ledger with nothing of socai: Python's standard library only.

    socai events --raw > events.ndjson        every event, one a line: exactly what is hashed
    socai checkpoint > checkpoint.txt         size and root, signed
    socai prove 17 --output event.tlog-proof  (optional) event 17 is in the log
    python3 check_ledger.py events.ndjson checkpoint.txt 'NAME+HASH+KEY' [event.tlog-proof]

It recomputes the Merkle root (RFC 6962), checks the signature (Ed25519, C2SP signed note) and the
inclusion proof (C2SP tlog-proof). Exit status 0: all holds.
"""
import hashlib
import sys
from base64 import b64decode

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032
D = -121665 * pow(121666, P - 2, P) % P

def decode_point(data):
    y = int.from_bytes(data, "little") & (2**255 - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert y < P and (x * x - x2) % P == 0 and (x or not data[31] >> 7), "not a point"
    return (P - x if x & 1 != data[31] >> 7 else x), y

def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, P - 2, P)
    return x % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, P - 2, P) % P

def times(n, point):
    result = (0, 1)
    while n:
        result, point, n = (add(result, point) if n & 1 else result), add(point, point), n >> 1
    return result

def verify_signature(key, text, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(r + key + text).digest(), "little") % L
    base = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    assert s < L and times(s, base) == add(decode_point(r), times(h, decode_point(key))), "forged"

def leaf(event): return hashlib.sha256(b"\0" + event).digest()
def node(left, right): return hashlib.sha256(b"\1" + left + right).digest()

def merkle_root(events):
    stack = []  # perfect subtrees from the left: (leaves, hash)
    for event in events:
        stack.append((1, leaf(event)))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (n, right), (m, left) = stack.pop(), stack.pop()
            stack.append((m + n, node(left, right)))
    while len(stack) > 1:
        (n, right), (m, left) = stack.pop(), stack.pop()
        stack.append((m + n, node(left, right)))
    return stack[0][1] if stack else hashlib.sha256(b"").digest()

def open_checkpoint(note, vkey):
    text, _, lines = note.rpartition("\n\n")
    name, hash_hex, key = vkey.split("+", 2)
    key, text = b64decode(key), text + "\n"
    assert key[0] == 1 and hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] == hash_hex
    for line in lines.splitlines():
        _, signer, blob = line.split(" ")
        if signer == name and b64decode(blob)[:4].hex() == hash_hex:
            verify_signature(key[1:], text.encode(), b64decode(blob)[4:])
            origin, size, root = text.split("\n")[:3]
            return origin, int(size), b64decode(root)
    raise AssertionError("no signature by this key")

def check_inclusion(proof, vkey):
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    event, index = b64decode(lines[1].removeprefix("extra ")), int(lines[2].removeprefix("index "))
    _, size, root = open_checkpoint(note, vkey)
    hash_, first, last = leaf(event), index, size - 1  # RFC 9162, 2.1.3.2
    assert index < size
    for sibling in map(b64decode, lines[3:]):
        assert last, "too long"
        if first & 1 or first == last:
            hash_ = node(sibling, hash_)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            hash_ = node(hash_, sibling)
        first, last = first >> 1, last >> 1
    assert last == 0 and hash_ == root, "the proof does not hold"
    return event, index + 1

def main(events, checkpoint, vkey, proof=None):
    origin, size, root = open_checkpoint(open(checkpoint, encoding="utf-8").read(), vkey)
    lines = open(events, "rb").read().split(b"\n")[:-1]
    assert len(lines) >= size, f"the checkpoint covers {size} events, there are {len(lines)}"
    assert merkle_root(lines[:size]) == root, "the events do not give the signed root"
    print(f"{origin}: {size} events give the signed root {root.hex()}")
    if proof:
        event, seq = check_inclusion(open(proof, encoding="utf-8").read(), vkey)
        assert lines[seq - 1] == event, "another event"
        print(f"event {seq} is proved to be in the log")

if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
