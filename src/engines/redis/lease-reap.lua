-- Removes some of a dead lease's sessions, and the lease itself with the last of them.
-- KEYS[1]  leases: hash, lease -> counter
-- KEYS[2]  sessions of the lease: hash, session id -> member
-- ARGV[1]  prefix of all keys
-- ARGV[2]  the lease
-- ARGV[3]  the counter at which it stood still; '' where its own node gives it up
-- ARGV[4]  how many sessions at most: Redis serves nobody else meanwhile
-- Answers -1 where the lease is gone or has moved on, else { 1 when done or 0, and of those who are gone member and last
-- setting… }.

local counter = redis.call('HGET', KEYS[1], ARGV[2])
if ARGV[3] ~= '' and counter ~= ARGV[3] then return -1 end

-- A node that thaws between two batches must not go on with half of its sessions: its next heartbeat finds
-- 'dying' and it registers all of them under a new lease. What it has taken over there is no longer ours to remove.
if counter then redis.call('HSET', KEYS[1], ARGV[2], 'dying') end

local answer, changed, seen = { 0 }, {}, {}
local entries = redis.call('HRANDFIELD', KEYS[2], ARGV[4], 'WITHVALUES')
for index = 1, #entries, 2 do
  local session, member = entries[index], entries[index + 1]
  local user = find_user(ARGV[1], member)
  local phase, lease = read_session(user, session)
  redis.call('HDEL', KEYS[2], session)
  if lease == ARGV[2] then
    drop_session(user, session, phase)
    if not seen[member] then
      seen[member] = true
      changed[#changed + 1] = { user = user, member = member }
    end
  end
end
for _, change in ipairs(changed) do
  local setting = tell(change.user)
  if setting then
    answer[#answer + 1] = change.member
    answer[#answer + 1] = setting
  end
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('HDEL', KEYS[1], ARGV[2])
  answer[1] = 1
end
return answer
