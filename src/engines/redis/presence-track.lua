-- Registers sessions under a lease, or changes their phases.
-- KEYS[1]  leases: hash, lease -> counter
-- KEYS[2]  sessions of the lease: hash, session id -> member
-- ARGV[1]  prefix of all keys
-- ARGV[2]  the lease
-- ARGV[3…] four for each session: member, session id, phase (live or leaving), and the user's setting as the node
--          remembers it ('' for none), which counts where Redis has none or one that was set earlier
-- Answers the users' settings ('' for none), one for each session. Answers nil, and writes nothing, where the lease
-- is gone or dying: a session without a lease would never be cleaned up.

local counter = redis.call('HGET', KEYS[1], ARGV[2])
if not counter or counter == 'dying' then return false end

local changed, seen, settings = {}, {}, {}
for index = 3, #ARGV, 4 do
  local member, session, phase, remembered = ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3]
  local user = find_user(ARGV[1], member)
  local news = put_session(user, session, phase, ARGV[2])
  redis.call('HSET', KEYS[2], session, member)

  local setting = redis.call('HGET', user.key, 'setting') or ''
  -- Moments are ISO 8601 as JavaScript writes them, so their order as strings is their order in time.
  if remembered ~= '' and remembered ~= setting
    and (setting == '' or cjson.decode(setting).setAt < cjson.decode(remembered).setAt) then
    put_setting(user, remembered)
    setting = remembered
    news = true
  end
  settings[#settings + 1] = setting
  if news and not seen[member] then
    seen[member] = true
    changed[#changed + 1] = user
  end
end
for _, user in ipairs(changed) do tell(user) end
return settings
