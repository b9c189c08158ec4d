-- Changes what one partition of the log leads to, all of it in one step.
--
-- KEYS: progress, space, live, none. The names of all other keys begin as that of the progress does and have its hash tag,
-- so they lie in the same slot. "none" is never there: so a cluster that moves the slot key by key lets nobody change
-- anything (TRYAGAIN) until all keys are in one place, those that no call names among them.
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
-- "frozen" while freeze.lua holds the partition up; "newer" to a reader whose rows may be older than what was folded.

local base = string.sub(KEYS[1], 1, -9) -- without "progress"
local RANK_STEP = 10000000000000 -- more than any milliseconds up to the year 2286: priority counts before time
local NEVER = '-' -- was it accessed
local MOST = 1000 -- words of one command
local ACCESSES_ALONE = '0000000000000000000' -- the sequence of a memory of which nothing else is known yet
local ACCESSES_ALONE_MS = 60000
local at = 1 -- the next of ARGV
local key_at_hand -- for a failure, since Redis does not name it

local function take(count)
    local from = at
    at = at + count
    return unpack(ARGV, from, at - 1)
end

local function call(command, key, ...)
    key_at_hand = key
    return redis.call(command, key, ...)
end

-- A command with any number of words behind its key.
local function call_all(command, key, words)
    for from = 1, #words, MOST do
        call(command, key, unpack(words, from, math.min(from + MOST - 1, #words)))
    end
end

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)

-- What goes out of the sorted sets and into them, gathered, so that each takes two commands whatever there is to change.
-- What goes, goes first: a memory is named once in a call, and may only leave a list for the same one.

local sets, set_names = {}, {}

local function set_of(name)
    local set = sets[name]
    if not set then
        set = {gone = {}, come = {}, expires_ms = 0}
        sets[name] = set
        set_names[#set_names + 1] = name
    end
    return set
end

local function leave(name, member)
    local gone = set_of(name).gone
    gone[#gone + 1] = member
end

local function join(name, score, member)
    local set = set_of(name)
    set.come[#set.come + 1] = score
    set.come[#set.come + 1] = member
    return set
end

local function change_sets()
    for _, name in ipairs(set_names) do
        local key, set = base .. name, sets[name]
        call_all('ZREM', key, set.gone)
        call_all('ZADD', key, set.come)
        if set.expires_ms > 0 then -- a list of an agent: by when its members expire, and it goes with the last
            call('ZREMRANGEBYSCORE', key, '-inf', now_ms)
            local left = call('PTTL', key)
            if left < 0 or now_ms + left < set.expires_ms then
                call('PEXPIREAT', key, string.format('%.0f', set.expires_ms))
            end
        end
    end
    sets, set_names = {}, {}
end

-- Lists of an agent.

local function lists_of(lists)
    local tenant, user, agent = string.match(lists, '^([^/]*)/([^/]*)/(.*)$')
    if not tenant then
        return
    end
    return 'agent:' .. tenant .. '/' .. agent, user ~= '' and 'user-agent:' .. tenant .. '/' .. user .. '/' .. agent
end

-- What lists hold: the names of a memory without the tenant.
local function member_of(names)
    return string.sub(names, string.find(names, '/', 1, true) + 1)
end

local function leave_lists(lists, names)
    local of_agent, of_user = lists_of(lists)
    if of_agent then
        leave(of_agent, member_of(names))
    end
    if of_user then
        leave(of_user, member_of(names))
    end
end

local function join_list(list, member, expires_ms)
    local set = join(list, expires_ms, member)
    set.expires_ms = math.max(set.expires_ms, tonumber(expires_ms))
end

local function join_lists(lists, names, expires_ms)
    local of_agent, of_user = lists_of(lists)
    if of_agent then
        join_list(of_agent, member_of(names), expires_ms)
    end
    if of_user then
        join_list(of_user, member_of(names), expires_ms)
    end
end

-- Memories: a line of numbers, and JSON.

local function parse_memory(value)
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
    leave('hot', names)
    leave('ages', names)
    leave_lists(lists, names)
end

local changes = {}

function changes.memory()
    local names, sequence, accesses, accessed_at, lists, json, expires_ms, priority, time_ms = take(9)
    local key = base .. 'memory:' .. names
    local old = parse_memory(call('GET', key))
    if old then
        if old.sequence > sequence then
            return
        end
        accesses = string.format('%.0f', math.max(accesses, old.accesses))
        accessed_at = later(accessed_at, old.accessed_at)
        if old.lists ~= lists then
            leave_lists(old.lists, names)
        end
    end
    if tonumber(expires_ms) <= now_ms then
        remove_memory(names, lists)
        return
    end
    call('SET', key, sequence .. ' ' .. accesses .. ' ' .. accessed_at .. ' ' .. lists .. '\n' .. json, 'PXAT',
         expires_ms)
    join('hot', rank(priority, time_ms, accessed_at), names)
    join('ages', expires_ms, names)
    join_lists(lists, names, expires_ms)
end

function changes.forget()
    local names, sequence = take(2)
    local old = parse_memory(call('GET', base .. 'memory:' .. names))
    if old and old.sequence <= sequence then
        remove_memory(names, old.lists)
    end
end

function changes.access()
    local names, accesses, accessed_at = take(3)
    local key = base .. 'memory:' .. names
    local old = parse_memory(call('GET', key))
    if not old then -- for the creation that another partition's events are ahead of, unless the space is over
        if call('EXISTS', KEYS[1]) == 0 then
            return
        end
        call('SET', key, ACCESSES_ALONE .. ' ' .. accesses .. ' ' .. accessed_at .. ' \n', 'PX', ACCESSES_ALONE_MS)
        return
    end
    accesses, accessed_at = math.max(accesses, old.accesses), later(old.accessed_at, accessed_at)
    if accesses == old.accesses and accessed_at == old.accessed_at then
        return
    end
    call('SET', key, string.format('%s %.0f %s %s', old.sequence, accesses, accessed_at, old.lists) .. old.rest,
         'KEEPTTL')
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
        local some = math.min(left, MOST)
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
    -- What is told of the parts tells a reader that Redis has dropped one.
    local turns = replace(key .. ':turns', 'RPUSH', expires_ms, 1)
    local thoughts = replace(key .. ':thoughts', 'RPUSH', expires_ms, 1)
    local keys = replace(key .. ':context', 'HSET', expires_ms, 2)
    local events = replace(key .. ':events', 'RPUSH', expires_ms, 1)
    call('HSET', key, 'counts', turns .. ' ' .. thoughts .. ' ' .. keys .. ' ' .. events)
    call('PEXPIREAT', key, expires_ms) -- last: a write would bring back for ever what is over by now
end

-- Room: what has expired goes first, then what counts least.

local function evict(count)
    local evicted = call('ZRANGE', base .. 'hot', 0, math.min(count, MOST) - 1)
    local keys = {}
    for i, names in ipairs(evicted) do
        keys[i] = base .. 'memory:' .. names
    end
    key_at_hand = keys[1]
    for i, value in ipairs(redis.call('MGET', unpack(keys))) do
        local old = parse_memory(value)
        if old then
            leave_lists(old.lists, evicted[i])
        end
    end
    redis.call('DEL', unpack(keys))
    call('ZREM', base .. 'hot', unpack(evicted))
    call('ZREM', base .. 'ages', unpack(evicted))
    call('HINCRBY', KEYS[1], 'evicted', #evicted)
end

local function trim(capacity)
    local gone = call('ZRANGEBYSCORE', base .. 'ages', '-inf', now_ms, 'LIMIT', 0, MOST)
    if #gone > 0 then
        call('ZREM', base .. 'hot', unpack(gone))
        call('ZREM', base .. 'ages', unpack(gone))
    end
    local excess = call('ZCARD', base .. 'hot') - capacity
    if excess > 0 then
        evict(excess)
        change_sets()
    end
end

local guards = {}

function guards.fold()
    local first, last, epoch, digest, space, is_live, live, live_ms, capacity = take(9)
    local stored = call('HMGET', KEYS[1], 'epoch', 'next_offset', 'frozen_until')
    local live_space = is_live == '1' and call('GET', KEYS[2])
    if live_space and live_space ~= space then
        return 'moved'
    elseif not stored[1] or (is_live == '1' and not live_space) then
        return 'lost'
    elseif stored[1] ~= epoch then
        return 'taken'
    elseif tonumber(stored[3] or '0') > now_ms then
        return 'frozen'
    elseif tonumber(stored[2]) >= tonumber(last) then
        return 'already'
    elseif tonumber(stored[2]) < tonumber(first) then
        return 'behind'
    end
    return 'done', capacity, function()
        call('HSET', KEYS[1], 'next_offset', last, 'updated_ms', now_ms)
        if digest ~= '' then -- else the last event that is known stays the one it was
            call('HSET', KEYS[1], 'last_digest', digest)
        end
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

local function run()
    local verdict, capacity, finish = guards[take(1)]()
    if verdict ~= 'done' then
        return verdict
    end
    while at <= #ARGV do
        changes[take(1)]()
    end
    change_sets()
    if capacity then
        trim(tonumber(capacity))
    end
    if finish then
        finish()
    end
    return 'done'
end

local is_done, reply = pcall(run)
if is_done then
    return reply
end
local why = type(reply) == 'table' and reply.err or tostring(reply)
return redis.error_reply(why .. ' (key ' .. tostring(key_at_hand) .. ')')
