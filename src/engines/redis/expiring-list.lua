-- Lists an expiring set and drops the names of members that have lapsed.
-- KEYS[1]  the set of names; a member's own key is this, a slash and the member
-- Answers member, milliseconds left, member, milliseconds left…

local answer = {}
for _, member in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local left = redis.call('PTTL', KEYS[1] .. '/' .. member)
  -- Less than a millisecond is 0; what has lapsed is negative.
  if left >= 0 then
    answer[#answer + 1] = member
    answer[#answer + 1] = math.max(left, 1)
  else
    redis.call('SREM', KEYS[1], member)
  end
end
return answer
