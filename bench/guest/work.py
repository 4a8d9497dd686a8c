# SPDX-License-Identifier: MIT
"""The CPython row of bench/run: what scripts do - dictionaries, lists, strings, calls, small objects. Prints rounds per second."""
import time


class Body:
    __slots__ = ("x", "v", "mass")

    def __init__(self, x, v, mass):
        self.x, self.v, self.mass = x, v, mass


def count_words(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def queens(size, row=0, columns=0, left=0, right=0):
    if row == size:
        return 1
    found, free = 0, ~(columns | left | right) & ((1 << size) - 1)
    while free:
        bit = free & -free
        free ^= bit
        found += queens(size, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return found


def pull(bodies, steps):
    for _ in range(steps):
        for a in bodies:
            for b in bodies:
                if a is not b:
                    a.v += b.mass / ((b.x - a.x) * abs(b.x - a.x) + 0.01)
        for body in bodies:
            body.x += body.v * 0.001
    return sum(body.mass * body.v * body.v for body in bodies)


def one_round(words):
    bodies = [Body(i * 1.5, 0.0, 1.0 + i) for i in range(5)]
    text = " ".join(f"{word}={count:d}" for word, count in count_words(words))
    return len(text.split("=")) + queens(7) + pull(bodies, 200)


words = [f"w{i * i % 997}" for i in range(10000)]
one_round(words)
begin, rounds = time.perf_counter(), 0
while (elapsed := time.perf_counter() - begin) < 1.5:
    one_round(words)
    rounds += 1
print(f"RESULT python {rounds / elapsed:.4g} rounds/s {elapsed:.3f}", flush=True)
