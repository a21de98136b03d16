#ifndef TWOFOLD_STORAGE_REDIS_SCRIPTS_H_
#define TWOFOLD_STORAGE_REDIS_SCRIPTS_H_

#include "storage/redis/command.h"

// The scripts, each on one key or two of one subject's. A record is a string: eight bytes of version, then
// the bytes. scripts_test compares the digests with the ones that Redis computes.

namespace twofold::redis {

// Writes ARGV[2] if the record's version is ARGV[1] ("": if there is no record). 1: done; 0: another version.
inline constexpr Script kPutScript = {R"lua(
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
)lua",
                                      "2a01ddb68a7ecd45625165ccbc3cf2fba335a0e5"};

// Removes the record if its version is ARGV[1]. The replies are kPutScript's.
inline constexpr Script kDeleteScript = {R"lua(
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
)lua",
                                         "ac3b60ebd99bf64132ffec1846ccbae9188ccf81"};

// Takes one attempt from a bucket that holds ARGV[2] of them and gets one back every ARGV[1] microseconds
// (storage/gcra.h). The key holds the theoretical arrival time and lives until the bucket is full again. 0:
// taken, and where there is a second key, what that holds instead; otherwise the microseconds until the next
// one. ARGV[3] is the time, for tests; otherwise it is the server's. A clock that was ahead leaves no wait
// longer than the whole bucket takes to fill. Redis writes Lua's numbers with 17 digits, so whole
// microseconds as they are. Replicas get the bucket, so that a failover keeps it; the append-only file does
// not, so that an attempt waits for no sync of it.
inline constexpr Script kAcquireScript = {R"lua(
local interval, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local full = interval * burst
local tat = tonumber(redis.call('GET', KEYS[1]) or 0)
local ahead = tat > now + full
if ahead then tat = now + full end
if tat < now then tat = now end
local wait = tat - now - full + interval
if wait > 0 and not ahead then return wait end
if wait <= 0 then tat = tat + interval end
redis.set_repl(redis.REPL_REPLICA)
redis.call('SET', KEYS[1], tat, 'PX', math.ceil((tat - now) / 1000))
if wait > 0 then return wait end
if KEYS[2] then return redis.call('GET', KEYS[2]) end
return 0
)lua",
                                          "0bb588aa553b1c158a1f24782d1c793820c9dbce"};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SCRIPTS_H_
