-- Removes what was stored if the new value exceeds an owner's share.
local function skip(entry, expires_ms)
    remove(entry)
    if tonumber(expires_ms) > now_ms then
        evicted = evicted + 1
        if is_list(entry) then
            miss(entry, expires_ms)
        end
    end
end

function changes.skip()
    skip(take(2))
end

-- Values that are read as a whole: the ledger's offset, and JSON.
function changes.value()
    local entry, expires_ms, rank, owner, offset, json = take(6)
    local key = base .. entry
    local bytes = ENTRY_BYTES + NAME_TIMES * #entry + #json
    if call('GETRANGE', key, 0, 18) > offset then
        return
    end
    if json == '' or tonumber(expires_ms) <= now_ms then
        remove(entry)
    elseif is_too_large(bytes) then
        skip(entry, expires_ms)
    else
        call('SET', key, offset .. '\n' .. json, 'PXAT', expires_ms)
        note(entry, {bytes = bytes, expires_ms = expires_ms, rank = tonumber(rank), owner = owner})
    end
end

-- Working memory: a group of keys that are written and expire together.

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

local function pass_over()
    for _, step in ipairs({1, 1, 2, 1}) do
        at = at + tonumber(ARGV[at]) * step + 1
    end
end

function changes.working()
    local entry, expires_ms, rank, owner, offset, bytes, goal, goal_id, goal_set_at = take(9)
    local key = base .. entry
    local old = call('HGET', key, 'next_offset')
    bytes = 3 * ENTRY_BYTES + 2 * NAME_TIMES * #entry + bytes
    if old and old > offset then
        return pass_over()
    elseif is_too_large(bytes) then
        skip(entry, expires_ms)
        return pass_over()
    end
    call('DEL', key)
    call('HSET', key, 'next_offset', offset)
    if goal ~= '' then
        call('HSET', key, 'goal', string.sub(goal, 2), 'goal_id', goal_id, 'goal_set_at', goal_set_at)
    end
    -- The counts of the parts show a reader whether Redis has dropped one.
    local counts = {}
    for i, part in ipairs(PARTS) do
        counts[i] = replace(key .. part, i == 3 and 'HSET' or 'RPUSH', expires_ms, i == 3 and 2 or 1)
    end
    call('HSET', key, 'counts', table.concat(counts, ' '))
    call('PEXPIREAT', key, expires_ms) -- last: a write after expiry would create a key that never expires
    note(entry, tonumber(expires_ms) > now_ms
         and {bytes = bytes, expires_ms = expires_ms, rank = tonumber(rank), owner = owner})
end
