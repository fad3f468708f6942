-- Puts a member into an expiring set, or renews it.
-- KEYS[1]  the set of names
-- KEYS[2]  the member's own key, whose time to live is the member's
-- ARGV[1]  member
-- ARGV[2]  time to live in milliseconds
-- Answers 1 where the member is new, else 0.

local new = 1 - redis.call('EXISTS', KEYS[2])
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
redis.call('SADD', KEYS[1], ARGV[1])
-- The set outlives its longest-living member, and no longer.
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return new
