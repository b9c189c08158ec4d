-- Gives the lock a new lease if the caller has it, and raises the counter to the caller's token.
-- KEYS: the lock, its counter. ARGV: the holder's value, the lease in ms, the token. Returns {1, counter}, {2, 0} if
-- nobody has it, {3, ms left} if somebody else has it.
local holder = redis.call('GET', KEYS[1])
if not holder then
    return {2, 0}
elseif holder ~= ARGV[1] then
    return {3, redis.call('PTTL', KEYS[1])}
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local counter = tonumber(redis.call('GET', KEYS[2]) or '0')
local token = tonumber(ARGV[3])
if counter < token then
    redis.call('SET', KEYS[2], string.format('%.0f', token))
    counter = token
end
return {1, counter}
