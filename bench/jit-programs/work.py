# SPDX-License-Identifier: MIT
# The work of all programs here: numbers drawn, sorted and hashed; Mandelbrot in doubles; a table with text keys; calls whose types change.
import sys

class Square:
    def __init__(self, side): self.side = side
    def area(self): return self.side * self.side

class Strip:
    def __init__(self, side): self.side = side
    def area(self): return self.side * 2

def once():
    x, numbers = 1, []
    for _ in range(20000):
        x = x * 16807 % 2147483647
        numbers.append(x)
    numbers.sort()
    h = 0
    for n in numbers:
        h = (h * 31 + n) % 1000000007
    m = 0
    for row in range(60):
        for column in range(60):
            cr, ci, r, i, k = column / 20.0 - 2.0, row / 30.0 - 1.0, 0.0, 0.0, 0
            while k < 100 and r * r + i * i <= 4.0:
                r, i = r * r - i * i + cr, 2.0 * r * i + ci
                k += 1
            m += k
    table = {}
    for n in numbers:
        key = "k" + str(n % 509)
        table[key] = table.get(key, 0) + 1
    d = 0
    for n in range(509):
        count = table.get("k" + str(n), 0)
        d += count * count
    s = 0
    for n in range(20000):
        shape = Square(n % 7) if n % 3 else Strip(n % 11)
        s += shape.area()
    return "%d %d %d %d" % (h, m, d, s)

turns = int(sys.argv[1])
result = once()
for _ in range(turns - 1):
    if once() != result:
        sys.exit("a turn differs")
print(result)
