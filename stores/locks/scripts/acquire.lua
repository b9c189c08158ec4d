-- Acquires the lock for a lease unless somebody else has it, and raises the counter to a token that is greater than
-- every earlier one on this server, and at least this server's clock in microseconds, so that it exceeds tokens that
-- were forgotten in a restart.
-- KEYS: the lock, its counter. ARGV: the holder's value, the lease in ms. Returns {1, token}, or {3, ms left} if
-- somebody else has it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
    return {3, redis.call('PTTL', KEYS[1])}
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local token = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now)
redis.call('SET', KEYS[2], string.format('%.0f', token))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, token}
