-- Makes room: removes expired entries first, then the lowest of owners who exceed their share, then the lowest of all.

local function evict(entries)
    for i, book in ipairs(books_of(entries)) do
        local entry = entries[i]
        if book and book.lists ~= '' then
            miss_lists(book.lists, book.expires_ms)
        elseif book and is_list(entry) then
            miss(entry, book.expires_ms)
        end
        note(entry, false)
    end
    delete(entries)
    evicted = evicted + #entries
end

local function make_room_of(owner, used)
    local from = 0
    for _ = 1, ROUNDS do
        local places = call('ZRANGEBYLEX', base .. 'owners', '[' .. owner .. ' ', '(' .. owner .. '!', 'LIMIT', from, ROUND)
        local entries, going = {}, {}
        for i, place in ipairs(places) do
            entries[i] = string.sub(place, #owner + 18) -- after a rank of 15 digits, between spaces
        end
        for i, book in ipairs(books_of(entries)) do
            local counts = is_memory(entries[i]) and 1 or 0
            if used.bytes > limits.user_bytes or used.memories > limits.user_memories and counts > 0 then
                going[#going + 1] = entries[i]
                used.bytes, used.memories = used.bytes - book.bytes, used.memories - counts
            end
        end
        evict(going)
        from = from + #places
        if #places < ROUND or used.bytes <= limits.user_bytes and used.memories <= limits.user_memories then
            return
        end
    end
end

-- The lowest of all, as many as needed to free this many bytes.
local function find_lowest(excess)
    local found, entries, going = {}, {}, {}
    for _, ranks in ipairs({'hot', 'others'}) do
        local words = call('ZRANGE', base .. ranks, 0, ROUND - 1, 'WITHSCORES')
        for i = 1, #words, 2 do
            found[#found + 1] = {entry = words[i], rank = tonumber(words[i + 1])}
        end
    end
    table.sort(found, function(a, b)
        return a.rank < b.rank or a.rank == b.rank and a.entry < b.entry
    end)
    for i = 1, math.min(#found, ROUND) do
        entries[i] = found[i].entry
    end
    for i, book in ipairs(books_of(entries)) do
        if excess > 0 then
            going[i] = entries[i]
            excess = excess - (book and book.bytes or 0)
        end
    end
    return going
end

local function make_room(most_bytes)
    for _ = 1, ROUNDS do
        local memories = call('ZCARD', base .. 'hot') - limits.memories
        local excess = total + call('ZCARD', base .. 'gaps') * LIST_BYTES - most_bytes
        local going = memories > 0 and call('ZRANGE', base .. 'hot', 0, math.min(memories, ROUND) - 1)
                      or excess > 0 and find_lowest(excess) or {}
        if #going == 0 then
            return
        end
        evict(going)
        settle()
        write_gaps()
    end
end

-- Removes expired gaps; too many gaps are merged into one for all lists.
local function settle_gaps()
    local gaps = base .. 'gaps'
    write_gaps()
    if call('ZREMRANGEBYSCORE', gaps, '-inf', now_ms) == 0 and call('ZCARD', gaps) * LIST_BYTES > limits.bytes / 8 then
        local last = call('ZRANGE', gaps, -1, -1, 'WITHSCORES')
        call('DEL', gaps)
        call('ZADD', gaps, last[2], EVERY_LIST)
    end
end

local function expire()
    local due = call('ZRANGEBYSCORE', base .. 'ages', '-inf', now_ms, 'LIMIT', 0, MOST)
    for _, entry in ipairs(due) do
        note(entry, false)
    end
    if #due > 0 then
        settle()
    end
end

local function trim(over, most_bytes)
    expire()
    for owner, used in pairs(over) do
        make_room_of(owner, used)
    end
    settle()
    settle_gaps()
    make_room(most_bytes)
    if evicted > 0 then
        call('HINCRBY', KEYS[1], 'evicted', evicted)
    end
end
