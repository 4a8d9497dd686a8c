// SPDX-License-Identifier: MIT
// The work of work.py.
'use strict';
class Square { constructor(side) { this.side = side; } area() { return this.side * this.side; } }
class Strip { constructor(side) { this.side = side; } area() { return this.side * 2; } }

function once() {
  let x = 1;
  const numbers = [];
  for (let i = 0; i < 20000; i++) {
    x = x * 16807 % 2147483647;
    numbers.push(x);
  }
  numbers.sort((a, b) => a - b);
  let h = 0;
  for (const n of numbers) h = (h * 31 + n) % 1000000007;
  let m = 0;
  for (let row = 0; row < 60; row++) {
    for (let column = 0; column < 60; column++) {
      const cr = column / 20.0 - 2.0, ci = row / 30.0 - 1.0;
      let r = 0.0, i = 0.0, k = 0;
      while (k < 100 && r * r + i * i <= 4.0) {
        [r, i] = [r * r - i * i + cr, 2.0 * r * i + ci];
        k++;
      }
      m += k;
    }
  }
  const table = new Map();
  for (const n of numbers) {
    const key = 'k' + n % 509;
    table.set(key, (table.get(key) ?? 0) + 1);
  }
  let d = 0;
  for (let n = 0; n < 509; n++) {
    const count = table.get('k' + n) ?? 0;
    d += count * count;
  }
  let s = 0;
  for (let n = 0; n < 20000; n++) {
    const shape = n % 3 ? new Square(n % 7) : new Strip(n % 11);
    s += shape.area();
  }
  return `${h} ${m} ${d} ${s}`;
}

const result = once();
for (let turn = 1; turn < Number(process.argv[2]); turn++) {
  if (once() !== result) throw new Error('a turn differs');
}
console.log(result);
