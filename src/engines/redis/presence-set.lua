-- Keeps what a user has set, where the user has a session.
-- KEYS[1]  the user's hash
-- ARGV[1]  prefix of all keys
-- ARGV[2]  member
-- ARGV[3]  the setting as JSON
-- Answers 1, or 0 where the user has no session.

if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('HGET', KEYS[1], 'setting') == ARGV[3] then return 1 end
local user = find_user(ARGV[1], ARGV[2])
put_setting(user, ARGV[3])
tell(user)
return 1
