-- Memories: a line of numbers, and JSON.

local function parse_memory(value)
    if not value then
        return nil
    end
    local sequence, accesses, accessed_at, lists, rest = string.match(value, '^(%d+) (%d+) (%-?%d*) (%S*)(.*)$')
    return sequence and {sequence = sequence, accesses = tonumber(accesses), accessed_at = accessed_at, lists = lists,
                         rest = rest}
end

local function miss_lists(lists, expires_ms)
    local of_agent, of_user = lists_of(lists)
    if of_agent then
        miss(of_agent, expires_ms)
    end
    if of_user then
        miss(of_user, expires_ms)
    end
end

-- Access times stay strings: numbers would lose digits of times in the far future.
local function later(a, b)
    if a == NEVER or b == NEVER then
        return a == NEVER and b or a
    end
    return tonumber(a) < tonumber(b) and b or a
end

-- In the precision of ranks.
local function tenths_of(accessed_at)
    return accessed_at == NEVER and 0 or math.max(0, math.min(math.floor(tonumber(accessed_at) / RANK_MICROS), RANK_STEP - 1))
end

-- An entry that is too large for its owner is not stored, and lists that should contain it are incomplete.
local function is_too_large(bytes)
    return limits and (bytes > limits.user_bytes or bytes > limits.bytes)
end

-- Reads memories as they were before this call, with one command.
local values = {}

-- The number of words after the entry in a change of that kind.
local WORDS = {memory = 4, forget = 1, access = 2, skip = 1, value = 5, working = 8}

local function read_values()
    local entries, keys, i = {}, {}, at
    while i < #ARGV do
        local kind = ARGV[i]
        if kind == 'memory' or kind == 'forget' or kind == 'access' then
            entries[#entries + 1] = ARGV[i + 1]
            keys[#keys + 1] = base .. ARGV[i + 1]
        end
        i = i + 2 + WORDS[kind]
        for part = 1, kind == 'working' and 4 or 0 do
            i = i + 1 + tonumber(ARGV[i]) * (part == 3 and 2 or 1)
        end
    end
    for from = 1, #keys, MOST do
        current_key = keys[from]
        for n, value in ipairs(redis.call('MGET', unpack(keys, from, math.min(from + MOST - 1, #keys)))) do
            values[entries[from + n - 1]] = value
        end
    end
end

-- Where MGET found nothing, GET distinguishes a missing key from another program's.
local function put(key, value, expires_ms, old)
    if old then
        call('SET', key, value, 'PXAT', expires_ms)
    else
        call('SET', key, value, 'PXAT', expires_ms, 'GET')
    end
end

local changes = {}

function changes.memory()
    local entry, expires_ms, rank, owner, value = take(5)
    local key = base .. entry
    local old, new = parse_memory(values[entry]), nil
    local lists = string.match(value, '^%d+ %d+ %S+ (%S*)\n')
    rank = tonumber(rank)
    if old then
        new = parse_memory(value)
        if old.sequence > new.sequence then
            return
        end
        local accessed_at = later(new.accessed_at, old.accessed_at)
        rank = math.floor(rank / RANK_STEP) * RANK_STEP + math.max(rank % RANK_STEP, tenths_of(accessed_at))
        value = string.format('%s %.0f %s %s', new.sequence, math.max(new.accesses, old.accesses), accessed_at, lists)
                .. new.rest
    end
    local bytes = ENTRY_BYTES + NAME_TIMES * #entry + #value + (lists ~= '' and 2 * LIST_BYTES or 0)
    if tonumber(expires_ms) <= now_ms then
        remove(entry)
    elseif is_too_large(bytes) then
        remove(entry)
        miss_lists(lists, expires_ms)
        evicted = evicted + 1
    else
        put(key, value, expires_ms, old)
        note(entry, {bytes = bytes, expires_ms = expires_ms, rank = rank, owner = owner, lists = lists})
    end
end

function changes.forget()
    local entry, sequence = take(2)
    local old = parse_memory(values[entry])
    if old and old.sequence <= sequence then
        remove(entry)
    end
end

function changes.access()
    local entry, accesses, accessed_at = take(3)
    local key = base .. entry
    local old = parse_memory(values[entry])
    if not old then -- kept until the creation arrives from another partition, unless the space is retired
        if call('EXISTS', KEYS[1]) == 0 then
            return
        end
        local value = ACCESSES_ALONE .. ' ' .. accesses .. ' ' .. accessed_at .. ' \n'
        local expires_ms = whole(now_ms + ACCESSES_ALONE_MS)
        put(key, value, expires_ms, old)
        note(entry, {bytes = ENTRY_BYTES + NAME_TIMES * #entry + #value, expires_ms = expires_ms})
        return
    end
    accesses, accessed_at = math.max(accesses, old.accesses), later(old.accessed_at, accessed_at)
    if accesses == old.accesses and accessed_at == old.accessed_at then
        return
    end
    call('SET', key, string.format('%s %.0f %s %s', old.sequence, accesses, accessed_at, old.lists) .. old.rest,
         'KEEPTTL')
    note(entry, {accessed = tenths_of(accessed_at)})
end
