-- Changes what one partition of the log leads to, all of it in one step.
--
-- KEYS: progress, space, live. The names of all other keys begin as that of the progress does and have its hash tag, so
-- they lie in the same slot.
--
-- ARGV: a guard, then changes one after the other. Numbers in values are of 19 digits where they are compared.
--   fold FIRST END EPOCH DIGEST SPACE IS_LIVE LIVE LIVE_MS CAPACITY
--                  the worker's: done when the progress is at or behind FIRST and before END, and moves it to END
--   fill OFFSET CAPACITY
--                  a reader's: done when the progress is not behind OFFSET, where the ledger was when it was read
--   merge          done always: what cannot depend on the order
-- Changes:
--   memory NAMES SEQUENCE ACCESSES ACCESSED_AT LISTS JSON EXPIRES_MS PRIORITY TIME_MS
--   forget NAMES SEQUENCE
--   access NAMES ACCESSES ACCESSED_AT
--   value KEY OFFSET EXPIRES_MS JSON (empty: there is none)
--   working NAMES OFFSET EXPIRES_MS GOAL (empty: none, else behind "="), then the number of turns and each of them, so of
--           thoughts, of keys (their names and values by turns) and of events
--
-- Replies "done"; "already" when the progress is at or behind END; "lost", "taken", "moved" or "behind" as renew does;
-- "newer" to a reader whose rows may be older than what was folded.

local base = string.sub(KEYS[1], 1, -9) -- without "progress"
local RANK_STEP = 10000000000000 -- more than any milliseconds up to the year 2286: priority counts before time
local NEVER = '-' -- was it accessed
local at = 1 -- the next of ARGV

local function take(count)
    local from = at
    at = at + count
    return unpack(ARGV, from, at - 1)
end

-- A failure names the key, which Redis does not.
local function call(command, key, ...)
    local reply = redis.pcall(command, key, ...)
    if type(reply) == 'table' and reply.err then
        error({err = reply.err .. ' (key ' .. key .. ')'})
    end
    return reply
end

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)

-- Lists of an agent: members by when they expire.

local function list_keys(lists)
    local tenant, user, agent = string.match(lists, '^([^/]*)/([^/]*)/(.*)$')
    if not tenant then
        return {}
    end
    local keys = {base .. 'agent:' .. tenant .. '/' .. agent}
    if user ~= '' then
        keys[2] = base .. 'user-agent:' .. tenant .. '/' .. user .. '/' .. agent
    end
    return keys
end

-- What lists hold: the names of a memory without the tenant.
local function member_of(names)
    return string.sub(names, string.find(names, '/', 1, true) + 1)
end

local function leave_lists(lists, names)
    for _, key in ipairs(list_keys(lists)) do
        call('ZREM', key, member_of(names))
    end
end

local function join_lists(lists, names, expires_ms)
    for _, key in ipairs(list_keys(lists)) do
        call('ZREMRANGEBYSCORE', key, '-inf', now_ms)
        call('ZADD', key, expires_ms, member_of(names))
        local left = call('PTTL', key)
        if left < 0 or now_ms + left < tonumber(expires_ms) then
            call('PEXPIREAT', key, expires_ms)
        end
    end
end

-- Memories: a line of numbers, and JSON.

local function read_memory(names)
    local value = call('GET', base .. 'memory:' .. names)
    if not value then
        return nil
    end
    local sequence, accesses, accessed_at, lists, rest = string.match(value, '^(%d+) (%d+) (%-?%d*) (%S*)(.*)$')
    return sequence and {sequence = sequence, accesses = tonumber(accesses), accessed_at = accessed_at, lists = lists,
                         rest = rest}
end

-- Times of accesses stay texts: a number loses digits of what lies far ahead.
local function later(a, b)
    if a == NEVER or b == NEVER then
        return a == NEVER and b or a
    end
    return tonumber(a) < tonumber(b) and b or a
end

local function rank(priority, time_ms, accessed_at)
    local accessed_ms = accessed_at == NEVER and 0 or math.floor(tonumber(accessed_at) / 1000)
    return string.format('%.0f', priority * RANK_STEP + math.min(math.max(time_ms, accessed_ms), RANK_STEP - 1))
end

local function remove_memory(names, lists)
    call('DEL', base .. 'memory:' .. names)
    call('ZREM', base .. 'hot', names)
    call('ZREM', base .. 'ages', names)
    leave_lists(lists, names)
end

local changes = {}

function changes.memory()
    local names, sequence, accesses, accessed_at, lists, json, expires_ms, priority, time_ms = take(9)
    local old = read_memory(names)
    accesses = tonumber(accesses)
    if old then
        if old.sequence > sequence then
            return
        end
        accesses, accessed_at = math.max(accesses, old.accesses), later(accessed_at, old.accessed_at)
        if old.lists ~= lists then
            leave_lists(old.lists, names)
        end
    end
    if tonumber(expires_ms) <= now_ms then
        remove_memory(names, lists)
        return
    end
    call('SET', base .. 'memory:' .. names,
         string.format('%s %.0f %s %s\n', sequence, accesses, accessed_at, lists) .. json, 'PXAT', expires_ms)
    call('ZADD', base .. 'hot', rank(priority, tonumber(time_ms), accessed_at), names)
    call('ZADD', base .. 'ages', expires_ms, names)
    join_lists(lists, names, expires_ms)
end

function changes.forget()
    local names, sequence = take(2)
    local old = read_memory(names)
    if old and old.sequence <= sequence then
        remove_memory(names, old.lists)
    end
end

function changes.access()
    local names, accesses, accessed_at = take(3)
    local old = read_memory(names)
    if not old then
        return
    end
    accesses, accessed_at = math.max(tonumber(accesses), old.accesses), later(old.accessed_at, accessed_at)
    if accesses == old.accesses and accessed_at == old.accessed_at then
        return
    end
    call('SET', base .. 'memory:' .. names,
         string.format('%s %.0f %s %s', old.sequence, accesses, accessed_at, old.lists) .. old.rest, 'KEEPTTL')
    local score = tonumber(call('ZSCORE', base .. 'hot', names) or '0')
    call('ZADD', base .. 'hot', 'XX', rank(math.floor(score / RANK_STEP), score % RANK_STEP, accessed_at), names)
end

-- Values that are read whole: where the ledger was, and JSON.
function changes.value()
    local key, offset, expires_ms, json = take(4)
    key = base .. key
    local old = call('GETRANGE', key, 0, 18)
    if old > offset then
        return
    end
    if json == '' or tonumber(expires_ms) <= now_ms then
        call('DEL', key)
    else
        call('SET', key, offset .. '\n' .. json, 'PXAT', expires_ms)
    end
end

-- Working memory: a group of keys that are written together, and expire together.

local function replace(key, command, expires_ms, step)
    local count = take(1)
    local left = tonumber(count) * step
    call('DEL', key)
    while left > 0 do
        local some = math.min(left, 1000)
        call(command, key, take(some))
        left = left - some
    end
    call('PEXPIREAT', key, expires_ms)
    return count
end

function changes.working()
    local names, offset, expires_ms, goal = take(4)
    local key = base .. 'working:' .. names
    local old = call('HGET', key, 'next_offset')
    if old and old > offset then
        for _, step in ipairs({1, 1, 2, 1}) do
            at = at + tonumber(ARGV[at]) * step + 1
        end
        return
    end
    call('DEL', key)
    call('HSET', key, 'next_offset', offset)
    if goal ~= '' then
        call('HSET', key, 'goal', string.sub(goal, 2))
    end
    call('PEXPIREAT', key, expires_ms)
    -- What is told of the parts tells a reader that Redis has dropped one.
    local turns = replace(key .. ':turns', 'RPUSH', expires_ms, 1)
    local thoughts = replace(key .. ':thoughts', 'RPUSH', expires_ms, 1)
    local keys = replace(key .. ':context', 'HSET', expires_ms, 2)
    local events = replace(key .. ':events', 'RPUSH', expires_ms, 1)
    call('HSET', key, 'counts', turns .. ' ' .. thoughts .. ' ' .. keys .. ' ' .. events)
end

-- Room: what has expired goes first, then what counts least.

local function trim(capacity)
    local gone = call('ZRANGEBYSCORE', base .. 'ages', '-inf', now_ms, 'LIMIT', 0, 1000)
    if #gone > 0 then
        call('ZREM', base .. 'hot', unpack(gone))
        call('ZREM', base .. 'ages', unpack(gone))
    end
    local excess = call('ZCARD', base .. 'hot') - tonumber(capacity)
    if excess > 0 then
        local evicted = call('ZRANGE', base .. 'hot', 0, math.min(excess, 1000) - 1)
        for _, names in ipairs(evicted) do
            local old = read_memory(names)
            remove_memory(names, old and old.lists or '')
        end
        call('HINCRBY', KEYS[1], 'evicted', #evicted)
    end
end

local guards = {}

function guards.fold()
    local first, last, epoch, digest, space, is_live, live, live_ms, capacity = take(9)
    local stored = call('HMGET', KEYS[1], 'epoch', 'next_offset')
    if not stored[1] then
        return 'lost'
    elseif stored[1] ~= epoch then
        return 'taken'
    elseif is_live == '1' and call('GET', KEYS[2]) ~= space then
        return 'moved'
    elseif tonumber(stored[2]) >= tonumber(last) then
        return 'already'
    elseif tonumber(stored[2]) < tonumber(first) then
        return 'behind'
    end
    return 'done', capacity, function()
        call('HSET', KEYS[1], 'next_offset', last, 'last_digest', digest, 'updated_ms', now_ms)
        if live_ms ~= '0' then
            call('SET', KEYS[3], live, 'PX', live_ms)
        end
    end
end

function guards.fill()
    local offset, capacity = take(2)
    local stored = call('HGET', KEYS[1], 'next_offset')
    if not stored then
        return 'lost'
    elseif tonumber(stored) > tonumber(offset) then
        return 'newer'
    end
    return 'done', capacity
end

function guards.merge()
    return 'done'
end

local verdict, capacity, finish = guards[take(1)]()
if verdict ~= 'done' then
    return verdict
end
while at <= #ARGV do
    changes[take(1)]()
end
if capacity then
    trim(capacity)
end
if finish then
    finish()
end
return 'done'
