#ifndef TWOFOLD_STORAGE_REDIS_SCRIPTS_H_
#define TWOFOLD_STORAGE_REDIS_SCRIPTS_H_

#include "storage/redis/command.h"

// The scripts, each on keys of one slot where the servers are a Cluster. A record is a string:
// eight bytes of version, then the bytes. scripts_test compares the digests with the ones that
// Redis computes.

namespace twofold::redis {

// Writes ARGV[2] if the record's version is ARGV[1]. An empty ARGV[1] means that there is no
// record. Returns 1 if it wrote, and 0 if the version is another one.
inline constexpr Script kPutScript = {R"lua(
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
)lua",
                                      "2a01ddb68a7ecd45625165ccbc3cf2fba335a0e5"};

// Removes the record if its version is ARGV[1]. Returns as kPutScript does.
inline constexpr Script kDeleteScript = {R"lua(
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
)lua",
                                         "ac3b60ebd99bf64132ffec1846ccbae9188ccf81"};

// Takes one attempt from each bucket, or from none of them (storage/gcra.h).
//
// KEYS: one per bucket, and optionally the key of a record.
// ARGV[1]: "1" takes the attempts, "0" only looks.
// ARGV[2] and on: for each bucket the microseconds after which it gets an attempt back, and its
// size.
// Last, for tests: the time in microseconds, in place of the server's.
// Returns: a positive number if a bucket refuses, the microseconds until all allow an attempt.
// Otherwise the record if its key was given, else 0.
//
// The key of a bucket holds its theoretical arrival time and lives until the bucket is full again.
// After a clock was ahead, no wait is longer than the whole bucket takes to fill. Redis writes
// Lua's numbers with 17 digits, which keeps whole microseconds exact. Buckets go to replicas, so
// that a failover keeps them. They do not go to the append-only file, so that an attempt waits for
// no sync.
inline constexpr Script kAcquireScript = {R"lua(
local count = math.floor((#ARGV - 1) / 2)
local now = tonumber(ARGV[2 * count + 2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
redis.set_repl(redis.REPL_REPLICA)
local tats, longest = {}, 0
for i = 1, count do
  local interval = tonumber(ARGV[2 * i])
  local full = interval * ARGV[2 * i + 1]
  local tat = tonumber(redis.call('GET', KEYS[i]) or 0)
  if tat > now + full then
    tat = now + full
    redis.call('SET', KEYS[i], tat, 'PX', math.ceil(full / 1000))
  end
  if tat < now then tat = now end
  local wait = tat - now - full + interval
  if wait > longest then longest = wait end
  tats[i] = tat + interval
end
if longest > 0 or ARGV[1] == '0' then return longest end
for i = 1, count do
  redis.call('SET', KEYS[i], tats[i], 'PX', math.ceil((tats[i] - now) / 1000))
end
if KEYS[count + 1] then return redis.call('GET', KEYS[count + 1]) end
return 0
)lua",
                                          "30eddf02766f20eb642020bf394dc2296d933cd2"};

// Moves the theoretical arrival time of each bucket back by the microseconds in its argument. One
// more argument is the time, as above. The key of a full bucket expires in a moment.
inline constexpr Script kGiveBackScript = {R"lua(
local now = tonumber(ARGV[#KEYS + 1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
redis.set_repl(redis.REPL_REPLICA)
for i, key in ipairs(KEYS) do
  local tat = tonumber(redis.call('GET', key) or 0) - ARGV[i]
  redis.call('SET', key, tat, 'PX', math.max(1, math.ceil((tat - now) / 1000)))
end
return 0
)lua",
                                           "bb98e1c0455c8fa30002093946d18e414048a057"};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SCRIPTS_H_
