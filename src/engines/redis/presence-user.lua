-- Prepended to every presence script: one user's hash, and how a change of it is told.
-- PUBLISH  the command that tells it, set before: 'PUBLISH', or 'SPUBLISH' within a Cluster
--
-- A member is `<escaped workspace>/<user id>` or `:<escaped room>/<user id>`. All keys begin with the same prefix, whose hash tag puts them into
-- one slot, so scripts may derive them from members. A user's hash exists as long as the user has a session:
--   s:<session id>  `<live|leaving> <lease>`, where the lease names who must renew it
--   live, leaving   how many sessions there are of each phase
--   setting         JSON of what the user has set; hidden: '1' where it says OFFLINE
--   version         of the last change

local function find_user(prefix, member)
  local slash = string.find(member, '/', 1, true)
  local place = string.sub(member, 1, slash - 1)
  local is_room = string.sub(place, 1, 1) == ':'
  return {
    key = prefix .. 'user:' .. member,
    member = member,
    id = string.sub(member, slash + 1),
    online = prefix .. 'online:' .. place,
    -- Workspaces are listed by id, which wants equal scores; rooms in the order of coming.
    order = is_room and 'by-coming' or 'by-id',
    everyone = prefix .. 'everyone:' .. (is_room and 'room' or 'workspace'),
    channel = prefix .. 'presence:' .. place,
    version = prefix .. 'version',
  }
end

local function read_session(user, session)
  local value = redis.call('HGET', user.key, 's:' .. session)
  if not value then return nil, nil end
  return string.match(value, '^(%a+) (.*)$')
end

-- Answers whether anything has changed that others see. A new lease for the same phase is nothing to them.
local function put_session(user, session, phase, lease)
  local before = read_session(user, session)
  redis.call('HSET', user.key, 's:' .. session, phase .. ' ' .. lease)
  if before == phase then return false end
  if before then redis.call('HINCRBY', user.key, before, -1) end
  redis.call('HINCRBY', user.key, phase, 1)
  return true
end

local function drop_session(user, session, phase)
  redis.call('HDEL', user.key, 's:' .. session)
  redis.call('HINCRBY', user.key, phase, -1)
end

local function put_setting(user, setting)
  local hidden = cjson.decode(setting).status == 'OFFLINE' and '1' or '0'
  redis.call('HSET', user.key, 'setting', setting, 'hidden', hidden)
end

-- Gives the user's new state its version and publishes it: inside the script, so the order of publication is the
-- order of versions. Where the user is gone the hash is too, and the answer is the last setting ('null' for none); else nil.
local function tell(user)
  local fields = redis.call('HMGET', user.key, 'live', 'leaving', 'setting', 'hidden')
  local live = tonumber(fields[1] or 0)
  local leaving = tonumber(fields[2] or 0)
  local setting = fields[3] or 'null'
  local gone = live + leaving == 0
  local last = setting
  local version = string.format('%.0f', redis.call('INCR', user.version))
  if gone then
    setting = 'null'
    redis.call('DEL', user.key)
  else
    redis.call('HSET', user.key, 'version', version)
  end
  if gone or fields[4] == '1' then
    redis.call('ZREM', user.online, user.id)
    redis.call('SREM', user.everyone, user.member)
  else
    redis.call('ZADD', user.online, 'NX', user.order == 'by-coming' and version or 0, user.id)
    redis.call('SADD', user.everyone, user.member)
  end
  local state = '{"userId":' .. cjson.encode(user.id) .. ',"version":' .. version .. ',"live":' .. live
    .. ',"leaving":' .. leaving .. ',"setting":' .. setting .. '}'
  redis.call(PUBLISH, user.channel, state)
  return gone and last or nil
end
