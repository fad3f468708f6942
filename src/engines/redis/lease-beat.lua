-- Advances a lease's counter, as long as nobody has declared it dead.
-- KEYS[1]  leases: hash, lease -> counter
-- ARGV[1]  the lease
-- ARGV[2]  the new counter, never used before for this lease
-- Answers 1, or 0 where the lease is gone or dying.

local counter = redis.call('HGET', KEYS[1], ARGV[1])
if not counter or counter == 'dying' then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
