-- Releases the lock if the caller has it. The counter stays.
-- KEYS: the lock, its counter. ARGV: the holder's value. Returns {1, 0}, {2, 0} if nobody had it, {3, ms left} if
-- somebody else has it.
local holder = redis.call('GET', KEYS[1])
if not holder then
    return {2, 0}
elseif holder ~= ARGV[1] then
    return {3, redis.call('PTTL', KEYS[1])}
end
redis.call('DEL', KEYS[1])
return {1, 0}
