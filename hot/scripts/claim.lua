#!lua flags=allow-oom
-- Makes a worker the one that may write a partition: the writer before it is fenced from here on. What is kept of the
-- partition has the room that this worker's settings give, but together with all others that lie on the same server no
-- more than three quarters of the memory that Redis may use (maxmemory), where it has a limit and tells it.
--
-- KEYS: progress, space, live
-- ARGV: number of the space, whether it must be the live one (1), topic, its partitions, owner, an epoch that is at
--       least as high as any before (microseconds of the clock: it grows even when what was stored is lost); how many
--       memories and bytes are kept of the partition, and what percentage of that one owner may have
--
-- Replies with a word: "claimed", next_offset, last_digest, epoch, the bytes that one owner may have; "moved" when another
-- space is the live one; "other", topic, partitions when the progress is that of another log.

if ARGV[2] == '1' then
    if redis.call('SETNX', KEYS[2], ARGV[1]) == 0 and redis.call('GET', KEYS[2]) ~= ARGV[1] then
        return {'moved'}
    end
    redis.call('DEL', KEYS[3])
end
local stored = redis.call('HMGET', KEYS[1], 'topic', 'topic_partitions', 'next_offset', 'last_digest', 'epoch', 'most_bytes')
if stored[1] and (stored[1] ~= ARGV[3] or stored[2] ~= ARGV[4]) then
    return {'other', stored[1], stored[2]}
end
local epoch = ARGV[6]
if stored[5] and tonumber(stored[5]) >= tonumber(epoch) then
    epoch = string.format('%.0f', tonumber(stored[5]) + 1)
end
if stored[1] and not stored[6] then -- an older version has counted in another way; what it kept expires
    local base = string.sub(KEYS[1], 1, -9)
    redis.call('UNLINK', base .. 'hot', base .. 'ages')
end

local function number_in(command, section, pattern)
    local text = redis.pcall(command, section)
    return type(text) == 'string' and tonumber(string.match(text, pattern)) or 0
end

local most_bytes = tonumber(ARGV[8])
local max_memory = number_in('INFO', 'memory', 'maxmemory:(%d+)')
if max_memory > 0 then
    local servers = math.max(1, number_in('CLUSTER', 'INFO', 'cluster_size:(%d+)'))
    most_bytes = math.min(most_bytes, math.floor(0.75 * max_memory / math.ceil(tonumber(ARGV[4]) / servers)))
end
local function share_of(number)
    return string.format('%.0f', math.ceil(number * tonumber(ARGV[9]) / 100))
end
redis.call('HSET', KEYS[1], 'topic', ARGV[3], 'topic_partitions', ARGV[4], 'next_offset', stored[3] or '0',
           'last_digest', stored[4] or '', 'epoch', epoch, 'owner', ARGV[5], 'updated_ms', redis.call('TIME')[1] * 1000,
           'most_memories', ARGV[7], 'most_bytes', string.format('%.0f', most_bytes),
           'user_memories', share_of(tonumber(ARGV[7])), 'user_bytes', share_of(most_bytes))
return {'claimed', stored[3] or '0', stored[4] or '', epoch, share_of(most_bytes)}
