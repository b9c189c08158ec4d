-- Changes the data of one partition of the log in one step, and keeps it within its limits.
--
-- KEYS: progress, space, live, none. All other keys have the prefix and hash tag of the progress key, so they are in
-- the same slot. The key "none" never exists: so while a cluster moves the slot key by key, it refuses every change
-- (TRYAGAIN) until all keys are in one place, including those that no call names.
--
-- ARGV: a guard, then changes one after the other. Numbers in values have 19 digits if they are compared.
--   fold FIRST END EPOCH DIGEST SPACE IS_LIVE LIVE LIVE_MS
--                  for the worker: applied when the progress is at or after FIRST and before END, and moves it to END
--   fill OFFSET    for a reader: applied when the progress is not after OFFSET, the ledger's offset when it was read
--   merge          always applied: for changes that do not depend on the order
-- Changes: ENTRY is the name of a key after the base. It is kept until EXPIRES_MS, counts against OWNER's share, and
-- the lowest RANK is evicted first.
--   memory ENTRY EXPIRES_MS RANK OWNER VALUE
--   forget ENTRY SEQUENCE
--   access ENTRY ACCESSES ACCESSED_AT
--   value ENTRY EXPIRES_MS RANK OWNER OFFSET JSON (empty: there is none)
--   working ENTRY EXPIRES_MS RANK OWNER OFFSET BYTES GOAL (empty: none, else prefixed with "=") GOAL_ID GOAL_SET_AT
--           (microseconds; both may be empty), then the number of turns and each turn; the same for thoughts, for keys
--           (names and values by turns) and for events
--   skip ENTRY EXPIRES_MS: it exceeds the share of one owner
--
-- Replies "done"; "already" when the progress is at or after END; "lost", "taken", "moved" or "behind" as renew does;
-- "frozen" while freeze.lua pauses the partition; "newer" to a reader whose rows may be older than what was folded;
-- "full" to a reader when Redis has no memory left.
--
-- The books record each entry: its size, rank, expiry, owner and lists in "sizes", its expiry in "ages", its rank in
-- "hot" (memories) or "others", the entries of each owner by rank in "owners", the usage of each owner in "usage", and
-- the total in the progress. A list that has lost an entry to eviction is in "gaps" for as long as the entry would have
-- been in it.

local base = string.sub(KEYS[1], 1, -9) -- without "progress"
-- Priority, in hundredths, takes precedence over time: more than any tenths of a second up to the year 2286.
local RANK_STEP = 100000000000
local RANK_MICROS = 100000 -- per tenth of a second
local NEVER = '-' -- it was never accessed
local MOST = 1000 -- maximum words of one command
local ACCESSES_ALONE = '0000000000000000000' -- the sequence of a memory of which only accesses are known yet
local ACCESSES_ALONE_MS = 60000
local ENTRY_BYTES, NAME_TIMES = 700, 7 -- Redis's overhead for an entry besides its value
local LIST_BYTES = 150 -- and for a member of a list, or a gap
local ROUND, ROUNDS = 100, 50 -- entries evicted at a time, and how often
local FULL_BYTES = 65536 -- evicted beyond the size of the new data, when Redis is full
local PARTS = {':turns', ':thoughts', ':context', ':events'}
local EVERY_LIST = '*'
local at = 1 -- the next of ARGV
local current_key -- for error messages, since Redis does not name the key
local evicted = 0

local function take(count)
    local from = at
    at = at + count
    return unpack(ARGV, from, at - 1)
end

local function call(command, key, ...)
    current_key = key
    return redis.call(command, key, ...)
end

-- Runs a command with any number of words after its key; returns the answers, if there is one for each word.
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

-- Collects removals from and additions to the sorted sets, so that each set takes only two commands. Removals come
-- first: a call names a memory only once, so a member is only removed to be added again to the same list.

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

-- The lists of an agent.

local function lists_of(lists)
    local tenant, user, agent = string.match(lists, '^([^/]*)/([^/]*)/(.*)$')
    if not tenant then
        return
    end
    return 'agent:' .. tenant .. '/' .. agent, user ~= '' and 'user-agent:' .. tenant .. '/' .. user .. '/' .. agent
end

-- A member of a list: the names of a memory without the tenant.
local function member_of(entry)
    return string.sub(entry, string.find(entry, '/', 9, true) + 1) -- after "memory:"
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
