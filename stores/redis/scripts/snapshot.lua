-- Reads the contents of a key, and checks whether the lists of its partition agree with it.
--
-- KEYS: the key
-- ARGV: the prefix of the keys of its space and partition, its kind, its names
--
-- Replies with nothing if there is no key, else with its type, its expiry (milliseconds, -1: never) and its words: the
-- value of a string, the elements of a list, fields and values of a hash. For a memory, these are followed by the keys
-- of lists that lack it, each after "different" or "missing"; for a list of memories, the word is the number of its
-- members that do not exist.

local key, base, kind, names = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local SAME_MS = 1000 -- times that differ by less count as equal
local call = redis.call
local time = call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)

local words = {}

local function expect(list, member, expires_ms)
    local score = call('ZSCORE', list, member)
    if not score or (expires_ms and math.abs(tonumber(score) - expires_ms) > SAME_MS) then
        words[#words + 1] = call('EXISTS', list) == 1 and 'different' or 'missing'
        words[#words + 1] = list
    end
end

local function check_memory(value, expires_ms)
    local tenant, user, agent = string.match(value, '^%S+ %S+ %S+ ([^/%s]*)/([^/%s]*)/([^\n]*)\n')
    local member = string.sub(names, (string.find(names, '/', 1, true) or 0) + 1)
    local entry = 'memory:' .. names
    expect(base .. 'hot', entry)
    expect(base .. 'ages', entry, expires_ms)
    if call('HEXISTS', base .. 'sizes', entry) == 0 then
        words[#words + 1] = 'different'
        words[#words + 1] = base .. 'sizes'
    end
    if tenant then
        expect(base .. 'agent:' .. tenant .. '/' .. agent, member, expires_ms)
        if user ~= '' then
            expect(base .. 'user-agent:' .. tenant .. '/' .. user .. '/' .. agent, member, expires_ms)
        end
    end
end

-- Counts members that do not exist, except those that have just expired.
local function count_strangers()
    local is_of_ranks = kind == 'hot' or kind == 'others'
    local before = (is_of_ranks or kind == 'ages') and '' or 'memory:' .. string.match(names, '^[^/]*/')
    local strangers = 0
    local members = call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #members, 2 do
        local expires_ms = is_of_ranks and call('ZSCORE', base .. 'ages', members[i]) or members[i + 1]
        if (not expires_ms or tonumber(expires_ms) > now_ms + SAME_MS)
            and call('EXISTS', base .. before .. members[i]) == 0 then
            strangers = strangers + 1
        end
    end
    return strangers
end

local type = call('TYPE', key).ok
if type == 'none' then
    return false
end
local expires_ms = call('PEXPIRETIME', key)
if type == 'string' then
    words[1] = call('GET', key)
    if kind == 'memory' and string.sub(words[1], -1) == '\n' then
        return false -- only accesses of a memory that does not exist yet
    elseif kind == 'memory' then
        check_memory(words[1], expires_ms)
    end
elseif type == 'hash' then
    words = call('HGETALL', key)
elseif type == 'list' then
    words = call('LRANGE', key, 0, -1)
elseif type == 'zset' then
    words[1] = (kind == 'owners' or kind == 'gaps') and '0' or tostring(count_strangers())
end
table.insert(words, 1, type)
table.insert(words, 2, tostring(expires_ms))
return words
