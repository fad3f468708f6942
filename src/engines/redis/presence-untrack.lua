-- Removes a session, whichever lease it hangs on.
-- KEYS[1]  the user's hash
-- ARGV[1]  prefix of all keys
-- ARGV[2]  member
-- ARGV[3]  session id
-- Answers the user's last setting ('null' for none) where it was the last session, else nothing.

local user = find_user(ARGV[1], ARGV[2])
local phase, lease = read_session(user, ARGV[3])
if not phase then return nil end
redis.call('HDEL', ARGV[1] .. 'sessions:' .. lease, ARGV[3])
drop_session(user, ARGV[3], phase)
return tell(user)
