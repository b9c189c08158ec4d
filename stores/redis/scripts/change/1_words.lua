-- Changes what one partition of the log leads to, all of it in one step, and keeps that within its room.
--
-- KEYS: progress, space, live, none. The names of all other keys begin as that of the progress does and have its hash tag,
-- so they lie in the same slot. "none" is never there: so a cluster that moves the slot key by key lets nobody change
-- anything (TRYAGAIN) until all keys are in one place, those that no call names among them.
--
-- ARGV: a guard, then changes one after the other. Numbers in values are of 19 digits where they are compared.
--   fold FIRST END EPOCH DIGEST SPACE IS_LIVE LIVE LIVE_MS
--                  the worker's: done when the progress is at or behind FIRST and before END, and moves it to END
--   fill OFFSET    a reader's: done when the progress is not behind OFFSET, where the ledger was when it was read
--   merge          done always: what cannot depend on the order
-- Changes: ENTRY is what a key is called behind the base. It is kept until EXPIRES_MS, counts for OWNER, and the lowest
-- RANK goes first.
--   memory ENTRY EXPIRES_MS RANK OWNER VALUE
--   forget ENTRY SEQUENCE
--   access ENTRY ACCESSES ACCESSED_AT
--   value ENTRY EXPIRES_MS RANK OWNER OFFSET JSON (empty: there is none)
--   working ENTRY EXPIRES_MS RANK OWNER OFFSET BYTES GOAL (empty: none, else behind "=") GOAL_ID GOAL_SET_AT (microseconds;
--           both may be empty), then the number of turns and each of them, so of thoughts, of keys (their names and values by
--           turns) and of events
--   skip ENTRY EXPIRES_MS: it is larger than what one owner may have
--
-- Replies "done"; "already" when the progress is at or behind END; "lost", "taken", "moved" or "behind" as renew does;
-- "frozen" while freeze.lua holds the partition up; "newer" to a reader whose rows may be older than what was folded;
-- "full" to a reader when Redis has no memory left.
--
-- What is kept of each entry stands in books: its size, rank, end, owner and lists in "sizes", its end in "ages", its rank in "hot"
-- (memories) or "others", the entries of each owner in the order of their ranks in "owners", how much an owner has in
-- "usage", and how much all of them have in the progress. A list from which something had to go is in "gaps" for as long
-- as that would have been in it.

local base = string.sub(KEYS[1], 1, -9) -- without "progress"
local RANK_STEP = 100000000000 -- more than any tenths of a second up to the year 2286: priority, in hundredths, counts before time
local RANK_MICROS = 100000 -- of a tenth
local NEVER = '-' -- was it accessed
local MOST = 1000 -- words of one command
local ACCESSES_ALONE = '0000000000000000000' -- the sequence of a memory of which nothing else is known yet
local ACCESSES_ALONE_MS = 60000
local ENTRY_BYTES, NAME_TIMES = 700, 7 -- what Redis needs for an entry beside its value
local LIST_BYTES = 150 -- what it needs for a member of a list, and for a gap
local ROUND, ROUNDS = 100, 50 -- so many entries make room at a time
local FULL_BYTES = 65536 -- goes beyond what comes, when Redis is full
local PARTS = {':turns', ':thoughts', ':context', ':events'}
local EVERY_LIST = '*'
local at = 1 -- the next of ARGV
local key_at_hand -- for a failure, since Redis does not name it
local evicted = 0

local function take(count)
    local from = at
    at = at + count
    return unpack(ARGV, from, at - 1)
end

local function call(command, key, ...)
    key_at_hand = key
    return redis.call(command, key, ...)
end

-- A command with any number of words behind its key; the answers, where they are one for each word.
local function call_all(command, key, words)
    if #words <= MOST then
        return #words > 0 and call(command, key, unpack(words)) or {}
    end
    local all = {}
    for from = 1, #words, MOST do
        local some = call(command, key, unpack(words, from, math.min(from + MOST - 1, #words)))
        for i = 1, type(some) == 'table' and #some or 0 do
            all[#all + 1] = some[i]
        end
    end
    return all
end

local function whole(number)
    return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)

-- What goes out of the sorted sets and into them, gathered, so that each takes two commands whatever there is to change.
-- What goes, goes first: a memory is named once in a call, and may only leave a list for the same one.

local sets, set_names = {}, {}

local function set_of(name)
    local set = sets[name]
    if not set then
        set = {gone = {}, come = {}}
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
    local come = set_of(name).come
    come[#come + 1] = score
    come[#come + 1] = member
end

local function change_sets()
    for _, name in ipairs(set_names) do
        local key, set = base .. name, sets[name]
        call_all('ZREM', key, set.gone)
        call_all('ZADD', key, set.come)
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
local function member_of(entry)
    return string.sub(entry, string.find(entry, '/', 9, true) + 1) -- behind "memory:"
end

local function leave_lists(lists, entry)
    local of_agent, of_user = lists_of(lists)
    if of_agent then
        leave(of_agent, member_of(entry))
    end
    if of_user then
        leave(of_user, member_of(entry))
    end
end

local function join_lists(lists, entry, expires_ms)
    local of_agent, of_user = lists_of(lists)
    if of_agent then
        join(of_agent, expires_ms, member_of(entry))
    end
    if of_user then
        join(of_user, expires_ms, member_of(entry))
    end
end
