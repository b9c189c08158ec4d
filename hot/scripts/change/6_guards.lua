-- Who may change what, and the whole.

local function read_limits(stored, from)
    total = tonumber(stored[from + 4] or '0')
    limits = stored[from] and {memories = tonumber(stored[from]), bytes = tonumber(stored[from + 1]),
                               user_memories = tonumber(stored[from + 2]), user_bytes = tonumber(stored[from + 3])}
end

-- Whether Redis has no memory left: then it refuses the first write that may need some. Behind one that needs none it takes
-- all others of a script, so that they can make room.
local function is_full(field)
    local reply = redis.pcall('HSET', KEYS[1], field, now_ms)
    if type(reply) ~= 'table' or not reply.err then
        return false
    elseif string.sub(reply.err, 1, 4) ~= 'OOM ' then
        error(reply)
    end
    redis.call('DEL', KEYS[4])
    return true
end

local guards = {}

function guards.fold()
    local first, last, epoch, digest, space, is_live, live, live_ms = take(8)
    local stored = call('HMGET', KEYS[1], 'epoch', 'next_offset', 'frozen_until', 'most_memories', 'most_bytes',
                        'user_memories', 'user_bytes', 'bytes')
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
    read_limits(stored, 4)
    local most_bytes = limits and limits.bytes
    if is_full('updated_ms') and limits then -- as much as comes, and a little more, makes room
        local coming = FULL_BYTES
        for _, word in ipairs(ARGV) do
            coming = coming + #word
        end
        most_bytes = math.max(0, math.min(most_bytes, total - coming))
    end
    return 'done', most_bytes, function()
        call('HSET', KEYS[1], 'next_offset', last)
        if digest ~= '' then -- else the last event that is known stays the one it was
            call('HSET', KEYS[1], 'last_digest', digest)
        end
        if live_ms ~= '0' then
            call('SET', KEYS[3], live, 'PX', live_ms)
        end
    end
end

function guards.fill()
    local offset = take(1)
    local stored = call('HMGET', KEYS[1], 'next_offset', 'most_memories', 'most_bytes', 'user_memories', 'user_bytes', 'bytes')
    if not stored[1] then
        return 'lost'
    elseif tonumber(stored[1]) > tonumber(offset) then
        return 'newer'
    elseif is_full('filled_ms') then
        return 'full'
    end
    read_limits(stored, 2)
    return 'done', limits and limits.bytes
end

function guards.merge()
    redis.call('DEL', KEYS[4]) -- numbers of accesses are small, and nothing may go without them
    return 'done'
end

local function run()
    local verdict, most_bytes, finish = guards[take(1)]()
    if verdict ~= 'done' then
        return verdict
    end
    while at <= #ARGV do
        changes[take(1)]()
    end
    local over = settle()
    if most_bytes then
        trim(over, most_bytes)
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
