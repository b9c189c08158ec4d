-- Books.

local books, noted, missing = {}, {}, {}
local limits -- of the partition: memories, bytes, user_memories, user_bytes
local total = 0 -- bytes of all entries

-- What an entry is from here on: its bytes, expires_ms, rank and owner (none: it cannot make room); false: gone.
local function note(entry, book)
    if books[entry] == nil then
        noted[#noted + 1] = entry
    end
    books[entry] = book
end

local function is_memory(entry)
    return string.sub(entry, 1, 7) == 'memory:'
end

local function read_book(text)
    local bytes, rank, owner = string.match(text, '^(%d+) (%S+) (%S+)$')
    return {bytes = tonumber(bytes), rank = tonumber(rank), owner = owner}
end

local function place_of(owner, rank, entry)
    return string.format('%s %015.0f %s', owner, rank, entry)
end

-- Adds to what an owner has, by the changes of a call.
local function use(changed, entry, book, sign)
    if book.rank then
        local used = changed[book.owner] or {bytes = 0, memories = 0}
        used.bytes = used.bytes + sign * book.bytes
        used.memories = used.memories + (is_memory(entry) and sign or 0)
        changed[book.owner] = used
    end
end

-- Those of the owners who have more than their share, and what each has.
local function settle_usage(changed)
    local owners, over, come, gone = {}, {}, {}, {}
    for owner in pairs(changed) do
        owners[#owners + 1] = owner
    end
    for i, text in ipairs(call_all('HMGET', base .. 'usage', owners)) do
        local owner, used = owners[i], changed[owners[i]]
        local bytes, memories = string.match(text or '0 0', '^(%d+) (%d+)$')
        used.bytes, used.memories = used.bytes + bytes, used.memories + memories
        if used.bytes > 0 then
            come[#come + 1] = owner
            come[#come + 1] = whole(used.bytes) .. ' ' .. whole(used.memories)
        elseif text then
            gone[#gone + 1] = owner
        end
        if limits and (used.bytes > limits.user_bytes or used.memories > limits.user_memories) then
            over[owner] = used
        end
    end
    call_all('HSET', base .. 'usage', come)
    call_all('HDEL', base .. 'usage', gone)
    return over
end

-- Writes down what was noted.
local function settle()
    local entries, changed, come, gone, grown = noted, {}, {}, {}, 0
    local olds = call_all('HMGET', base .. 'sizes', entries)
    for i, entry in ipairs(entries) do
        local old, new = olds[i] and read_book(olds[i]), books[entry]
        local ranks = is_memory(entry) and 'hot' or 'others'
        if old then
            grown = grown - old.bytes
            use(changed, entry, old, -1)
        end
        if new and new.accessed_ms then -- the rest stays
            new = old and {bytes = old.bytes, owner = old.owner, rank = old.rank and math.floor(old.rank / RANK_STEP)
                           * RANK_STEP + math.max(old.rank % RANK_STEP, new.accessed_ms)}
        end
        if old and old.rank and not (new and new.rank == old.rank and new.owner == old.owner) then
            leave('owners', place_of(old.owner, old.rank, entry))
        end
        if old and not (new and new.rank) and old.rank then
            leave(ranks, entry)
        end
        if new then
            grown = grown + new.bytes
            use(changed, entry, new, 1)
            come[#come + 1] = entry
            come[#come + 1] = whole(new.bytes) .. ' ' .. (new.rank and whole(new.rank) or '-') .. ' ' .. (new.owner or '-')
            if new.rank then
                join(ranks, whole(new.rank), entry)
                join('owners', 0, place_of(new.owner, new.rank, entry))
            end
            if new.expires_ms then
                join('ages', new.expires_ms, entry)
            end
        elseif old then
            gone[#gone + 1] = entry
            leave('ages', entry)
        end
    end
    books, noted = {}, {}
    call_all('HSET', base .. 'sizes', come)
    call_all('HDEL', base .. 'sizes', gone)
    if grown ~= 0 then
        total = call('HINCRBY', KEYS[1], 'bytes', whole(grown))
    end
    local over = settle_usage(changed)
    change_sets()
    return over
end

-- What is told of a list until then is not all of it.
local function miss(list, expires_ms)
    missing[list] = math.max(missing[list] or 0, tonumber(expires_ms))
end

local function write_gaps()
    local words = {'GT'}
    for list, expires_ms in pairs(missing) do
        words[#words + 1] = whole(expires_ms)
        words[#words + 1] = list
        if #words > MOST then
            call('ZADD', base .. 'gaps', unpack(words))
            words = {'GT'}
        end
    end
    if #words > 1 then
        call('ZADD', base .. 'gaps', unpack(words))
    end
    missing = {}
end

local function is_list(entry)
    return string.sub(entry, 1, 7) == 'recent-'
end

local function delete(entry)
    local key = base .. entry
    call('DEL', key)
    if string.sub(entry, 1, 8) == 'working:' then
        for _, part in ipairs(PARTS) do
            call('DEL', key .. part)
        end
    end
end
