#!lua flags=allow-oom
-- Makes a worker the writer of a partition: fences the former writer, and applies the limits of this worker's settings
-- to the partition.
--
-- KEYS: progress, space, live
-- ARGV: number of the space, whether it must be live (1), topic, its partitions, owner, an epoch that is at least as
--       high as any before (microseconds of the clock: it grows even when what was stored is lost); how many memories and
--       bytes of the partition are kept, and the maximum percentage of one owner
--
-- Replies with a word: "claimed", next_offset, last_digest, epoch; "moved" when another space is live; "other", topic,
-- partitions when the progress is that of another log.

if ARGV[2] == '1' then
    if redis.call('SETNX', KEYS[2], ARGV[1]) == 0 and redis.call('GET', KEYS[2]) ~= ARGV[1] then
        return {'moved'}
    end
    redis.call('DEL', KEYS[3])
end
local stored = redis.call('HMGET', KEYS[1], 'topic', 'topic_partitions', 'next_offset', 'last_digest', 'epoch', 'set_bytes')
if stored[1] and (stored[1] ~= ARGV[3] or stored[2] ~= ARGV[4]) then
    return {'other', stored[1], stored[2]}
end
local epoch = ARGV[6]
if stored[5] and tonumber(stored[5]) >= tonumber(epoch) then
    epoch = string.format('%.0f', tonumber(stored[5]) + 1)
end
if stored[1] and not stored[6] then -- an older version counted differently; its data expires
    local base = string.sub(KEYS[1], 1, -9)
    redis.call('UNLINK', base .. 'hot', base .. 'ages')
end

redis.call('HSET', KEYS[1], 'topic', ARGV[3], 'topic_partitions', ARGV[4], 'next_offset', stored[3] or '0',
           'last_digest', stored[4] or '', 'epoch', epoch, 'owner', ARGV[5], 'updated_ms', redis.call('TIME')[1] * 1000,
           'most_memories', ARGV[7], 'set_bytes', ARGV[8], 'user_percent', ARGV[9], 'limits_ms', '0')
return {'claimed', stored[3] or '0', stored[4] or '', epoch}
