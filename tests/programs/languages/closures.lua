-- Closures, coroutines, metatables, string patterns, tables, garbage collection, errors, files, pipes.
local function generate(n)
    return coroutine.wrap(function() for i = 1, n do coroutine.yield(i * i) end end)
end
local sum = 0
for value in generate(1000) do sum = sum + value end
print(sum, 7 // 2, -7 // 2, -7 % 3, 7 / 2, 2 ^ 10, 1 << 62, 5.0 // 0, math.maxinteger + 1 == math.mininteger)
local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({x = a.x + b.x}, Vector) end
Vector.__tostring = function(v) return "<" .. v.x .. ">" end
Vector.__close = function(v) print("closed " .. v.x) end
Vector.__gc = function() sum = sum + 1 end
print(tostring(setmetatable({x = 1}, Vector) + setmetatable({x = 2}, Vector)))
do local scoped <close> = setmetatable({x = 9}, Vector) end
print(("key = value; k2=v2"):gsub("(%w+)%s*=%s*(%w+)", "%2=%1"), ("%5.2f|%-5s|%q|%x|%a"):format(3.14159, "ab", 'q"\n', 255, 0.5))
for year, month in ("2026-11 1999-01"):gmatch("(%d+)-(%d+)") do io.write(year, "/", month, " ") end
print(utf8.char(228, 8364), utf8.len("ä€"), #"ä€", string.pack("<i4z", 7, "x"):byte(1, -1))
local words = {}
for i = 1, 2000 do words[i] = string.format("%04d", i * 7919 % 2003) end
table.sort(words, function(a, b) return a > b end)
print(words[1], words[2000], #table.concat(words), table.unpack(words, 5, 7))
print(pcall(function() error({code = 5}) end), select(2, pcall(error, "text", 0)), select(2, pcall(function() return nil + 1 end)))
print(select("#", xpcall(function() local t; return t.x end, function(m) return m:gsub("^.-:%d+: ", "") end)))
print(pcall(string.rep, "x", 1 << 60))
local function endless(n) return 1 + endless(n + 1) end
print((select(2, pcall(endless, 1)):match("stack overflow")))
for i = 1, 20000 do local garbage = {i, tostring(i)} end
collectgarbage()
print(collectgarbage("count") < 10000, collectgarbage("step"))
local file = assert(io.open("lua.txt", "w"))
for i = 1, 100 do file:write(i, " ", i / 3, "\n") end
file:close()
local total = 0
for n, third in io.lines("lua.txt", "n", "n") do total = total + n + third end
print(total, io.open("/none/file"), os.remove("lua.txt"))
local pipe = io.popen("echo from the pipe; exit 3")
print(pipe:read("a"), pipe:close())
print(os.execute("exit 4"))
print(os.date("!%Y-%m-%d %H:%M:%S", 1700000000), os.time({year = 2024, month = 2, day = 29, hour = 12}), os.getenv("NONE"))
print(load("return 6 * 7")(), #arg, math.type(3), math.type(3.0), math.tointeger(3.0), string.format("%.14g", math.pi))
return 5
