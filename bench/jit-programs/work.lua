-- SPDX-License-Identifier: MIT
-- The work of work.py.
local function once()
  local x, numbers = 1, {}
  for i = 1, 20000 do
    x = x * 16807 % 2147483647
    numbers[i] = x
  end
  table.sort(numbers)
  local h = 0
  for _, n in ipairs(numbers) do h = (h * 31 + n) % 1000000007 end
  local m = 0
  for row = 0, 59 do
    for column = 0, 59 do
      local cr, ci, r, i, k = column / 20.0 - 2.0, row / 30.0 - 1.0, 0.0, 0.0, 0
      while k < 100 and r * r + i * i <= 4.0 do
        r, i = r * r - i * i + cr, 2.0 * r * i + ci
        k = k + 1
      end
      m = m + k
    end
  end
  local counts = {}
  for _, n in ipairs(numbers) do
    local key = "k" .. string.format("%d", n % 509)
    counts[key] = (counts[key] or 0) + 1
  end
  local d = 0
  for n = 0, 508 do
    local count = counts["k" .. string.format("%d", n)] or 0
    d = d + count * count
  end
  local square = function(side) return side * side end
  local strip = function(side) return side * 2 end
  local s = 0
  for n = 0, 19999 do
    local area = n % 3 ~= 0 and square or strip
    s = s + area(n % 3 ~= 0 and n % 7 or n % 11)
  end
  return string.format("%d %d %d %d", h, m, d, s)
end

local result = once()
for _ = 2, tonumber(arg[1]) do
  if once() ~= result then error("a turn differs") end
end
print(result)
