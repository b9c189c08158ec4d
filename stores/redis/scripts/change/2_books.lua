-- Books.

local books, noted, missing = {}, {}, {}
local known = {} -- books as they are in Redis
local limits -- of the partition: memories, bytes, user_memories, user_bytes
local total = 0 -- bytes of all entries

-- Sets the new book of an entry: its bytes, expires_ms, rank and owner (none: it cannot be evicted), and for a memory
-- its lists; false: removed.
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
    local bytes, rank, expires_ms, owner, lists = string.match(text, '^(%d+) (%S+) (%d+) ([^ ]*) (.*)$')
    return {bytes = tonumber(bytes), rank = tonumber(rank), expires_ms = expires_ms, owner = owner, lists = lists}
end

-- The books of these entries, false if there is none.
local function books_of(entries)
    local unknown, found = {}, {}
    for _, entry in ipairs(entries) do
        if known[entry] == nil then
            unknown[#unknown + 1] = entry
        end
    end
    for i, text in ipairs(call_all('HMGET', base .. 'sizes', unknown)) do
        known[unknown[i]] = text and read_book(text)
    end
    for i, entry in ipairs(entries) do
        found[i] = known[entry]
    end
    return found
end

local function write_book(book)
    return whole(book.bytes) .. ' ' .. (book.rank and whole(book.rank) or '-') .. ' ' .. book.expires_ms .. ' '
           .. (book.owner or '') .. ' ' .. book.lists
end

local function place_of(owner, rank, entry)
    return string.format('%s %015.0f %s', owner, rank, entry)
end

-- Adds to an owner's usage the changes of a call.
local function use(changed, entry, book, sign)
    if book.rank then
        local used = changed[book.owner] or {bytes = 0, memories = 0}
        used.bytes = used.bytes + sign * book.bytes
        used.memories = used.memories + (is_memory(entry) and sign or 0)
        changed[book.owner] = used
    end
end

-- Returns the owners who exceed their share, and their usage.
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

-- Removes the traces of an entry's old book.
local function take_out(entry, old, new)
    if old.rank and not (new and new.rank == old.rank and new.owner == old.owner) then
        leave('owners', place_of(old.owner, old.rank, entry))
    end
    if old.rank and not (new and new.rank) then
        leave(is_memory(entry) and 'hot' or 'others', entry)
    end
    if old.lists ~= '' and not (new and new.lists == old.lists) then
        leave_lists(old.lists, entry)
    end
    if not new then
        leave('ages', entry)
    end
end

local function put_in(entry, old, new)
    if new.rank and not (old and new.rank == old.rank and new.owner == old.owner) then
        join(is_memory(entry) and 'hot' or 'others', whole(new.rank), entry)
        join('owners', 0, place_of(new.owner, new.rank, entry))
    end
    if not (old and old.expires_ms == new.expires_ms) then
        join('ages', new.expires_ms, entry)
    end
    if new.lists ~= '' and not (old and old.expires_ms == new.expires_ms and old.lists == new.lists) then
        join_lists(new.lists, entry, new.expires_ms)
    end
end

-- Only its accesses have changed.
local function as_accessed(old, accessed)
    local rank = old.rank and math.floor(old.rank / RANK_STEP) * RANK_STEP + math.max(old.rank % RANK_STEP, accessed)
    return {bytes = old.bytes, rank = rank, expires_ms = old.expires_ms, owner = old.owner, lists = old.lists}
end

-- Writes the new books. Returns the owners who exceed their share.
local function settle()
    local entries, changed, come, gone, grown = noted, {}, {}, {}, 0
    if #entries == 0 then
        return {}
    end
    for i, old in ipairs(books_of(entries)) do
        local entry = entries[i]
        local new = books[entry]
        if new and new.accessed then
            new = old and as_accessed(old, new.accessed)
        end
        if old then
            grown = grown - old.bytes
            use(changed, entry, old, -1)
            take_out(entry, old, new)
        end
        if new then
            new.lists = new.lists or ''
            grown = grown + new.bytes
            use(changed, entry, new, 1)
            put_in(entry, old, new)
            come[#come + 1] = entry
            come[#come + 1] = write_book(new)
        elseif old then
            gone[#gone + 1] = entry
        end
        known[entry] = new or false
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

-- Marks a list as incomplete until then.
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

-- Deletes the keys of these entries.
local function delete(entries)
    local keys = {}
    for _, entry in ipairs(entries) do
        keys[#keys + 1] = base .. entry
        for _, part in ipairs(string.sub(entry, 1, 8) == 'working:' and PARTS or {}) do
            keys[#keys + 1] = base .. entry .. part
        end
    end
    current_key = keys[1]
    for from = 1, #keys, MOST do
        redis.call('DEL', unpack(keys, from, math.min(from + MOST - 1, #keys)))
    end
end

local function remove(entry)
    delete({entry})
    note(entry, false)
end
