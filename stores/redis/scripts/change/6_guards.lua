-- The guards, and the script's main function.

local LIMITS_MS = 1000 -- limits are not read again within this time

local function number_in(command, section, pattern)
    local text = redis.pcall(command, section)
    return type(text) == 'string' and tonumber(string.match(text, pattern)) or 0
end

-- The limit of the settings, but for all partitions of a server together at most three quarters of Redis's maxmemory,
-- if it is set and readable.
local function find_most_bytes(set_bytes, partitions)
    local max_memory = number_in('INFO', 'memory', 'maxmemory:(%d+)')
    if max_memory > 0 then
        local servers = math.max(1, number_in('CLUSTER', 'INFO', 'cluster_size:(%d+)'))
        set_bytes = math.min(set_bytes, math.floor(0.75 * max_memory / math.ceil(partitions / servers)))
    end
    call('HSET', KEYS[1], 'most_bytes', whole(set_bytes), 'limits_ms', now_ms)
    return set_bytes
end

local function read_limits()
    local stored = call('HMGET', KEYS[1], 'most_memories', 'user_percent', 'set_bytes', 'topic_partitions', 'limits_ms',
                        'most_bytes', 'bytes')
    if not stored[1] then
        return 0
    end
    local memories, share, bytes = tonumber(stored[1]), tonumber(stored[2]) / 100, tonumber(stored[6] or '0')
    if math.abs(now_ms - stored[5]) > LIMITS_MS then
        bytes = find_most_bytes(tonumber(stored[3]), tonumber(stored[4]))
    end
    total = tonumber(stored[7] or '0')
    limits = {memories = memories, bytes = bytes, user_memories = math.ceil(memories * share),
              user_bytes = math.ceil(bytes * share)}
    return bytes
end

-- Whether Redis has no memory left: then it refuses the first write of a script that may need memory. After a write
-- that needs none, it accepts all others of the script, so that they can make room.
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
    local had_no_room = is_full('updated_ms')
    local most_bytes = read_limits()
    if had_no_room then -- evicts as much as comes in, and a little more
        local coming = FULL_BYTES
        for _, word in ipairs(ARGV) do
            coming = coming + #word
        end
        most_bytes = math.max(0, math.min(most_bytes, total - coming))
    end
    return 'done', most_bytes, function()
        call('HSET', KEYS[1], 'next_offset', last)
        if digest ~= '' then -- else the last known event stays the same
            call('HSET', KEYS[1], 'last_digest', digest)
        end
        if live_ms ~= '0' then
            call('SET', KEYS[3], live, 'PX', live_ms)
        end
    end
end

function guards.fill()
    local offset = take(1)
    local stored = call('HGET', KEYS[1], 'next_offset')
    if not stored then
        return 'lost'
    elseif tonumber(stored) > tonumber(offset) then
        return 'newer'
    elseif is_full('filled_ms') then
        return 'full'
    end
    return 'done', read_limits()
end

function guards.merge()
    redis.call('DEL', KEYS[4]) -- access counts are small, and must not be lost
    return 'done'
end

local function run()
    local verdict, most_bytes, finish = guards[take(1)]()
    if verdict ~= 'done' then
        return verdict
    end
    read_values()
    while at <= #ARGV do
        changes[take(1)]()
    end
    local over = settle()
    if limits then
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
return redis.error_reply(why .. ' (key ' .. tostring(current_key) .. ')')
